"""Where a run came from: versions, machine, code, command. Facts only, and none that identify a person."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from .._version import __version__

_PACKAGES = ("torch", "torchvision", "timm", "numpy", "pillow", "simplejpeg", "safetensors", "scikit-learn", "polars")


def provenance() -> dict[str, Any]:
    """Return the fields of ``run.json`` that say what ran where."""
    return {
        "command": command(),
        "spirula": __version__,
        "versions": {"python": platform.python_version(), **versions()},
        "machine": machine(),
        "git": git_state(Path.cwd()),
    }


def command() -> list[str]:
    """Return how this process was called, without the path of the interpreter or the script."""
    name = Path(sys.argv[0]).name if sys.argv else ""
    if name in ("__main__.py", "spirula"):
        return ["spirula", *sys.argv[1:]]
    return ["python", *([name] if name not in ("", "-c") else []), *sys.argv[1:]]


def versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def machine() -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_bytes": _memory(),
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        return platform.processor() or platform.machine()
    return platform.processor() or platform.machine()


def _memory() -> int | None:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def peak_memory_bytes() -> int | None:
    """Return the largest resident size of this process so far."""
    try:
        # Linux's getrusage also counts what the process was before exec: a large parent, for instance.
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return _peak_by_getrusage()


def _peak_by_getrusage() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def git_state(folder: Path) -> dict[str, Any]:
    """Return the commit of the folder the command ran in, and whether it had uncommitted changes."""

    def ask(*words: str) -> str | None:
        try:
            answer = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, timeout=5, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return answer.stdout.strip() if answer.returncode == 0 else None

    commit = ask("rev-parse", "HEAD")
    if commit is None:
        return {}
    return {"commit": commit, "changed": bool(ask("status", "--porcelain", "--untracked-files=no"))}
