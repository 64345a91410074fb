"""A user's pattern, searched in many names.

A pattern with two repetitions, such as ``(a+)+$``, can need longer than anybody waits, and nothing in this process can
end it then. So such patterns are searched by a process of their own, which gets a few seconds.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence

from ...errors import DataError

SECONDS = 20.0  # a hundred thousand names take a tenth of one
_LINEAR = 1  # repetitions and alternatives up to which a search ends soon, whatever the names

_SEARCH = """
import json, re, sys
search = re.compile(sys.argv[1]).search
matches = [search(name) for name in json.load(sys.stdin)]
json.dump([None if match is None else [match[0], match.groups("")] for match in matches], sys.stdout)
"""

Match = tuple[str, tuple[str, ...]]


def searched(pattern: str, names: Sequence[str], seconds: float = SECONDS) -> list[Match | None]:
    """Return for every name what ``pattern`` matches in it first and what its brackets capture, or ``None``.

    Raises :class:`DataError` for a pattern that cannot be read, and for one that is not done after ``seconds``.
    """
    try:
        search = re.compile(pattern).search
    except (re.error, OverflowError, RecursionError) as error:
        raise DataError(
            f'group_by = "{pattern}" is not a regular expression: {error}',
            r'Write for example "patient(\d+)", or "folder".',
        ) from error
    if len(re.findall(r"[*+{|]", pattern)) > _LINEAR:
        found = _searched_apart(pattern, names, seconds)
        if found is not None:
            return found
    matches = [search(name) for name in names]
    return [None if match is None else (match[0], match.groups("")) for match in matches]


def _searched_apart(pattern: str, names: Sequence[str], seconds: float) -> list[Match | None] | None:
    """Search in another process; ``None`` where none can be started."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _SEARCH, pattern],
            input=json.dumps(list(names)).encode(),
            capture_output=True,
            timeout=seconds,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows would open one
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise DataError(
            f'group_by = "{pattern}" was not done after {seconds:g} seconds: it tries too many ways to match',
            r"Repeat nothing that repeats itself, as in (a+)+; say what is there, such as \d+ or [^/_]+.",
        ) from error
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None
    return [None if match is None else (match[0], tuple(match[1])) for match in json.loads(done.stdout)]
