"""What `benchmarks.start` takes off is there: the wait for the process of the reload check."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import spirula as sp
from benchmarks.start.run import TRAINING


def test_the_wait_for_the_reload_check_is_seen(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TRAINING, str(tmp_path), "1"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    waited, worked = map(float, said.split()[-2:])
    assert waited > 0.01
    assert worked > 0.5
    (folder,) = tmp_path.iterdir()
    assert sp.open_run(folder).verified
