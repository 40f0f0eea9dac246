"""Reading a checkpoint from where it lies: folders, hub ids, GGUF files, adapters. Safetensors and GGUF only, never a pickle, never its code."""
