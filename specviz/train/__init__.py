"""Making models: losses, optimisers, and one resumable loop for training and distilling."""
