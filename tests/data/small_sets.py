"""What the tests of smaller sets have in common."""

from __future__ import annotations

import io

from PIL import Image


def png(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (4, 4), shade % 256).save(file, "PNG")
    return file.getvalue()
