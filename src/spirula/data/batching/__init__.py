"""From stored pixels to batches: order, augmentation, normalisation."""
