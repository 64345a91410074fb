"""What the tests of whole trainings have in common."""

from __future__ import annotations

SMALL = 'Conv2D(8, 3, padding="same", activation="relu"), MaxPooling2D(2), Flatten(), Dense(32, activation="relu")'
