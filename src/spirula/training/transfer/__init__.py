"""Learning from a pretrained backbone: its features, fine-tuning, and which of them is worth it."""
