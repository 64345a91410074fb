"""Figures as SVG text, drawn by our own small writer. Colours come from a style sheet, by class."""

from .curves import learning_curves

__all__ = ["learning_curves"]
