"""The report's map of the samples: who is near whom for the network."""
