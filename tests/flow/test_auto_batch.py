"""``--batch-size auto`` in a whole run: chosen, halved, said, stored, resumable."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import spirula as sp
from spirula.cli.main import run as command
from spirula.errors import TrainingError


class Hungry(nn.Module):
    """A network of the user's own that fits only so many samples into memory."""

    most = 12

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    def forward(self, images: Tensor) -> Tensor:
        if self.training and len(images) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        result: Tensor = self.layers(images)
        return result


def train(tmp_path: Path, **options: object) -> sp.Run:
    return sp.train("digits", model=Hungry(), epochs=1, threads=1, runs=tmp_path, progress="lines", **options)


def test_what_does_not_fit_is_found_before_the_first_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = train(tmp_path, batch_size="auto")
    training = run.folder.config()["training"]
    assert (training["batch_size"], training["micro_batch"]) == (32, 8)
    document = run.folder.document()
    assert document["batch"] == {"asked": "auto", "size": 32, "at_once": 8, "halved": []}
    assert "auto: 1,294 training samples; 8 at a time fit" in document["derived"]["batch_size"]
    assert "auto: 1,294 training samples; 8 at a time fit" in capsys.readouterr().err
    assert "8 at a time fit into memory" in (run.path / "report.html").read_text(encoding="utf-8")


def test_memory_that_runs_out_later_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    forward, calls = Hungry.forward, iter(range(10**6))

    def later(self: Hungry, images: Tensor) -> Tensor:
        self.most = 10**9 if not self.training or next(calls) < 5 else 20
        return forward(self, images)

    monkeypatch.setattr(Hungry, "forward", later)
    run = train(tmp_path, batch_size="auto")
    (halved,) = run.folder.document()["batch"]["halved"]
    assert halved["at_once"] == 16
    assert halved["step"] > 1
    assert "16 samples are computed at once" in capsys.readouterr().err
    assert "Out of memory" in (run.path / "report.html").read_text(encoding="utf-8")


def test_the_stored_recipe_trains_the_same_network_again(tmp_path: Path) -> None:
    first = train(tmp_path, batch_size="auto", name="first")
    again = sp.train(model=Hungry(), recipe=first.path / "config.toml", runs=tmp_path, name="again", progress="quiet")
    assert (first.path / "model.safetensors").read_bytes() != b""
    assert again.history[0]["loss"] == pytest.approx(first.history[0]["loss"], rel=0.5)
    assert again.folder.config()["training"]["micro_batch"] == 8


def test_enough_memory_leaves_the_batch_whole(tmp_path: Path) -> None:
    arguments = ["train", "digits", "--model", "Flatten()", "--epochs", "1", "--batch-size", "auto", "--threads", "1"]
    assert command([*arguments, "--runs", str(tmp_path), "--name", "auto", "--progress", "quiet"]) == 0
    assert (
        command([*arguments[:-4], "--threads", "1", "--runs", str(tmp_path), "--name", "plain", "--progress", "quiet"])
        == 0
    )
    auto, plain = sp.open_run("auto", tmp_path), sp.open_run("plain", tmp_path)
    assert auto.folder.document()["batch"]["at_once"] == 32
    assert "micro_batch" not in auto.folder.config()["training"]
    assert (auto.path / "model.safetensors").read_bytes() == (plain.path / "model.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--micro-batch", "64", "--batch-size", "32"], "micro_batch = 64 would have no effect"),
        (["--batch-size", "all"], "batch_size"),
        (["--batch-size", "0"], "batch_size"),
    ],
)
def test_mistakes(options: list[str], words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert command(["train", "digits", "--runs", str(tmp_path), *options]) == 2
    assert words in capsys.readouterr().err


def test_without_auto_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"batches of 32.*CUDA out of memory") as caught:
        train(tmp_path, batch_size=32)
    assert "--batch-size auto" in str(caught.value)
    (run,) = tmp_path.iterdir()
    assert sp.open_run(run).status == "failed"
