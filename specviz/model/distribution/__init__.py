"""What the text does to a distribution: penalties, forbidden and forced tokens, processors handed in, for every node by its own path."""
