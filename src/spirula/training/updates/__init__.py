"""How weights change: update rules, learning rates over the steps, moving averages."""
