"""Filters, exciting pictures and robustness of real runs: what a training keeps, and the verbs that ask for more."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import spirula as sp
from spirula.cli.main import run as command
from spirula.errors import InputError, RunError

RNG = np.random.default_rng(7)
MODEL = 'Conv2D(8, 3, activation="relu"), MaxPooling2D(2), Conv2D(6, 3, activation="relu"), Flatten()'
NAMES = ("왼쪽", "right | <b>")


def spots(count: int = 120, colours: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of 16 × 20 with a bright spot in the left half, or in the right half."""
    pixels = RNG.integers(0, 60, (count, 16, 20, colours)).astype(np.uint8)
    sides = np.arange(count) % 2
    for picture, side in zip(pixels, sides, strict=True):
        top, left = RNG.integers(1, 8), RNG.integers(1, 4) + 10 * side
        picture[top : top + 5, left : left + 5] = 240
    return pixels, sides


def trained(folder: Path, name: str, x: Any, y: Any, **options: Any) -> sp.Run:
    usual = {"model": MODEL, "epochs": 4, "batch_size": 8, "learning_rate": 0.01, "seed": 1, "threads": 1}
    return sp.train((x, y), runs=folder, name=name, progress="quiet", **{**usual, **options})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def run(folder: Path) -> sp.Run:
    x, y = spots()
    return trained(folder, "자리", x, np.asarray(NAMES)[y])


@pytest.fixture(scope="module")
def digits(folder: Path) -> sp.Run:
    return sp.train("digits", model=MODEL, epochs=1, seed=7, runs=folder, name="digits", progress="quiet")


def test_a_training_keeps_kernels_filters_patches_and_changes(run: sp.Run) -> None:
    before, after = run.folder.arrays("kernels_before"), run.folder.arrays("kernels")
    weight = run.network().get_submodule("conv2d_1").weight.detach().numpy()
    np.testing.assert_allclose(after["kernels_1"][..., 0], weight.mean(1), atol=1e-3)  # of eight inputs the mean
    np.testing.assert_allclose(after["kernels_0"].shape, (8, 3, 3, 3))
    assert after["kinds"].tolist() == ["colours", "mean"]
    assert not np.array_equal(before["kernels_0"], after["kernels_0"])
    np.testing.assert_allclose(after["numbers"][1], [weight.mean(), weight.std()], rtol=1e-5)
    units, excited, changes = (run.folder.arrays(name) for name in ("units", "exciting", "robustness"))
    assert units["layers"].tolist() == ["conv2d", "conv2d_1"]
    assert units["filters"].tolist() == [8, 6]
    assert set(excited["layers"]) <= {"conv2d", "conv2d_1"}
    assert set(excited["labels"]) <= set(NAMES)
    assert changes["right"][0].mean() == pytest.approx(run.results["test"]["accuracy"])
    assert str(changes["split"]) == "test"
    assert sum((run.path / "insight" / f"{n}.npz").stat().st_size for n in ("kernels", "units", "exciting")) < 400_000


def test_the_table_of_filters_agrees_with_the_check_for_dead_units(run: sp.Run) -> None:
    import json

    health = json.loads((run.path / "insight" / "health.json").read_text(encoding="utf-8"))["units"]
    dead = {row["layer"]: row["dead"] for row in health["layers"]}
    table = run.filters()
    assert [row["layer"] for row in table] == ["conv2d", "conv2d_1"]
    assert [len(row["dead"]) for row in table] == [dead["conv2d"], dead["conv2d_1"]]
    assert health["samples"] == int(run.folder.arrays("units")["samples"])


def test_a_planted_dead_filter_is_named_by_the_next_look(digits: sp.Run) -> None:
    from spirula.api.insight.inside import Inside
    from spirula.insight.layers import rows_of
    from spirula.insight.units.judged import judge
    from spirula.insight.units.responses import responses

    network, _ = Inside(digits.folder).trained()
    with torch.no_grad():
        network.module.get_submodule("conv2d").bias[3] = -1e4  # type: ignore[index,operator]
    images = torch.rand(30, 1, 8, 8)
    found = [judge(f) for f in responses(network, rows_of(network), [images], 30).filters]
    assert 3 in found[0].dead


