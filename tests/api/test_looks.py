"""Where a run looks: what a training keeps, what the report says of it, and maps of any picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import spirula as sp
from spirula.cli.main import run as command
from spirula.errors import InputError

RNG = np.random.default_rng(5)
CORNER = {"왼쪽": (0, 0), "right | <b>": (0, 10)}


def corners(count: int = 60, *, colours: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of 16 × 20 with a bright spot in the upper left, or in the upper right."""
    pixels = RNG.integers(0, 60, (count, 16, 20, colours), np.uint8)
    labels = np.arange(count) % 2
    for picture, label in zip(pixels, labels, strict=True):
        picture[2:7, 3 + 11 * label : 8 + 11 * label] = 240
    return pixels, labels


def trained(tmp_path: Path, x: np.ndarray, y: Any, **options: Any) -> sp.Run:
    model = options.pop("model", "Conv2D(6, 3, padding='same', activation='relu'), MaxPooling2D(2), Flatten()")
    settings = {"epochs": 4, "batch_size": 8, "seed": 1, "runs": tmp_path, "progress": "quiet", "learning_rate": 0.01}
    return sp.train((x, y), model=model, **{**settings, **options})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> sp.Run:
    x, y = corners()
    names = np.asarray(list(CORNER))[y]
    return trained(tmp_path_factory.mktemp("runs"), x, names, name="모서리")


def test_a_training_keeps_maps_fields_and_how_faithful_they_are(run: sp.Run) -> None:
    looks, fields = run.folder.arrays("looks"), run.folder.arrays("fields")
    count = len(looks["images"])
    assert looks["maps"].shape == looks["true_maps"].shape == (count, 16, 20)
    assert looks["maps"].dtype == np.float16
    assert 0 <= looks["maps"].min() <= looks["maps"].max() == 1
    assert (str(looks["layer"]), str(looks["method"])) == ("conv2d", "layercam")  # a Flatten follows
    assert set(looks["asked"]) <= set(CORNER)
    assert looks["deletion"].shape == looks["random_insertion"].shape == (3, count)
    assert looks["right"].any()
    assert list(fields["layers"]) == ["conv2d", "max_pooling2d"]
    np.testing.assert_array_equal(fields["sizes"], [[3, 3], [4, 4]])
    np.testing.assert_array_equal(fields["steps"], [[1, 1], [2, 2]])
    np.testing.assert_array_equal(fields["centres"][0], [7, 9, 10, 12])
    assert fields["strengths"].shape == (len(fields["drawn"]), 16, 20)
    assert ((fields["shares"] > 0) & (fields["shares"] <= 1)).all()


def test_the_maps_lie_where_the_spot_is_and_are_better_than_random(run: sp.Run) -> None:
    x, y = corners(24)
    found = run.explain(list(x), cam="layercam")
    assert [row["class"] for row in found] == [list(CORNER)[label] for label in y]
    maps = found.arrays["maps"]
    assert maps.shape == (24, 16, 20)
    spots = [maps[i, :9, 10 * label : 10 * label + 10].sum() / maps[i].sum() for i, label in enumerate(y)]
    assert np.mean(spots) > 0.5  # of 28 % of the area
    assert found.faithfulness.better
    assert "more than random" in found.verdict
    assert "왼쪽" in found.picture().svg
    assert "&lt;b&gt;" in found.picture().svg


