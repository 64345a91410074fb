"""The walk through the public verbs: a run, a picture, a page and its arrays."""

from __future__ import annotations

import json
import re
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest
from PIL import Image

import spirula as sp
from spirula.api.insight.inside import Inside
from spirula.cli.main import run as command
from spirula.data.batching.preprocess import Preprocessing
from spirula.errors import InputError

MODEL = 'Conv2D(4, 3, activation="relu"), MaxPooling2D(2), Flatten(), Dense(8, activation="relu")'


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> sp.Run:
    folder = tmp_path_factory.mktemp("runs")
    return sp.train("digits", model=MODEL, epochs=1, seed=7, runs=folder, name="걷기", progress="quiet")


def document(html: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="walk-document">(.*?)</script>', html, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def test_a_picture_is_named_by_row_by_id_by_path_or_given(run: sp.Run, tmp_path: Path) -> None:
    by_row = run.walk(3)
    pixels = by_row.arrays["pixels"].astype(np.uint8)[0]
    path = tmp_path / "세.png"
    Image.fromarray(pixels).save(path)
    for picture in (run.folder.manifest()["id"][3], path, pixels):
        assert run.walk(picture).document == by_row.document
    assert run.walk(path).name == "세.png"


def test_the_answer_is_that_of_predict(run: sp.Run) -> None:
    found = run.walk(3)
    whole = document(found.html)
    pixels = found.arrays["pixels"].astype(np.uint8)[0]
    assert whole["probabilities"] == pytest.approx(run.predict_proba(pixels)[0].tolist(), abs=1e-6)
    assert whole["classes"] == run.classes
    assert repr(found).startswith(f"<Walk of {found.name}: 6 stations, 0 not drawn")


def test_the_page_is_one_file_in_two_languages(run: sp.Run) -> None:
    english, korean = run.walk(3), run.walk(3, lang="ko")
    assert '<html lang="en">' in english.html
    assert '<html lang="ko">' in korean.html
    assert "네트워크 따라가기" in korean.html
    assert english.document == korean.document
    for html in (english.html, korean.html):
        assert not re.search(r'(?:src|href)="(?!data:|#)', html)
        assert 'http-equiv="Content-Security-Policy" content="default-src \'none\'' in html
    with pytest.raises(InputError, match='no pages in "fr"'):
        run.walk(3, lang="fr")


def test_a_sample_is_shown_with_its_label_another_picture_without(run: sp.Run, tmp_path: Path) -> None:
    sample, label = (run.folder.manifest()[column][3] for column in ("id", "label"))
    assert f"labelled <bdi>{label}</bdi>" in run.walk(sample).html
    path = tmp_path / sample
    Image.fromarray(run.walk(3).arrays["pixels"].astype(np.uint8)[0]).save(path, format="PNG")
    assert "labelled <bdi>" not in run.walk(str(path)).html


def test_saving(run: sp.Run, tmp_path: Path) -> None:
    found = run.walk(3)
    assert found.save(tmp_path / "a.html").read_text(encoding="utf-8") == found.html
    with np.load(found.save(tmp_path / "a.npz"), allow_pickle=False) as stored:
        assert set(stored.files) == {*found.arrays, "document"}
        assert json.loads(str(stored["document"])) == json.loads(json.dumps(found.document))
        assert np.array_equal(stored["pixels"], found.arrays["pixels"])
    with pytest.raises(InputError, match="neither a page nor arrays"):
        found.save(tmp_path / "a.pdf")


def test_the_command_writes_page_and_arrays(run: sp.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = run.folder.manifest()["id"][3]
    assert command(["explain", str(run.path), sample, "--walk", "--out", str(tmp_path / "안"), "--lang", "ko"]) == 0
    page, arrays = (tmp_path / "안" / f"walk_{sample}{ending}" for ending in (".html", ".npz"))
    assert 'lang="ko"' in page.read_text(encoding="utf-8")
    assert arrays.is_file()
    assert str(page) in capsys.readouterr().out
    assert command(["explain", str(run.path), sample, "--walk"]) == 0
    assert (run.path / "insight" / f"walk_{sample}.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["3", "--lang", "ko"], "--lang would have no effect without --walk"),
        (["3", "--target", "1"], "--target would have no effect without --cam"),
        (["--walk"], "--walk follows one picture, but 0 are named"),
        (["a.png", "b.png", "--walk"], "but 2 are named"),
        (["a.png", "--walk", "--cam", "gradcam"], "--cam would have no effect with --walk"),
        (["a.png", "--walk", "--layer", "conv2d"], "--layer would have no effect with --walk"),
        (["nowhere.png", "--walk"], '"nowhere.png" is neither a file nor the id'),
    ],
)
def test_mistakes_are_told(run: sp.Run, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["explain", str(run.path), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_it_speaks_the_language_of_the_run(run: sp.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 'lang="en"' in run.walk(3).html
    monkeypatch.setattr("spirula.report.facts.own_language", lambda _: "ko")
    assert 'lang="ko"' in run.walk(3).html
    assert 'lang="en"' in run.walk(3, lang="en").html


def test_vectors_have_no_walk(run: sp.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = Preprocessing(None, None, 5, None, 1.0, (0.0,) * 5, (1.0,) * 5, "float32").to_dict()
    monkeypatch.setattr(Inside, "trained", lambda self: (None, {"preprocessing": vectors}))
    with pytest.raises(InputError, match="was trained on vectors"):
        run.walk(0)


def test_an_id_is_found_however_its_letters_are_composed(tmp_path: Path) -> None:
    """A Mac writes 강아지 in pieces; who types it types it whole."""
    for label, level in ((normalize("NFD", "고양이"), 40), ("dog", 200)):
        (tmp_path / "사진" / label).mkdir(parents=True)
        for number in range(8):
            pixels = np.full((6, 6), level + number, np.uint8)
            Image.fromarray(pixels).save(tmp_path / "사진" / label / f"{number}.png")
    pets = sp.train(str(tmp_path / "사진"), model="Conv2D(2, 3)", epochs=1, runs=tmp_path, progress="quiet")
    typed = "고양이/3.png"
    assert typed not in pets.folder.manifest()["id"]
    assert pets.walk(typed).name == normalize("NFD", typed)
