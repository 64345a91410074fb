"""A worker with a decoder that falls ill on files which say so in their bytes: for the tests of dying workers.

Run as ``python planted_worker.py``; everything else is the real worker.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from spirula.data.pictures import decoder_process, reading

healthy = reading.read_item


def ill(item: reading.Item, target: Any, **options: Any) -> reading.Reading:
    data = Path(item.place.path).read_bytes() if item.place.size < 0 else b""
    if target is not None and b"planted:kill" in data:
        os.kill(os.getpid(), signal.SIGKILL)
    if target is not None and b"planted:segfault" in data:
        os.kill(os.getpid(), signal.SIGSEGV)
    if target is not None and b"planted:once" in data and not (marker := Path(item.place.path + ".seen")).exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if target is not None and b"planted:exit" in data:
        os._exit(3)
    if target is not None and b"planted:hang" in data:
        time.sleep(600)
    if target is not None and b"planted:print" in data:
        print("libfoo warning: this must not stand between the answers")
        os.write(1, b"nor this\n")
    return healthy(item, target, **options)


reading.read_item = ill
if "broken" in sys.argv:
    sys.exit("it cannot start")
decoder_process.main()
