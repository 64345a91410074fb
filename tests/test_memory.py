"""Freed memory stays with the process, which knows how much more there is for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from spirula.memory import available_bytes

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


GIGABYTE = 1 << 30


def system(root: Path, files: dict[str, str]) -> Path:
    """Write what a Linux system says of its memory: 8 GiB available, and ``files``."""
    meminfo = (
        "MemTotal:       16777216 kB\nMemFree:         1000000 kB\nMemAvailable:    8388608 kB\nHugePages_Total: 0\n"
    )
    for name, text in {"proc/meminfo": meminfo, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def group(place: str, limit: str, used: int, idle: int = 0, high: str = "max") -> dict[str, str]:
    """Return the files of a control group of version 2."""
    return {
        f"{place}/memory.max": limit, f"{place}/memory.high": high, f"{place}/memory.current": f"{used}\n",
        f"{place}/memory.stat": f"anon 5\nfile {idle}\ninactive_file {idle}\n",
    }  # fmt: skip


SLICE = {"proc/self/cgroup": "0::/user.slice/run.scope\n"}
HERE = "sys/fs/cgroup/user.slice/run.scope"
OLD = "sys/fs/cgroup/memory"


@pytest.mark.parametrize(
    ("files", "bytes_left"),
    [
        ({}, 8 * GIGABYTE),
        ({**SLICE, **group(HERE, "max\n", GIGABYTE)}, 8 * GIGABYTE),
        ({**SLICE, **group(HERE, f"{3 * GIGABYTE}\n", GIGABYTE)}, 2 * GIGABYTE),
        # Idle file contents can be given up at any time.
        ({**SLICE, **group(HERE, f"{3 * GIGABYTE}", GIGABYTE, 500)}, 2 * GIGABYTE + 500),
        # The limit of a group above holds too, and so does the softer one.
        (
            {**SLICE, **group(HERE, "max", 5),
             **group("sys/fs/cgroup/user.slice", f"{2 * GIGABYTE}", GIGABYTE)},
            GIGABYTE,
        ),
        ({**SLICE, **group(HERE, "max", 7, high="107")}, 100),
        # In a container: its group is the root of what it sees.
        ({"proc/self/cgroup": "0::/\n", **group("sys/fs/cgroup", f"{GIGABYTE}", 24)}, GIGABYTE - 24),
        ({"proc/self/cgroup": "0::/\n", **group("sys/fs/cgroup", "100", 240)}, 0),
        ({"proc/self/cgroup": "0::/\n", **group("sys/fs/cgroup", f"{99 * GIGABYTE}", 24)}, 8 * GIGABYTE),
        # Version 1, whose path only the host knows.
        (
            {"proc/self/cgroup": "9:cpu,memory:/docker/4f5e\n1:name=systemd:/\n0::/\n",
             f"{OLD}/memory.limit_in_bytes": f"{4 * GIGABYTE}\n", f"{OLD}/memory.usage_in_bytes": f"{3 * GIGABYTE}\n",
             f"{OLD}/memory.stat": "inactive_file 1\ntotal_inactive_file 1000\n"},
            GIGABYTE + 1000,
        ),
        (
            {"proc/self/cgroup": "9:memory:/\n", f"{OLD}/memory.limit_in_bytes": "9223372036854771712\n",
             f"{OLD}/memory.usage_in_bytes": "5\n"},
            8 * GIGABYTE,
        ),
    ],
)  # fmt: skip
def test_a_container_has_no_more_than_it_was_given(tmp_path: Path, files: dict[str, str], bytes_left: int) -> None:
    assert available_bytes(system(tmp_path, files)) == bytes_left


def test_where_the_system_does_not_say(tmp_path: Path) -> None:
    assert available_bytes(tmp_path) is None
    damaged = system(tmp_path, {"proc/meminfo": "MemAvailable: lots\n", "proc/self/cgroup": "\n:\n0::/\nnonsense\n"})
    assert available_bytes(damaged) is None


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says")
def test_this_machine_says_something_possible() -> None:
    left = available_bytes()
    assert left is not None
    assert 0 < left < 1 << 50
