"""What PyTorch's compiler needs of a machine, and its refusals in our words."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from ...errors import InputError, SpirulaError
from ..shortage import is_shortage

WITHOUT = "leave --compile out (of a run that is to go on: compile = false in its config.toml)"
_MOST = 200  # characters of what PyTorch says


def check_tools(device: torch.device) -> None:
    """Raise :class:`InputError` where the compiler cannot work: without a C++ compiler, or on a GPU without Triton.

    That is quick and comes before the data are read. Whether the network can be compiled shows later, when it is.
    """
    if device.type == "cpu" and not has_cpp_compiler():
        raise _no_compiler()
    if device.type == "cuda" and importlib.util.find_spec("triton") is None:
        raise _no_triton()


def cpp_compiler() -> str:
    """Return the C++ compiler that PyTorch will call: what ``CXX`` names, or the system's usual one."""
    usual = {"darwin": "clang++", "win32": "cl"}.get(sys.platform, "g++")
    return os.environ.get("CXX") or usual


def has_cpp_compiler() -> bool:
    words = shlex.split(cpp_compiler(), posix=sys.platform != "win32")
    return bool(words) and shutil.which(words[0]) is not None


def _no_compiler() -> InputError:
    return InputError(
        f"compile = true: PyTorch's compiler needs a C++ compiler, and {cpp_compiler()} cannot be used here",
        f"Install one (the variable CXX names another), or {WITHOUT}.",
    )


def _no_triton() -> InputError:
    return InputError(
        "compile = true: PyTorch's compiler needs Triton for this GPU, and it cannot be used here",
        f"pip install triton, or {WITHOUT}.",
    )


@contextmanager
def in_our_words() -> Iterator[None]:
    """Turn what goes wrong while compiling into an :class:`InputError` with a remedy; not a shortage of memory."""
    try:
        yield
    except SpirulaError:
        raise
    except Exception as error:
        if is_shortage(error):
            raise
        raise refusal(error) from error


def refusal(error: Exception) -> InputError:
    """Return what an error of PyTorch's compiler means for who asked for it."""
    kinds = {type(one).__name__ for one in _chain(error)}
    if kinds & {"InvalidCxxCompiler"}:
        return _no_compiler()
    if kinds & {"TritonMissing", "TritonUnavailableError"}:
        return _no_triton()
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:_MOST]
    place = _place(error)
    if "Unsupported" in kinds or place:
        return InputError(
            f"compile = true: PyTorch's compiler cannot follow this network{place}: {said}",
            "A forward that is to be compiled must not print, leave torch or branch on values; "
            f"change that, or {WITHOUT}.",
        )
    return InputError(f"compile = true: PyTorch's compiler failed: {said}", f"{WITHOUT[0].upper()}{WITHOUT[1:]}.")


def _chain(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    seen: set[int] = set()
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = getattr(found, "inner_exception", None) or found.__cause__ or found.__context__


def _place(error: Exception) -> str:
    """Return the line of a network's own code that could not be followed, where the compiler says it."""
    own = Path(torch.__file__).parent
    frames = [frame for one in _chain(error) for frame in getattr(one, "real_stack", None) or ()]
    outside = [frame for frame in frames if not Path(frame.filename).is_relative_to(own)]
    theirs = [frame for frame in outside if not Path(frame.filename).is_relative_to(Path(__file__).parent)]
    return f" ({Path(theirs[-1].filename).name}, line {theirs[-1].lineno})" if theirs else ""