def test_exciting_pictures_of_the_runs_own_data(digits: sp.Run) -> None:
    table = digits.exciting("conv2d_1", channel=2, count=4)
    answers = [row["answer"] for row in table]
    assert answers == sorted(answers, reverse=True)
    ids = digits.folder.manifest()
    train = {name for name, split in zip(ids["id"], ids["split"], strict=True) if split == "train"}
    for row in table:
        maps = digits.feature_maps(row["file"], "conv2d_1").arrays[2]
        assert maps.max() == pytest.approx(row["answer"], rel=1e-4)
        assert maps[row["row"], row["column"]] == pytest.approx(row["answer"], rel=1e-4)
        assert row["file"] in train
        assert (row["bottom"] - row["top"], row["right"] - row["left"]) == (8, 8)
    several = digits.exciting(count=2, split="test")
    assert len({row["channel"] for row in several}) > 1
    assert {row["layer"] for row in several} == {"conv2d"}  # the second one's maps are a single position
    assert "<svg" in several._repr_html_()
    assert several.picture().svg.count("<image") == 2 * len(several)


def test_exciting_pictures_of_other_data(run: sp.Run, tmp_path: Path) -> None:
    x, y = spots(30)
    table = run.exciting("conv2d", data=(x, np.asarray(NAMES)[y]), count=2)
    assert {row["label"] for row in table} <= set(NAMES)
    with pytest.raises(InputError, match="Python object"):
        run.exciting("conv2d")
    for verb in (run.exciting, run.robustness):
        with pytest.raises(InputError, match="float32 values, but the run was trained on uint8"):
            verb(data=(x.astype(np.float32) / 255, np.asarray(NAMES)[y]))  # type: ignore[operator]
    assert table.save(tmp_path / "patches.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"layer": "conv"}, "conv2d, conv2d_1"),
        ({"channel": 8}, "8 filters|6 filters"),
        ({"channel": -1}, "filters"),
        ({"count": 0}, "count = 0"),
        ({"split": "holdout"}, 'no split "holdout"'),
    ],
)
def test_mistakes_about_filters_are_explained(digits: sp.Run, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        digits.exciting(**options)


def test_robustness_is_the_accuracy_on_changed_pictures(digits: sp.Run) -> None:
    table = digits.robustness({"shift": [1, 2], "contrast": 0.5}, samples=200)
    assert [(row["change"], row["strength"]) for row in table] == [
        ("unchanged", None),
        ("shift", 1),
        ("shift", 2),
        ("contrast", 0.5),
    ]
    assert table[0]["accuracy"] == pytest.approx(digits.results["test"]["accuracy"])
    assert table[0]["accuracy interval"] == pytest.approx(digits.results["test"]["accuracy_interval"])
    data = sp.load("digits", seed=7)
    rows = data.rows("test")
    pale = (data.pixels[rows] - data.pixels[rows].mean((1, 2, 3), keepdims=True)) * 0.5
    pale = (pale + data.pixels[rows].mean((1, 2, 3), keepdims=True)).round().astype(np.uint8)
    values = digits.predict_proba(pale)
    assert table[3]["accuracy"] == pytest.approx((values.argmax(1) == data.manifest.targets[rows]).mean(), abs=0.011)
    assert table.arrays["right"].shape == (4, len(rows))
    assert "Moved" in table.picture().svg
    assert len(digits.robustness("rotate", samples=20)) == 6
    assert "weakest side" in table.verdict or "Small changes do not hurt" in table.verdict
    assert digits.robustness({"rotate": 44}, samples=20).verdict.startswith("No mild change was tried")


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ("spin", "shift, rotate"),
        (["rotat"], 'Did you mean "?rotate'),
        ({"shift": [0.5]}, r"shift = \[0.5\]"),
        ({"shift": 8}, "below the 8"),
        ({"rotate": [200]}, "up to 180"),
        ({"noise": []}, "noise = "),
        ([], "No change"),
    ],
)
def test_mistakes_about_changes_are_explained(digits: sp.Run, kinds: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        digits.robustness(kinds)


class Own(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.out = nn.Conv2d(1, 8, 3), nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(functional.relu(self.conv(x)).amax((2, 3)))
        return found


def sections(run: sp.Run) -> str:
    return (run.path / "report.html").read_text(encoding="utf-8")


def test_every_kind_of_run_has_the_parts_that_it_can_have(folder: Path) -> None:
    x, y = spots(80, 1)
    quick = {"epochs": 1}
    runs = {
        "dense": trained(folder, "dense", x, y, model='Flatten(), Dense(8, activation="relu")', **quick),
        "regression": trained(folder, "regression", x, y.astype(np.float32) * 2.5, task="regression", **quick),
        "labels": trained(folder, "labels", x, np.stack([y, 1 - y], 1), task="multilabel", **quick),
        "own": trained(folder, "own", x, y, model=Own(), **quick),
        "vectors": trained(
            folder,
            "vectors",
            x.reshape(80, -1)[:, :30].astype(np.float32),
            y,
            model="Dense(4, activation='relu')",
            **quick,
        ),
    }
    parts = {
        name: [part for part in ("filters", "robustness") if f'<section id="{part}"' in sections(run)]
        for name, run in runs.items()
    }
    assert parts == {
        "dense": ["robustness"],
        "regression": ["filters", "robustness"],
        "labels": ["filters", "robustness"],
        "own": ["filters", "robustness"],
        "vectors": [],
    }
    for name in ("dense", "vectors"):
        with pytest.raises(RunError, match="does not say"):
            runs[name].filters()
    with pytest.raises(InputError, match="there are no pictures to change"):
        runs["vectors"].robustness()
    with pytest.raises(InputError, match="has no convolution"):
        runs["dense"].exciting(data=(x, y))
    assert runs["own"].robustness("blur", data=(x, y))[0]["change"] == "unchanged"
    assert {row["layer"] for row in runs["own"].exciting(data=(x, y), count=1)} == {"conv"}
    assert runs["own"].folder.arrays("kernels_before")  # noted, where nobody could rebuild them


def listed(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_the_command_line(digits: sp.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = ["explain", str(digits.path)]
    assert command([*base, "--exciting", "conv2d", "--channel", "1", "--out", str(tmp_path)]) == 0
    assert "conv2d" in capsys.readouterr().out
    rows = listed(tmp_path / "exciting_conv2d_1.csv")
    assert [row["rank"] for row in rows] == [str(rank) for rank in range(len(rows))]
    assert (tmp_path / "exciting_conv2d_1.svg").is_file()
    assert command([*base, "--robustness", "rotate,blur", "--out", str(tmp_path)]) == 0
    assert {row["change"] for row in listed(tmp_path / "robustness.csv")} == {"unchanged", "rotate", "blur"}
    assert not (tmp_path / "robustness.npz").exists()
    capsys.readouterr()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--channel", "1"], "--channel would have no effect without --exciting"),
        (["--robustness", "--channel", "1"], "--channel would have no effect with --robustness"),
        (["--map", "--out", "x"], "--out would have no effect with --map"),
        (["--exciting", "conv2d", "--cam", "gradcam"], "--cam would have no effect with --exciting"),
        (["x.png", "--robustness"], "A picture would have no effect with --robustness"),
        (["--robustness", "--exciting", "conv2d"], "--exciting would have no effect with --robustness"),
        (["--robustness", "spin"], 'no change "spin"'),
    ],
)
def test_options_without_effect_are_errors(
    digits: sp.Run, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(["explain", str(digits.path), *options]) != 0
    assert words in capsys.readouterr().err


def test_the_most_active_maps_come_first(digits: sp.Run) -> None:
    maps = digits.feature_maps(3, "conv2d_1")
    order = np.argsort(-np.abs(maps.arrays).mean((1, 2)), kind="stable")
    assert "the most active first" in maps.svg
    words = [part.split(":")[0] for part in maps.svg.split("<title>map ")[1:]]
    assert [int(word) for word in words] == order.tolist()
    plain = digits.feature_maps(3, "conv2d_1", order="number")
    assert [int(part.split(":")[0]) for part in plain.svg.split("<title>map ")[1:]] == list(range(6))
    np.testing.assert_array_equal(plain.arrays, maps.arrays)
    with pytest.raises(InputError, match="Give one of the two"):
        digits.feature_maps(3, "conv2d_1", order="number", channels=[1])
    with pytest.raises(InputError, match="order = 'size'"):
        digits.feature_maps(3, "conv2d_1", order="size")  # type: ignore[arg-type]
