"""Pieces that the user brings: how they are named, where they come from, what is said when they fail. No torch."""
