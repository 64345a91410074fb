"""What a finished training keeps of its network besides numbers, in ``insight/``."""