@pytest.mark.parametrize("cam", ["gradcam", "gradcam++", "layercam", "occlusion", None])
def test_every_method_by_its_name(run: sp.Run, cam: str | None, tmp_path: Path) -> None:
    x, _ = corners(2)
    found = run.explain(x[0], cam=cam, target="왼쪽")
    assert (found[0]["cam"], found[0]["class"]) == (cam or "layercam", "왼쪽")
    assert found[0]["probability"] == pytest.approx(
        float(run.predict_proba(x[:1])[0, run.classes.index("왼쪽")]), abs=1e-5
    )
    assert "cannot be said" in found.verdict
    with np.load(found.save_arrays(tmp_path / "맵.npz"), allow_pickle=False) as stored:
        np.testing.assert_array_equal(stored["maps"], found.arrays["maps"])
    assert found.save(tmp_path / "맵.svg").is_file()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cam": "gradcm"}, "Did you mean"),
        ({"cam": "occlusion", "layer": "conv2d"}, "no effect"),
        ({"layer": "dense"}, "no maps of more than one position"),
        ({"layer": "conv"}, "conv2d"),
        ({"target": "왼족"}, "왼쪽"),
        ({"target": 2}, "no class"),
        ({"target": True}, "no class"),
    ],
)
def test_mistakes_have_a_remedy(run: sp.Run, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        run.explain(corners(2)[0][0], **options)
    with pytest.raises(InputError, match="no picture"):
        run.explain([])


def test_the_report_shows_maps_table_and_fields(run: sp.Run) -> None:
    page = run.report().read_text(encoding="utf-8")
    section = page[page.index('id="looks"') :]
    for words in ("Where it looks", "LayerCAM", "Can the maps be believed?", "How much of a picture one position sees"):
        assert words in section
    assert "rows 7–9, columns 9–11" in section
    assert "<b>" not in section.split("looks-faithful")[0]


def test_the_command_line_writes_pictures_and_arrays(
    run: sp.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, picture in enumerate(corners(3)[0]):
        Image.fromarray(picture).save(tmp_path / f"그림 {number}.png")
    arguments = ["explain", str(run.path), str(tmp_path), "--out", str(tmp_path / "밖")]
    assert command([*arguments, "--cam", "gradcam++", "--layer", "conv2d", "--target", "왼쪽"]) == 0
    said = capsys.readouterr().out
    assert "그림 0.png" in said
    assert {path.name for path in (tmp_path / "밖").iterdir()} == {"cam_gradcam++.svg", "cam_gradcam++.npz"}
    for wrong, words in (
        (["--target", "왼쪽"], "--cam"),
        (["--cam", "occlusion", "--layer", "conv2d"], "no effect"),
        (["--cam", "gradcam", "--layer", "conv2d", "--layer", "max_pooling2d"], "one layer"),
    ):
        assert command([*arguments, *wrong]) == 2
        assert words in capsys.readouterr().err
    assert command(["explain", str(run.path), "--cam", "gradcam"]) == 2
    assert "needs pictures" in capsys.readouterr().err


def test_regressions_grey_pictures_and_several_labels(tmp_path: Path) -> None:
    x, y = corners(40, colours=1)
    number = trained(tmp_path, x, y.astype(np.float32) * 3, epochs=1, task="regression")
    found = number.explain(x[:2])
    assert found[0]["output"] == "value"
    assert found[0]["value"] == pytest.approx(float(number.predict_proba(x[:1])[0, 0]), abs=1e-4)
    with pytest.raises(InputError, match="no classes"):
        number.explain(x[0], target="a")
    assert "Light places speak for a larger value" in number.report().read_text(encoding="utf-8")
    pooled = "Conv2D(4, 3, activation='relu'), GlobalAveragePooling2D()"
    labels = trained(tmp_path, x, np.stack([y, np.arange(40) % 3 == 0], axis=1), epochs=1, model=pooled)
    assert labels.folder.document()["data"]["task"] == "multilabel"
    looks = labels.folder.arrays("looks")
    assert "true_maps" not in looks
    assert str(looks["method"]) == "gradcam"  # all positions count alike
    assert labels.explain(x[:1], target=labels.classes[1])[0]["class"] == labels.classes[1]


def test_a_dense_network_has_no_layer_to_look_at(tmp_path: Path) -> None:
    x, y = corners(40)
    dense = trained(tmp_path, x, y, epochs=1, model="Flatten(), Dense(4, activation='relu')")
    assert not dense.folder.arrays("looks")
    with pytest.raises(InputError, match="occlusion"):
        dense.explain(x[0])
    assert dense.explain(x[0], cam="occlusion")[0]["layer"] == ""
    assert 'id="looks"' in dense.report().read_text(encoding="utf-8")  # says that there is nothing to look at


def test_samples_of_the_runs_own_data_go_by_their_ids(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the report's browser writes the command."""
    x, y = corners()
    for number, (picture, label) in enumerate(zip(x, y, strict=True)):
        folder = tmp_path / "사진" / ("왼쪽", "right")[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / f"{number:02d}.png")
    model = "Conv2D(6, 3, activation='relu'), Flatten()"
    options = {"epochs": 1, "duplicates": "ignore", "progress": "quiet"}
    run = sp.train(tmp_path / "사진", model=model, runs=tmp_path, name="run", **options)
    own = run.folder.predictions("test").ids[0]
    base = ["explain", str(run.path), own, "--out", str(tmp_path / "out")]
    for shown in (["--cam", "gradcam"], ["--neighbours"], []):
        assert command([*base, *shown]) == 0
    assert Path(own).name in capsys.readouterr().out
    with np.load(tmp_path / "out" / "cam_gradcam.npz") as arrays:
        assert arrays["files"].tolist() == [own]
        np.testing.assert_array_equal(arrays["images"][0], x[int(Path(own).stem)])
    assert (tmp_path / "out" / f"maps_conv2d_{Path(own).stem}.svg").is_file()
    assert command(["explain", str(run.path), "nowhere.png", "--cam", "gradcam"]) == 2
    assert '"nowhere.png" is neither a file nor the id' in capsys.readouterr().err
