"""Checks: what is wrong with a run, as short coded findings. They read the run folder; nothing here imports torch."""
