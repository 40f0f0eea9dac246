"""What a forward pass is: checkpoints, the transformer, its cache, and laws from logits."""
