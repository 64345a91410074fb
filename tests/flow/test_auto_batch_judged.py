"""What memory forbids in training is not asked for when the network is judged, and words without effect are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import spirula as sp
from spirula.errors import ConfigError
from spirula.recipe import make_recipe
from spirula.training.assemble import assemble


class Hungry(nn.Module):
    """A network of the user's own for which memory ends above so many samples, whether it learns or not."""

    def __init__(self, most: int = 12) -> None:
        super().__init__()
        self.most = most
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    def forward(self, images: Tensor) -> Tensor:
        if len(images) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        result: Tensor = self.layers(images)
        return result


def test_the_network_is_judged_in_parts_that_fit(tmp_path: Path) -> None:
    options = {"epochs": 1, "threads": 1, "runs": tmp_path, "progress": "quiet"}
    first = sp.train("digits", model=Hungry(), batch_size="auto", name="first", **options)
    assert first.status == "finished"
    again = sp.train(model=Hungry(), recipe=first.path / "config.toml", runs=tmp_path, name="again", progress="quiet")
    same = [(run.path / "model.safetensors").read_bytes() for run in (first, again)]
    assert same[0] == same[1]
    assert first.history[0]["val_loss"] == again.history[0]["val_loss"]


def test_auto_hears_that_a_batch_size_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def listen(asked: object, *_: object) -> object:
        seen.append(asked.training.batch_size)  # type: ignore[attr-defined]
        raise ConfigError(["enough"])

    monkeypatch.setattr("spirula.training.assemble.with_strategy", listen)
    with pytest.raises(ConfigError, match="enough"):
        assemble(make_recipe(source="digits", strategy="auto", batch_size="auto"))
    assert seen == ["auto"]


def test_parts_of_more_than_all_samples_are_refused() -> None:
    with pytest.raises(ConfigError, match="there are 1294 training samples"):
        assemble(make_recipe(source="digits", batch_size=2000, micro_batch=1500))


@pytest.mark.parametrize(("option", "words"), [("batch_size", "than or equal to 1"), ("learning_rate", "than 0")])
def test_a_number_out_of_range_is_told_the_range(option: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        make_recipe(**{option: 0})
