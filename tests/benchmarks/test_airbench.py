"""The measurement beside airbench: what it reads of a script that prints as airbench does, what it calls reached."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from benchmarks.airbench import run as airbench  # noqa: E402

# Prints the table of airbench94_muon: a training that warms up, then others, with the seconds so far of each.
SCRIPT = """
import sys, time, torch
print("a warning\\n" * 30_000, file=sys.stderr)  # more than a pipe holds
data = torch.load("cifar10/train.pt")
assert data["images"].dtype == torch.uint8
for number, run in enumerate(["warmup", *range({runs})]):
    print("|  %s  |  %s  |  %s  |  %s  |  %s  |  %s  |" % (str(run).rjust(6), "    1", "   0.5000", " 0.5000", " " * 11, "      0.4000"))
    time.sleep(0.2)
    print("|  %s  |  %s  |  %s  |  %s  |  %s  |  %s  |" % (" " * 6, " eval", "   0.9900", " 0.9300", "     0.94%02d" % number, "      2.50%02d" % number))
"""  # noqa: E501


def pictures(folder: Path) -> None:
    (folder / "cifar10").mkdir()
    torch.save({"images": torch.zeros(2, 32, 32, 3, dtype=torch.uint8)}, folder / "cifar10" / "train.pt")


def test_its_table_is_read_and_it_is_ended_after_so_many_trainings(tmp_path: Path) -> None:
    pictures(tmp_path)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(runs=200))
    found = airbench.theirs(script, tmp_path, 3)
    assert found.accuracy == [0.9401, 0.9402, 0.9403], "not that of the training that warms up"
    assert found.warm == [2.5001, 2.5002, 2.5003]
    assert 0.4 <= found.cold < 30, "from the start of the process to the first accuracy"


def test_a_script_that_fails_says_why(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("raise RuntimeError('no such card')")
    with pytest.raises(SystemExit, match="no such card"):
        airbench.theirs(script, tmp_path, 3)


@pytest.mark.parametrize(
    ("accuracy", "met"), [([0.941, 0.942], True), ([0.939, 0.940], False), ([0.9401, 0.9401], False)]
)
def test_speed_without_the_accuracy_is_lost(accuracy: list[float], met: bool) -> None:
    mine, peer = airbench.Trainings([1.0, 1.0], accuracy, 10.0), airbench.Trainings([2.0, 2.0], [0.942, 0.942], 100.0)
    warm, cold = airbench.compared(mine, peer, "command", {}).rows
    assert (warm.ratio, cold.ratio) == (2.0, 10.0)
    assert warm.met is cold.met is met


def test_the_pictures_are_those_of_ours_in_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    import spirula as sp

    images = np.random.default_rng(0).integers(0, 255, (12, 32, 32, 3), dtype=np.uint8)
    made = sp.load((images, np.arange(12) % 3), validation=0, test=0.25)
    monkeypatch.setattr(sp, "load", lambda *_, **__: made)
    airbench.write_pictures(tmp_path)
    for part in ("train", "test"):
        kept = torch.load(tmp_path / "cifar10" / f"{part}.pt")
        rows = made.rows(part)
        assert np.array_equal(kept["images"].numpy(), images[rows])
        assert kept["labels"].tolist() == [int(target) for target in made.manifest.targets[rows]]
        assert len(kept["classes"]) == 3
