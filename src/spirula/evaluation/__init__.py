"""From a trained network to predictions, and from predictions to numbers."""
