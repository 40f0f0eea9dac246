"""The small models that ship: corpus, tokenizer, recipe and weights."""
