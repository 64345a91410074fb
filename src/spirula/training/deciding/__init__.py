"""From what a recipe says, and leaves open, to the plain values that a training is given."""
