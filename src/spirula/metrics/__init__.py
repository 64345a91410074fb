"""Metrics in plain NumPy, each with its uncertainty. :func:`spirula.metrics.score.score` is the way in."""
