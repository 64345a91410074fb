"""The verbs: what the command line and Python users call."""
