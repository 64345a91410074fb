"""What a trained network says of files and arrays: one row for each, whatever its form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import spirula as sp
from spirula.errors import DataError, InputError


def test_predict_files_folders_and_arrays_agree(run: sp.Run, tmp_path: Path) -> None:
    data = sp.load("digits")
    rows = data.rows("test")[:7]
    folder = tmp_path / "새 사진"
    folder.mkdir()
    for number, row in enumerate(rows):
        Image.fromarray(data.pixels[row][:, :, 0]).save(folder / f"숫자 {number}.png")
    from_folder = run.predict(folder, top=3)
    from_array = run.predict(data.pixels[rows])
    assert [row["predicted"] for row in from_folder] == [row["predicted"] for row in from_array]
    np.testing.assert_array_equal(run.predict_proba(folder), run.predict_proba(data.pixels[rows]))
    stored = run.folder.predictions("test").probabilities[:7]
    np.testing.assert_allclose(run.predict_proba(data.pixels[rows]), stored, atol=1e-5)
    first = from_folder[0]
    assert first["top"][0] == (first["predicted"], first["probability"])
    assert len(first["top"]) == 3
    assert "숫자 0.png" in first["file"]
    with pytest.raises(InputError, match="does not exist"):
        run.predict(tmp_path / "nowhere.png")
    with pytest.raises(InputError, match="top = 11"):
        run.predict(folder, top=11)


def test_arrays_are_taken_in_every_form_that_training_takes(run: sp.Run) -> None:
    data = sp.load("digits")
    pixels = data.pixels[data.rows("test")[:5]]
    expected = run.predict_proba(pixels)
    forms = {
        "without channels": pixels[..., 0],
        "int64": pixels.astype(np.int64),
        "nested lists": pixels[..., 0].tolist(),
        "a tensor": torch.from_numpy(pixels),
        "torch's order": torch.from_numpy(pixels).permute(0, 3, 1, 2),
        "a list of arrays": list(pixels),
        "a list of tensors": [torch.from_numpy(picture).permute(2, 0, 1) for picture in pixels],
    }
    for name, form in forms.items():
        np.testing.assert_array_equal(run.predict_proba(form), expected, err_msg=name)
    for one in (pixels[0], pixels[0, :, :, 0], torch.from_numpy(pixels[0]).permute(2, 0, 1)):
        np.testing.assert_allclose(run.predict_proba(one), expected[:1], rtol=1e-4)
    assert run.predict_proba(pixels[:0]).shape == (0, 10)


def test_pictures_of_other_sizes_are_resized_as_files_are(run: sp.Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    large = [rng.integers(0, 256, shape, dtype=np.uint8) for shape in ((20, 31), (9, 9), (30, 12, 3))]
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for picture, path in zip(large, paths, strict=True):
        Image.fromarray(picture).save(path)
    np.testing.assert_array_equal(run.predict_proba(large), run.predict_proba(paths))


def test_values_that_training_did_not_see_are_refused(run: sp.Run) -> None:
    pixels = sp.load("digits").pixels[:3]
    with pytest.raises(InputError, match="float32"):
        run.predict(pixels.astype(np.float32) / 255)
    with pytest.raises(InputError, match=r"0…255"):
        run.predict(pixels.astype(np.int64) * 300)


def test_three_grey_pictures_are_not_taken_for_a_colour_one(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (40, 6, 6, 3), dtype=np.uint8)
    run = sp.train((images, np.arange(40) % 2), model="linear", epochs=1, runs=tmp_path, progress="quiet")
    with pytest.raises(InputError, match="one colour picture or three grey ones"):
        run.predict(np.moveaxis(images[0], -1, 0))
    assert len(run.predict(np.moveaxis(images[:1], -1, 1))) == 1


def test_a_file_that_cannot_be_read_has_its_row_and_its_reason(run: sp.Run, tmp_path: Path) -> None:
    pixels = sp.load("digits").pixels[:2, :, :, 0]
    for name, picture in zip("ac", pixels, strict=True):
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    (tmp_path / "b.png").write_bytes(b"not a picture")
    rows = run.predict(tmp_path, top=2)
    assert [Path(row["file"]).name for row in rows] == ["a.png", "b.png", "c.png"]
    assert rows[1]["predicted"] is None
    assert rows[1]["top"] is None
    assert "b.png" in rows[1]["problem"]
    assert [row["predicted"] for row in (rows[0], rows[2])] == [row["predicted"] for row in run.predict(pixels)]
    assert "problem" not in rows[0]
    with pytest.raises(DataError, match=r"1 of 3 pictures cannot be read(?s:.*)b\.png"):
        run.predict_proba(tmp_path)
