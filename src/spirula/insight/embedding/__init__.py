"""What the last layer of a network is given for each sample: reduced, mapped, compared with the training samples."""
