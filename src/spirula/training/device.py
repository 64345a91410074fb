"""Where the training runs and in which arithmetic, each choice with the reason for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler

from ..errors import InputError
from ..wording import Precision

T = TypeVar("T")
_HALVES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Choice(Generic[T]):
    """A value and one line that says why it was chosen."""

    value: T
    reason: str


@dataclass(frozen=True)
class Machine:
    """Device, arithmetic of forward and backward, and memory format of images and kernels.

    compiled: whether the training step goes through PyTorch's compiler.
    """

    device: torch.device
    precision: Precision = "float32"
    channels_last: bool = False
    compiled: bool = False

    def place(self, module: nn.Module) -> None:
        """Move ``module`` to the device and the memory format, in place."""
        if self.channels_last:
            module.to(device=self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        else:
            module.to(device=self.device)

    def arithmetic(self) -> AbstractContextManager[Any]:
        """Return the context of a forward pass; one object may be entered again and again."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=_HALVES[self.precision])

    def scaler(self) -> GradScaler | None:
        """Return what keeps small gradients from becoming 0 in float16; the others need none."""
        return GradScaler(self.device.type) if self.precision == "float16" else None

    def wait(self) -> None:
        """Wait until the device has done all it was given."""
        if self.device.type != "cpu":
            torch.accelerator.synchronize(self.device)


def choose_device(asked: str | None = None) -> Choice[torch.device]:
    """Return the device asked for, or the first of cuda, mps and cpu that is there.

    Raises :class:`InputError` when the device asked for is unknown or not available.
    """
    if asked is not None:
        return Choice(_available(asked), "asked for")
    if torch.cuda.is_available():
        return Choice(torch.device("cuda", 0), f"{torch.cuda.get_device_name(0)} found")
    if torch.backends.mps.is_available():
        return Choice(torch.device("mps"), "Apple GPU found")
    return Choice(torch.device("cpu"), "no GPU found")


def _available(asked: str) -> torch.device:
    kind, _, number = asked.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (":" in asked and not (kind == "cuda" and number.isdecimal())):
        raise InputError(f'device = "{asked}" is not a device', "Write cpu, cuda, cuda:1 or mps, or leave it out.")
    if kind == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if int(number or 0) >= count:
            found = f"{count} CUDA device{'s' if count != 1 else ''}" if count else "no CUDA device"
            raise InputError(f'device = "{asked}": PyTorch sees {found} here', "Leave device out, or write cpu.")
        return torch.device("cuda", int(number or 0))
    if kind == "mps" and not torch.backends.mps.is_available():
        raise InputError('device = "mps": PyTorch sees no Apple GPU here', "Leave device out, or write cpu.")
    return torch.device(kind)


def choose_precision(asked: Precision | None, device: torch.device) -> Choice[Precision]:
    """Return the precision asked for, or bfloat16 where the hardware multiplies it faster.

    float16 is only taken when asked for: it ends at 65,504, where the others go to 3e38.
    Weights, their updates, losses and metrics are float32 in any case.
    Raises :class:`InputError` when bfloat16 is asked for on a GPU that cannot compute it, or float16 on Apple's.
    """
    fast, reason = _fast_bfloat16(device)
    if asked == "bfloat16" and device.type == "cuda" and not fast:
        raise InputError(f"precision = bfloat16: {reason}", "Leave precision out, or write float32.")
    if asked == "float16" and device.type == "mps":
        raise InputError("precision = float16: not made for Apple GPUs", "Leave precision out, or write float32.")
    if asked is not None:
        return Choice(asked, "asked for")
    return Choice("bfloat16" if fast else "float32", reason)


def worth_trying(device: torch.device) -> list[Precision]:
    """Return the precisions that may be fastest on ``device``, float32 first."""
    if choose_precision(None, device).value == "bfloat16":
        return ["float32", "bfloat16"]
    tensor_cores = device.type == "cuda" and torch.cuda.get_device_capability(device)[0] == 7
    return ["float32", "float16"] if tensor_cores else ["float32"]


def _fast_bfloat16(device: torch.device) -> tuple[bool, str]:
    if device.type == "cuda":
        major, minor = torch.cuda.get_device_capability(device)
        version = f"{major}.{minor}"
        if major == 7:
            return False, f"GPU of compute capability {version}: bfloat16 needs 8.0; --precision float16 may be faster"
        return major >= 8, f"GPU of compute capability {version} (bfloat16 needs 8.0)"
    if device.type == "cpu":
        # Without these instructions bfloat16 is emulated and several times slower than float32.
        able: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
        found = [name for name in ("amx_bf16", "avx512_bf16") if able.get(name)]
        if found and _onednn():
            return True, f"CPU with {found[0]} instructions"
        return False, "CPU without bfloat16 instructions"
    return False, "Apple GPU: bfloat16 brings no gain"


def _onednn() -> bool:
    return bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]


def choose_channels_last(asked: bool | None, device: torch.device, precision: Precision) -> Choice[bool]:
    """Return the memory format asked for, or channels last where convolutions are faster with it."""
    if asked is not None:
        return Choice(asked, "asked for")
    if device.type == "cpu":
        return Choice(_onednn(), "oneDNN's layout for convolutions")
    if device.type == "cuda":
        return Choice(precision != "float32", "tensor cores" if precision != "float32" else "no gain in float32")
    return Choice(False, "no gain on an Apple GPU")


@contextmanager
def flushing_denormals() -> Iterator[None]:
    """Take numbers below 1.2e-38 as zero while training on a CPU, as TensorFlow does.

    Processors compute with such numbers (denormals) many times slower, and Adam's averages of gradients that have
    become zero pass through them: after some epochs a network with a large Dense layer trains at 60 % of its speed.
    Afterwards the process computes as before: NumPy warns of processors that flush.
    """
    flushed_before = (torch.full((1,), 1e-40) * 1.0).item() == 0.0
    torch.set_flush_denormal(True)  # False where the processor cannot: nothing to put back then, nothing lost
    try:
        yield
    finally:
        torch.set_flush_denormal(flushed_before)


def prepare(device: torch.device, *, seed: int, threads: int | None = None, deterministic: bool = False) -> None:
    """Set the process up: seed, CPU threads, and whether only deterministic kernels may run.

    On a CPU the same seed and number of threads give the same bits anyway. ``deterministic`` makes a
    GPU repeat itself too, more slowly, and turns an operation that cannot into an error.
    """
    torch.manual_seed(seed)
    if threads is not None:
        torch.set_num_threads(threads)
    if deterministic:
        # cuBLAS reads this when it is first used; without it, deterministic mode refuses matrix products.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    if deterministic != torch.are_deterministic_algorithms_enabled():  # to say so imports PyTorch's compiler
        torch.use_deterministic_algorithms(deterministic)
    # Trying the kernels out pays when all batches have one shape; what wins may differ from run to run.
    torch.backends.cudnn.benchmark = device.type == "cuda" and not deterministic
