"""One picture's way through a network: every operation, what it took and what it gave, in numbers that add up."""
