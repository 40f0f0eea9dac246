"""Word lists the families share or own; data alone, no logic."""
