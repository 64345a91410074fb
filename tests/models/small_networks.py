"""What the tests of building networks have in common."""

from __future__ import annotations

IMAGE = (8, 8, 3)
