"""Facts about the machine and the process, which must be this process's own."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from spirula.runs.provenance import peak_memory_bytes, provenance


def test_peak_memory_is_the_processs_own() -> None:
    """A child of a large parent is not large: Linux's getrusage would say so."""
    ballast = np.ones(60_000_000)  # 480 MB in this process
    code = "from spirula.runs.provenance import peak_memory_bytes; print(peak_memory_bytes())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    own = peak_memory_bytes()
    assert own is not None
    assert own > ballast.nbytes
    assert 5e6 < int(done.stdout) < 3e8


def test_provenance_says_what_ran_where() -> None:
    facts = provenance()
    assert facts["versions"]["torch"]
    assert facts["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert facts["machine"]["cores"] >= 1
    assert facts["command"]
