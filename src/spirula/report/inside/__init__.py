"""What the report shows of a network's inside: filter by filter, and what happens when pictures change."""
