"""The run folder: the contract between everything that computes and everything that shows."""
