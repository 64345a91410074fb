"""Training: one visible loop that yields records, and the plain values it is given."""
