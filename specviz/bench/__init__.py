"""Numbers: how methods do beside each other on this machine. Import the module you need."""
