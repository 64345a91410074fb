"""Checkpoints that know their number, for the tests that damage them."""

from pathlib import Path

import torch

from spirula.training.checkpoints import Content, load_checkpoint


def content(number: int) -> Content:
    tensors = {"module/a": torch.full((3, 2), float(number)), "module/empty": torch.zeros(0), "n": torch.tensor(number)}
    return Content(tensors, {"history": [{"epoch": number, "한글": 0.1 + 0.2}], "position": None})


def number_of(folder: Path) -> int:
    loaded = load_checkpoint(folder)
    assert torch.equal(
        loaded.content.tensors["module/a"], content(int(loaded.content.tensors["n"])).tensors["module/a"]
    )
    return int(loaded.content.tensors["n"])
