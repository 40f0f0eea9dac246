"""What should happen: the formulas behind the pictures, in numpy, each with its source. Import the module you need."""
