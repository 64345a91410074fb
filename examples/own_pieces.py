"""Pieces of one's own, as the study notes write them: a Huber loss, an activation, an L1 regularizer.

Used by housing.py; on the command line with --custom examples/own_pieces.py and the names custom.create_huber(2.0), …
"""

import torch


def create_huber(threshold=1.0):
    """A square for small errors, a line for large ones: outliers count less than with the mean squared error."""

    def huber(outputs, targets):
        error = (targets - outputs).abs()
        return torch.where(error < threshold, error.square() / 2, threshold * error - threshold**2 / 2)

    return huber


def soft_relu(z):
    """Log(1 + exp z) as the formula says it. It overflows for z > 89: housing.py shows what that does."""
    return torch.log(1.0 + torch.exp(z))


class MyL1Regularizer:
    """Penalise the sum of the weights' sizes."""

    def __init__(self, factor=0.01):
        self.factor = factor

    def __call__(self, weights):
        return (self.factor * weights).abs().sum()
