"""A machine or a network that cannot be compiled is an error in our words, before anything is trained."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch
from small_training import small_feeds, small_settings
from torch import Tensor, nn

import spirula as sp
from spirula.cli.main import run
from spirula.errors import ConfigError, InputError, ModelError
from spirula.training.compiling.store import PLACE, keep_programs
from spirula.training.compiling.tools import check_tools, cpp_compiler, in_our_words, refusal
from spirula.training.device import Machine
from spirula.training.loop import fit

CPU = torch.device("cpu")


def test_without_a_compiler_it_says_so_before_the_data_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler -O2")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no-such-compiler -O2 cannot be used here") as caught:
        sp.train("digits", compile=True, epochs=1, runs=tmp_path / "runs", progress="quiet")
    assert "leave --compile out" in caught.value.remedy
    assert not (tmp_path / "runs").exists()
    assert run(["train", "digits", "--compile", "--epochs", "1", "--progress", "quiet"]) == 2


@pytest.mark.parametrize(("platform", "compiler"), [("linux", "g++"), ("darwin", "clang++"), ("win32", "cl")])
def test_the_compiler_that_will_be_called(platform: str, compiler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr("sys.platform", platform)
    assert cpp_compiler() == compiler


def test_a_gpu_needs_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="Triton"):
        check_tools(torch.device("cuda"))


class Branching(nn.Module):
    """Its forward looks at values, which a compiler cannot know."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(16, 2)

    def forward(self, images: Tensor) -> Tensor:
        hidden = images.flatten(1)
        if hidden.sum().item() > 0:  # the line that is named
            hidden = hidden * 2
        logits: Tensor = self.layer(hidden)
        return logits


@pytest.mark.usefixtures("compiler_cache")
def test_a_network_that_cannot_be_followed_is_named_with_its_line(tmp_path: Path) -> None:
    settings = small_settings(machine=Machine(CPU, compiled=True))
    with pytest.raises(InputError, match="cannot follow this network") as caught:
        list(fit(Branching(), *small_feeds(), settings, checkpoints=tmp_path))
    assert Path(__file__).name in caught.value.problem
    assert "leave --compile out" in caught.value.remedy
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("compiler_cache")
def test_a_run_that_is_refused_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot follow this network"):
        sp.train("digits", model=Flat(), compile=True, epochs=1, runs=tmp_path, progress="quiet", threads=1)
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


class Flat(Branching):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(64, 10)


def test_what_the_compiler_says_becomes_ours() -> None:
    class InvalidCxxCompiler(RuntimeError): ...  # noqa: N818 (PyTorch's name)

    class InductorError(RuntimeError):
        inner_exception = InvalidCxxCompiler()

    assert "C++ compiler" in refusal(InductorError("…")).problem
    assert "failed: CppCompileError" in refusal(RuntimeError("\nCppCompileError: C++ compile error\nand more")).problem


def test_what_is_ours_already_and_what_is_memory_passes() -> None:
    with pytest.raises(ModelError, match="mine"), in_our_words():
        raise ModelError("mine")
    with pytest.raises(torch.OutOfMemoryError), in_our_words():
        raise torch.OutOfMemoryError("CUDA out of memory.")


def test_where_it_could_change_nothing_it_is_refused() -> None:
    with pytest.raises(ConfigError, match="compile = True would have no effect"):
        sp.train("digits", strategy="features", compile=True, progress="quiet")
    with pytest.raises(ConfigError, match="cannot be measured here"):
        sp.bench("digits", compile=True)


def test_a_place_that_the_environment_names_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv(PLACE, "/elsewhere")
    keep_programs()
    assert not [store for store in sp.list_cache() if store["kind"] == "compiled"]
    monkeypatch.delenv(PLACE)
    keep_programs()
    assert [store["kind"] for store in sp.list_cache()] == ["compiled"]


class Counting(nn.Module):
    """Its forward changes a buffer and computes with it: compiled, its gradients would be those of the next step."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.norm = nn.Linear(16, 2), nn.BatchNorm1d(2)
        self.register_buffer("left", torch.tensor(5.0))

    def forward(self, images: Tensor) -> Tensor:
        self.left.sub_(1.0)
        logits: Tensor = self.norm(self.layer(images.flatten(1))) / self.left
        return logits


@pytest.mark.usefixtures("compiler_cache")
def test_a_network_that_changes_its_own_buffers_is_refused(tmp_path: Path) -> None:
    settings, module = small_settings(machine=Machine(CPU, compiled=True)), Counting()
    with pytest.raises(InputError, match='changes its buffer "left"'):
        list(fit(module, *small_feeds(), settings, checkpoints=tmp_path))
    assert module.left.item() == 5.0
    assert module.norm.num_batches_tracked.item() == 0
