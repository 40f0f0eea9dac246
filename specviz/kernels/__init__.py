"""Device code: one kernel a file, each beside its plain twin, each falling back to it with a word."""
