"""The verbs that look into a run's network, over :mod:`spirula.insight`."""
