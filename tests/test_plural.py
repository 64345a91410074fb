"""One file is, two files are: also in the sentences that quote a number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from spirula.data.dataset import load
from spirula.plural import counted

WRONG = re.compile(r"(?<![\d.,/])1 (?:\w+ )?(?:files|pictures|images|things|samples|rows|groups|copies|stores)\b")


@pytest.mark.parametrize(("number", "said"), [(0, "0 files are"), (1, "1 file is"), (2000, "2,000 files are")])
def test_a_number_and_its_words(number: int, said: str) -> None:
    assert counted(number, "file is", "files are") == said


def test_no_note_says_one_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of everything: a damaged file, a copy across splits, a stray picture, a note, a phone's picture."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "data"
    for split in ("train", "test"):
        for shade, name in enumerate("ab"):
            (root / split / name).mkdir(parents=True)
            for number in range(5):
                image = Image.radial_gradient("L").rotate(17 * number).resize((24 + shade, 24))
                image.save(root / split / name / f"{number}-{shade}.png") if split == "train" or number == 0 else None
    Image.linear_gradient("L").save(root / "train" / "a" / "other.png")
    Image.linear_gradient("L").save(root / "stray.png")
    Image.linear_gradient("L").save(root / "train" / "photo.png")
    (root / "train" / "a" / "cut.png").write_bytes((root / "train" / "a" / "other.png").read_bytes()[:40])
    (root / "train" / "a" / "IMG.HEIC").write_bytes(b"?")
    (root / "train" / "a" / "notes.txt").write_text("?")
    notes = load(root, max_refused=0.6).manifest.notes
    assert len(notes) >= 4
    assert any("1 picture of a format that is not read was left out" in note for note in notes)
    assert any("1 thing that is no image was passed over" in note for note in notes)
    assert not [note for note in notes if WRONG.search(note)]
