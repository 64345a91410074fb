"""The forward pass of a network, and with it the backward pass, as programs that PyTorch's compiler makes.

A program is made for one size of batch: that of a full batch, or of what is computed of it at once. Anything else, such
as the last batch of an epoch, goes through the network as it is. Which of both computes a batch is therefore decided by
its size alone, and a training that is resumed takes the same way as one that was not interrupted. One program for all
sizes would be a slower one, and which size came first would decide what it is.

The network itself stays as it is, with the same parameters: validation, checkpoints and the model card know nothing of
this.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from types import FunctionType
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from ...errors import InputError
from ..device import Machine
from ..feed import Batch, Feed
from ..parts import Parts
from ..records import CompiledRecord, Record
from ..settings import Settings
from ..untouched import as_it_was
from .store import keep_programs
from .tools import WITHOUT, in_our_words

Program = Callable[[nn.Module, Tensor], Tensor]


class CompiledForward:
    """Programs for a network and its copies.

    Parameters
    ----------
    machine: where they run. full: samples of a full batch.
    graphs: on a GPU, replay each program as one CUDA graph. A replay writes gradients where the one before did, so it
        cannot add them up over the parts of a batch.
    """

    def __init__(self, machine: Machine, full: int, *, graphs: bool) -> None:
        self.full, self.graphs = full, graphs
        self._machine = machine
        self._programs: dict[int, Program] = {}

    def of(self, module: nn.Module, parts: Parts) -> Callable[[Tensor], Tensor]:
        """Return the forward pass of ``module`` in training mode: images → logits."""

        def forward(images: Tensor) -> Tensor:
            if len(images) != parts.first(self.full):
                return cast(Tensor, module(images))
            if len(images) not in self._programs:  # halved, because memory ran out
                self.make(module, images)
            return self._run(self._programs[len(images)], module, images)

        return forward

    def make(self, module: nn.Module, images: Tensor) -> None:
        """Compile for batches like ``images``; ``module``, in training mode, and random generators stay as they are.

        Raises :class:`InputError` when the compiler refuses.
        """
        keep_programs()
        if self._machine.device.type == "cpu":
            # Processes that compile for GPUs would be started beside it.
            os.environ.setdefault("TORCH_WARM_POOL", "0")
        with as_it_was(module, self._machine.device), in_our_words():
            with self._machine.arithmetic():
                _check_buffers(module, images)
            program = self._program()
            for _ in range(2 if self.graphs else 1):  # the second run records the graph
                with self._machine.arithmetic():
                    logits = self._run(program, module, images)
                logits.float().sum().backward()  # type: ignore[no-untyped-call]
                module.zero_grad(set_to_none=True)
        self._programs[len(images)] = program

    def _program(self) -> Program:
        # PyTorch keeps its programs with a function's code and has room for eight: each training has code of its own.
        function = cast(Program, FunctionType(_forward.__code__.replace(), globals()))
        mode = "reduce-overhead" if self.graphs else "default"
        return torch.compile(function, fullgraph=True, dynamic=False, mode=mode)

    def _run(self, program: Program, module: nn.Module, images: Tensor) -> Tensor:
        if not self.graphs:
            return program(module, images)
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        return program(module, images).clone()  # the next replay writes over it


def _forward(module: nn.Module, images: Tensor) -> Tensor:
    logits: Tensor = module(images)
    return logits


def _check_buffers(module: nn.Module, images: Tensor) -> None:
    """Raise :class:`InputError` for a network whose forward changes buffers of its own.

    PyTorch 2.15 then computes the backward pass with values that come after those of the forward pass, and gradients
    are wrong without a word. What normalisation layers keep for evaluation takes no part in gradients.
    """
    before = {name: buffer.clone() for name, buffer in _own_buffers(module)}
    module(images)
    moved = [name for name, buffer in _own_buffers(module) if not torch.equal(buffer, before[name])]
    if moved:
        raise InputError(
            f'compile = true: the network changes its buffer "{moved[0]}" as it computes; gradients could be wrong',
            f"{WITHOUT[0].upper()}{WITHOUT[1:]}.",
        )


def _own_buffers(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    for path, part in module.named_modules():
        if not isinstance(part, _NormBase):
            for name, buffer in part.named_buffers(recurse=False):
                yield f"{path}.{name}" if path else name, buffer


def compiled_forward(
    module: nn.Module, train: Feed, settings: Settings, parts: Parts, clock: Callable[[], float]
) -> Generator[Record, None, CompiledForward | None]:
    """Compile for the first batch of ``train``, yield how long that took and return the programs.

    None where nobody asked for it. ``module`` is left in training mode, otherwise as it was. Raises
    :class:`~spirula.errors.InputError` when the compiler refuses.
    """
    machine = settings.machine
    if not machine.compiled:
        return None
    began = clock()
    in_parts = settings.halves or parts.at.micro > 0
    batch = next(iter(train.epoch(1)))
    compiled = CompiledForward(machine, len(batch.images), graphs=machine.device.type == "cuda" and not in_parts)
    settings.tuning.into_training(module)

    def first(batch: Batch) -> int:
        size = parts.first(compiled.full)
        compiled.make(module, batch.images[:size])
        return size

    size = parts.fitting(batch, first)
    yield CompiledRecord(clock() - began, size)
    return compiled
