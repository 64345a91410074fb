"""What a trained network has learned: its weights, its kernels, what its layers make of a picture."""
