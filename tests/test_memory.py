"""Freed memory stays with the process: the next allocation needs no new pages."""

from __future__ import annotations

import subprocess
import sys

import pytest

# 20 blocks of 48 MiB, one after the other; page faults of the last 19.
BLOCKS = """
import resource
from spirula.memory import keep_freed_memory
kept = {keeps} and keep_freed_memory()
def block():
    return len(b"x" * (48 << 20))
block()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(19):
    block()
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(keeps: bool) -> tuple[bool, int]:
    """Return whether memory is kept, and the page faults, of a fresh process."""
    code = BLOCKS.format(keeps=keeps)
    kept, count = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    return kept == "True", int(count)


def test_the_next_block_needs_no_new_pages() -> None:
    kept, after = faults(keeps=True)
    if not kept:
        pytest.skip("not glibc")
    assert after < 100 < 19 * 48 / 2 < faults(keeps=False)[1]


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from spirula.memory import keep_freed_memory

    monkeypatch.setattr(sys, "platform", "darwin")
    assert not keep_freed_memory()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())  # a C library without mallopt, such as musl
    assert not keep_freed_memory()
