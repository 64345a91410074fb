"""Looking inside a run through the public methods."""

from __future__ import annotations

import io
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

import spirula as sp
from spirula.api.showing.tables import Table
from spirula.errors import InputError, RunError
from spirula.recipe import make_recipe
from spirula.training.assemble import assemble

SVG = "{http://www.w3.org/2000/svg}"


class Own(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.out = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.out(functional.relu(self.conv(x)).amax((2, 3)))
        return result


@pytest.fixture(scope="module")
def own(folder: Path) -> sp.Run:
    return sp.train("digits", model=Own(), epochs=1, runs=folder, name="own", progress="quiet")


def tiles(svg: str) -> list[ET.Element]:
    return [node for node in ET.fromstring(svg).iter(f"{SVG}image") if node.get("class") == "tile"]


def test_weights_are_a_table_that_pandas_takes(run: sp.Run) -> None:
    table = run.weights()
    frame = table.to_pandas()
    first = run.network().get_submodule("conv2d").weight.detach()
    assert frame.loc[0, "shape"] == (3, 3, 1, 32)
    assert table[0]["torch_shape"] == (32, 1, 3, 3)
    assert table[0]["mean"] == pytest.approx(first.double().mean().item())
    assert table[0]["std"] == pytest.approx(first.double().std(correction=0).item())
    assert frame["count"].sum() == run.folder.document()["model"]["parameters"]
    assert "(3, 3, 1, 32)" in str(table)
    assert "before training" in run.weight_histogram().svg


def test_shapes_are_written_as_tuples() -> None:
    text = str(Table([{"shape": (3, 3), "interval": [0.25, 0.5]}, {"shape": (32,)}, {"shape": ()}]))
    assert [line.split("  ")[0].strip() for line in text.splitlines()[2:]] == ["(3, 3)", "(32,)", "()"]
    assert "0.25 … 0.5" in text


def test_initial_weights_are_those_that_training_started_from(run: sp.Run) -> None:
    from spirula.api.insight.inside import Inside

    recipe = make_recipe(source="digits", model=run.folder.config()["model"]["model"], epochs=2, seed=7)
    begun = assemble(recipe).network.module.state_dict()
    before = Inside(run.folder).networks(True)[1]
    assert before is not None
    state = before.module.state_dict()
    assert state.keys() == begun.keys()
    assert all(torch.equal(value, begun[name]) for name, value in state.items())
    trained = run.network().state_dict()
    assert not torch.equal(trained["conv2d.weight"], state["conv2d.weight"])
    rows = run.weights(initial=True)
    assert [row["parameter"] for row in rows] == [row["parameter"] for row in run.weights()]
    assert rows[1]["zeros"] == 1.0  # biases begin at 0


def test_weights_before_training_that_cannot_be_had_exactly_are_refused(run: sp.Run, tmp_path: Path) -> None:
    shutil.copytree(run.path, tmp_path / "run")
    arrays = dict(np.load(tmp_path / "run" / "insight" / "initial.npz"))
    np.savez(tmp_path / "run" / "insight" / "initial.npz", **{**arrays, "fingerprint": np.asarray("0" * 64)})
    with pytest.raises(RunError, match="cannot be rebuilt here"):
        sp.open_run(tmp_path / "run").weights(initial=True)
    assert "before training" not in sp.open_run(tmp_path / "run").weight_histogram().svg
    (tmp_path / "run" / "insight" / "initial.npz").unlink()
    with pytest.raises(RunError, match="does not say"):
        sp.open_run(tmp_path / "run").kernels(beside_initial=True)


def test_kernels_are_a_grid_with_a_tile_for_each(run: sp.Run) -> None:
    both = run.kernels(beside_initial=True)
    assert len(tiles(both.svg)) == 64
    drawn = tiles(run.kernels(columns=16).svg)
    assert len(drawn) == 32
    assert len({node.attrib["x"] for node in drawn}) == 16
    assert len({node.attrib["y"] for node in drawn}) == 2
    assert len(tiles(run.kernels("conv2d_1").svg)) == 64
    assert "−0.5" in run.kernels(limit=0.5).svg
    with pytest.raises(InputError, match="conv2d, conv2d_1"):
        run.kernels("conv")
    with pytest.raises(InputError, match="columns = 0"):
        run.kernels(columns=0)
    with pytest.raises(InputError, match="limit = 0"):
        run.kernels(limit=0.0)


def test_feature_maps_of_a_path_an_array_an_id_and_a_row_are_the_same(run: sp.Run, tmp_path: Path) -> None:
    data = sp.load("digits", seed=7)
    pixels = data.pixels[3]
    path = tmp_path / "숫자 3.png"
    Image.fromarray(pixels[:, :, 0]).save(path)
    maps = run.feature_maps(pixels)
    assert maps.layer == "conv2d"
    assert maps.arrays.shape == (32, 8, 8)
    for same in (path, str(path), data.manifest.ids[3], 3):
        assert np.array_equal(run.feature_maps(same).arrays, maps.arrays)
    assert "숫자 3.png" in run.feature_maps(path).svg
    grid = tiles(maps.svg)
    assert (len({n.attrib["x"] for n in grid}), len({n.attrib["y"] for n in grid})) == (8, 4)
    grid = tiles(run.feature_maps(pixels, "conv2d_1").svg)
    assert (len({n.attrib["x"] for n in grid}), len({n.attrib["y"] for n in grid})) == (8, 8)
    assert len(tiles(run.feature_maps(pixels, channels=[4, 30]).svg)) == 2


@pytest.mark.parametrize(
    ("picture", "options", "words"),
    [
        (3, {"layer": "conv3d"}, "max_pooling2d"),
        (3, {"channels": [32]}, "has 32 maps"),
        (3, {"channels": []}, "channels = "),
        (99_999, {}, "no row 99999"),
        (-1, {}, "no row -1"),
        ("nowhere.png", {}, "neither a file nor the id"),
        (Path("nowhere.png"), {}, "not a file"),
        (np.zeros((2, 8, 8, 1), np.uint8), {}, "one picture"),
    ],
)
def test_mistakes_are_explained(run: sp.Run, picture: object, options: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        run.feature_maps(picture, **options)  # type: ignore[arg-type]


def test_every_picture_is_xml_with_title_and_description_and_becomes_a_png(run: sp.Run, tmp_path: Path) -> None:
    figures = {
        "kernels": run.kernels(beside_initial=True),
        "weights": run.weight_histogram(),
        "one": run.weight_histogram("dense", beside_initial=False),
        "maps": run.feature_maps(0),
        "shifts": run.shift_invariance(shifts=(-1, 0, 1), samples=20).picture(),
    }
    for name, figure in figures.items():
        root = ET.fromstring(figure._repr_svg_())
        assert root.findtext(f"{SVG}title")
        assert root.findtext(f"{SVG}desc")
        assert figure.save(tmp_path / f"{name}.svg").read_text(encoding="utf-8") == figure.svg
        with Image.open(io.BytesIO(figure.save(tmp_path / f"{name}.png", dpi=96).read_bytes())) as png:
            width, height = (float(side) for side in root.attrib["viewBox"].split()[2:])
            assert abs(png.width - width) <= 1
            assert abs(png.height - height) <= 1
            assert png.info["dpi"] == pytest.approx((96, 96), abs=0.1)
    run.curves().save(tmp_path / "curves.png")
    with pytest.raises(InputError, match="no effect"):
        run.kernels().save(tmp_path / "x.svg", dpi=96)
    with pytest.raises(InputError, match="neither an SVG nor a PNG"):
        run.kernels().save(tmp_path / "x.pdf")
    with pytest.raises(InputError, match="could not be written"):
        run.kernels().save(tmp_path / "없는 곳" / "x.svg")
    with pytest.raises(InputError, match="dpi = 5"):
        run.kernels().save(tmp_path / "x.png", dpi=5)


def test_a_module_of_your_own(own: sp.Run) -> None:
    assert own.convolutions == ["conv"]
    assert own.weights()[0]["shape"] == (3, 3, 1, 8)
    assert "before training" not in own.weight_histogram().svg
    assert len(tiles(own.kernels(beside_initial=None).svg)) == 8
    assert own.feature_maps(0).arrays.shape == (8, 6, 6)
    with pytest.raises(RunError, match="before training are not kept"):
        own.weights(initial=True)
    noted, trained = own.folder.arrays("initial"), own.folder.arrays("weights")
    assert not np.array_equal(noted["kernels"], trained["kernels"])  # what the report draws
    with pytest.raises(RunError, match="your own module"):
        sp.open_run(own.path).weights()


def test_data_that_only_python_has(own: sp.Run, folder: Path) -> None:
    data = sp.load("digits")
    pair = (data.pixels[:200], data.manifest.targets[:200])
    run = sp.train(pair, model="Conv2D(2, 3), Flatten()", epochs=1, runs=folder, name="arrays", progress="quiet")
    with pytest.raises(InputError, match="Python object"):
        run.feature_maps(0)
    assert run.feature_maps(pair[0][0]).arrays.shape == (2, 6, 6)


def test_what_a_run_keeps_is_small_and_the_report_draws_it(run: sp.Run) -> None:
    insight = run.path / "insight"
    assert sum((insight / f"{name}.npz").stat().st_size for name in ("initial", "weights", "maps")) < 200_000
    html = (run.path / "report.html").read_text(encoding="utf-8")
    section = html[html.index('<section id="learned"') :]
    section = section[: section.index("</section>")]
    assert section.count('class="tile"') == 32 + 32 + 32 + 64
    assert "before training" in section
    assert len(section) < 400_000


def test_a_run_of_your_own_module_is_opened_with_a_new_object_of_it(own: sp.Run) -> None:
    with pytest.raises(RunError, match=r"spirula\.open_run\(.*module=Own"):
        sp.open_run(own.path).weights()
    again = sp.open_run(own.path, module=Own())
    assert list(again.weights()) == list(own.weights())
    assert again.feature_maps(0, "conv").arrays.shape == (8, 6, 6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda run: run.kernels(columns=1.5), "columns = 1.5"),
        (lambda run: run.kernels(limit=float("inf")), "limit = inf"),
        (lambda run: run.kernels(limit="a"), "limit = 'a'"),
        (lambda run: run.kernels(0), 'no convolution "0"'),
        (lambda run: run.weight_histogram(3), 'no layer with a kernel "3"'),
        (lambda run: run.feature_maps(None), "None is no picture"),
        (lambda run: run.feature_maps(True), "True is no picture"),
        (lambda run: run.feature_maps(0, channels="a"), r"channels = \['a'\]"),
        (lambda run: sp.shift_invariance(run, shifts="ab"), r"shifts = \['a', 'b'\]"),
        (lambda run: sp.shift_invariance(run, shifts=[0.5]), r"shifts = \[0.5\]"),
        (lambda run: sp.shift_invariance(run, shifts=[float("nan")]), "shifts = "),
    ],
)
def test_values_of_another_kind_are_explained(run: sp.Run, call: Callable[[sp.Run], object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        call(run)


def test_one_number_will_do_where_several_can_be_given(run: sp.Run) -> None:
    assert ET.fromstring(run.feature_maps(0, channels=2).svg).tag == f"{SVG}svg"
    assert [row["shift"] for row in sp.shift_invariance(run, shifts=1, samples=5)] == [1]


def test_the_report_of_one_convolution_speaks_of_one(run: sp.Run, own: sp.Run) -> None:
    one, two = (made.report().read_text(encoding="utf-8") for made in (own, run))
    assert "in the convolution, after its activation" in one
    assert "in the first and the last convolution" in two
