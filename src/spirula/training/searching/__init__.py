"""What is tried on a copy of the training before it begins: its speed, its memory, its learning rate."""
