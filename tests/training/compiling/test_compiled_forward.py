"""Which batches go through a program, how it is asked for on a GPU, and that making it leaves everything as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_training import SmallBatch, run_small, same_weights, small_feeds, small_network, small_settings, weights
from torch import Tensor, nn

from spirula.training.compiling.forward import CompiledForward, compiled_forward
from spirula.training.device import Machine
from spirula.training.parts import Parts
from spirula.training.records import CompiledRecord
from spirula.training.state import Position
from spirula.training.updates.schedules import Schedule

CPU = torch.device("cpu")


class Compiler:
    """In place of PyTorch's: says what it was asked for and counts what goes through."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.sizes: list[int] = []
        self.outputs: list[Tensor] = []
        self.modules: list[nn.Module] = []
        self.functions: list[Callable[..., Tensor]] = []

    def __call__(self, function: Callable[..., Tensor], **options: Any) -> Callable[..., Tensor]:
        self.asked.append(options)
        self.functions.append(function)

        def program(module: nn.Module, images: Tensor) -> Tensor:
            self.modules.append(module)
            self.sizes.append(len(images))
            self.outputs.append(function(module, images))
            return self.outputs[-1]

        return program


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Compiler:
    found = Compiler()
    monkeypatch.setattr(torch, "compile", found)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("TORCH_WARM_POOL", "0")
    return found


def made(settings: Any, parts: Parts, module: nn.Module) -> tuple[CompiledForward | None, list[Any]]:
    generator = compiled_forward(module, small_feeds()[0], settings, parts, iter(range(100)).__next__)
    records = []
    try:
        while True:
            records.append(next(generator))
    except StopIteration as end:
        return end.value, records


def test_nobody_asked(compiler: Compiler) -> None:
    assert made(small_settings(), Parts(), small_network()) == (None, [])
    assert compiler.asked == []


def test_only_full_batches_go_through_the_program(compiler: Compiler) -> None:
    settings, module, parts = small_settings(machine=Machine(CPU, compiled=True)), small_network(), Parts()
    compiled, records = made(settings, parts, module)
    assert compiled is not None
    assert records == [CompiledRecord(1, 8)]
    assert compiler.asked == [{"fullgraph": True, "dynamic": False, "mode": "default"}]
    forward = compiled.of(module, parts)
    compiler.sizes.clear()
    for size in (8, 4, 8, 9, 1, 8):
        assert forward(torch.rand(size, 1, 4, 4)).shape == (size, 2)
    assert compiler.sizes == [8, 8, 8]
    assert len(compiler.asked) == 1


def test_parts_of_a_batch_have_a_program_of_their_size(compiler: Compiler) -> None:
    settings, module = small_settings(machine=Machine(CPU, compiled=True), micro_batch=3, halves=True), small_network()
    parts = Parts(Position(0, micro=3), halves=True)
    compiled, records = made(settings, parts, module)
    assert compiled is not None
    assert records[0].samples == 3
    forward = compiled.of(module, parts)
    parts.at.micro = 2  # memory ran out
    compiler.sizes.clear()
    for size in (3, 2, 2):
        forward(torch.rand(size, 1, 4, 4))
    assert set(compiler.sizes) == {2}
    assert len(compiler.asked) == 2
    assert compiler.functions[0].__code__ is not compiler.functions[1].__code__


@given(samples=st.integers(1, 40), micro=st.integers(0, 45))
def test_the_size_of_a_program_is_that_of_the_first_part(samples: int, micro: int) -> None:
    parts = Parts(Position(0, micro=micro))
    first, _ = next(parts.of(SmallBatch(torch.zeros(samples), torch.zeros(samples))))
    assert parts.first(samples) == first.stop


def test_making_a_program_leaves_everything_as_it_was(compiler: Compiler) -> None:
    module = small_network()
    before, random = weights(module), torch.get_rng_state()
    made(small_settings(machine=Machine(CPU, compiled=True)), Parts(), module)
    assert compiler.sizes, "it was run: the backward pass is compiled only then"
    assert same_weights(weights(module), before)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(parameter.grad is None for parameter in module.parameters())
    assert not list(module._forward_hooks)


def test_on_a_gpu_the_step_is_a_graph_whose_results_are_copied_out(
    compiler: Compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []
    monkeypatch.setattr(torch.compiler, "cudagraph_mark_step_begin", lambda: begun.append(1))
    module = small_network().train()
    compiled = CompiledForward(Machine(CPU, compiled=True), 8, graphs=True)
    compiled.make(module, torch.rand(8, 1, 4, 4))
    assert len(begun) == 2, "the second run records the graph"
    assert compiler.asked[0]["mode"] == "reduce-overhead"
    logits = compiled.of(module, Parts())(torch.rand(8, 1, 4, 4))
    assert len(begun) == 3
    assert torch.equal(logits, compiler.outputs[-1])
    assert logits.data_ptr() != compiler.outputs[-1].data_ptr()


@pytest.mark.parametrize(("changes", "micro", "graphs"), [({}, 0, True), ({"halves": True}, 0, False), ({}, 4, False)])
def test_parts_whose_gradients_are_added_up_are_no_graphs(
    changes: dict[str, Any], micro: int, graphs: bool, compiler: Compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(CompiledForward, "make", lambda self, module, images: seen.append(self.graphs))
    settings = small_settings(machine=Machine(torch.device("cuda"), compiled=True), **changes)
    made(settings, Parts(Position(0, micro=micro)), small_network())
    assert seen == [graphs]


def test_a_budget_is_planned_with_what_will_run(compiler: Compiler) -> None:
    gentle = Schedule("constant", 1e-4)  # for however many steps fit into the time
    settings = small_settings(machine=Machine(CPU, compiled=True), epochs=None, budget=0.5, schedule=gentle)
    _, records = run_small(settings)
    assert [record.samples for record in records if isinstance(record, CompiledRecord)] == [8]
    assert len({id(module) for module in compiler.modules}) == 2, "the network, and the copy that was timed"
    assert set(compiler.sizes) == {8}
    assert len(compiler.asked) == 1
