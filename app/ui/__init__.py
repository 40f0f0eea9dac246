"""What the pages share: charts, colours in HTML, recorded runs, and the live run."""
