"""The training step through PyTorch's compiler, for who asks for it; nothing here imports it before."""
