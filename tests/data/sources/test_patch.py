"""A patch of labels: applied by id, the originals untouched; whatever does not fit is named by its row."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spirula.data.dataset import Dataset, load
from spirula.data.manifest import read_csv
from spirula.data.sources.patch import Correction, read_patch
from spirula.data.survey.survey import survey
from spirula.errors import DataError, InputError

MakeFolder = Callable[[Mapping[str, int]], Path]


def write(path: Path, *rows: tuple[str, ...], head: tuple[str, ...] = ("id", "label", "old_label")) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def label_of(data: Dataset, name: str) -> str:
    return data.manifest.labels()[data.manifest.ids.index(name)]


@pytest.fixture
def pets(make_folder: MakeFolder) -> Path:
    return make_folder({"고양이": 12, "dog": 12})


def test_a_folder_gets_other_labels_and_stays_as_it_is(pets: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in pets.rglob("*.png")}
    plain = load(str(pets))
    patch = write(tmp_path / "patch.csv", ("고양이/000.png", "dog", "고양이"), ("dog/003.png", "", "dog"))
    data = load(str(pets), labels=patch)
    assert label_of(data, "고양이/000.png") == "dog"
    assert "dog/003.png" not in data.manifest.ids
    assert len(data) == len(plain) - 1 == len(data.pixels)
    assert data.manifest.fingerprint != plain.manifest.fingerprint
    assert {path: path.read_bytes() for path in pets.rglob("*.png")} == before
    (done,) = data.corrections
    assert (done.changed, done.left_out, done.unchanged) == (1, 1, 0)
    assert any("1 label changed, 1 sample left out" in note for note in data.manifest.notes)
    for name in ("고양이/005.png", "dog/011.png"):  # everything else is as it was, its pixels too
        assert label_of(data, name) == label_of(plain, name)
        rows = data.manifest.ids.index(name), plain.manifest.ids.index(name)
        np.testing.assert_array_equal(data.pixels[rows[0]], plain.pixels[rows[1]])


def test_what_is_left_out_stands_in_the_ledger_and_in_the_manifest(pets: Path, tmp_path: Path) -> None:
    rows = [(f"dog/{row:03d}.png", "", "dog") for row in range(6)]  # half a class: no loss of files
    data = load(str(pets), labels=write(tmp_path / "patch.csv", *rows))
    assert data.ledger is not None
    assert {code for _, code, _ in data.ledger.refused()} == {"left-out"}
    assert not any("could not be used" in note for note in data.manifest.notes)
    data.manifest.write_csv(tmp_path / "manifest.csv")
    again = read_csv(tmp_path / "manifest.csv", task="classification", classes=data.manifest.classes)
    assert again.remarks["dog/003.png"][:2] == ("refused", "left-out")
    assert "line 5 of" in again.remarks["dog/003.png"][2]


def test_a_table_an_archive_and_arrays_take_a_patch(pets: Path, tmp_path: Path) -> None:
    table = pets / "table.csv"
    write(table, *[(f"dog/{row:03d}.png", str(row % 2)) for row in range(12)], head=("path", "label"))
    data = load(str(table), labels=write(tmp_path / "a.csv", ("dog/001.png", "0", "1")))
    assert label_of(data, "dog/001.png") == "0"
    archive = tmp_path / "pets.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in pets.rglob("*.png"):
            file.write(path, str(path.relative_to(pets)))
    packed = load(
        str(archive), labels=write(tmp_path / "b.csv", ("고양이/000.png", "dog", ""), ("dog/000.png", "", ""))
    )
    assert label_of(packed, "고양이/000.png") == "dog"
    assert len(packed) == 23
    x = np.random.default_rng(0).integers(0, 256, (20, 6, 6, 1), np.uint8)
    name = load((x, np.arange(20) % 2)).manifest.ids[3]
    held = load((x, np.arange(20) % 2), labels=write(tmp_path / "c.csv", (name, "0", "1"), (name[:-1] + "5", "", "1")))
    assert label_of(held, name) == "0"
    assert len(held) == len(held.pixels) == 19
    assert held.manifest.remarks[name[:-1] + "5"][1] == "left-out"


def test_several_labels_and_numbers_are_patched(tmp_path: Path) -> None:
    x = np.zeros((12, 4, 4, 1), np.uint8)
    y = np.tile(np.eye(3, dtype=np.float32), (4, 1))
    y[0, 1] = 1
    names = load((x, y), task="multilabel").manifest.ids
    patch = write(tmp_path / "p.csv", (names[0], "2;0", "1|0"), (names[1], "(none)", "1"), (names[2], "", "2"))
    data = load((x, y), task="multilabel", labels=patch)
    assert data.manifest.labels()[:2] == ["0;2", ""]
    assert names[2] not in data.manifest.ids
    values = np.linspace(0.5, 6, 12).astype(np.float32)
    number = load((x, values), labels=write(tmp_path / "n.csv", (names[0], "7.25", "0.5")))
    assert number.manifest.targets[0] == np.float32(7.25)
    with pytest.raises(DataError, match=r'line 2: "warm" is not a number'):
        load((x, values), labels=write(tmp_path / "m.csv", (names[0], "warm", "0.5")))


def test_patches_follow_each_other(pets: Path, tmp_path: Path) -> None:
    first = write(tmp_path / "first.csv", ("고양이/000.png", "dog", "고양이"))
    second = write(tmp_path / "second.csv", ("고양이/000.png", "고양이", "dog"), ("dog/000.png", "고양이", "dog"))
    data = load(str(pets), labels=f"{first},{second}")
    assert label_of(data, "고양이/000.png") == "고양이"
    assert [done.changed for done in data.corrections] == [1, 2]
    assert data.manifest.fingerprint == load(str(pets), labels=[first, second]).manifest.fingerprint


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("고양이/007.pn", "dog", ""), r'line 3: there is no sample "고양이/007.pn". Did you mean "고양이/007.png"'),
        (
            ("고양이/001.png", "dgo", "고양이"),
            r'line 3: there is no class "dgo". Did you mean "dog"\? Known: dog, 고양이',
        ),
        (("고양이/001.png", "dog", "dog"), None),
        (("dog/001.png", "고양이", "고양이"), r'line 3: the label of "dog/001.png" is "dog", and not "고양이"'),
        (("dog/001.png", "", "고양이"), r'line 3: the label of "dog/001.png" is "dog", and not "고양이"'),
        (("고양이/000.png", "dog", ""), r'line 3: "고양이/000.png" stands in line 2 already'),
        (("", "dog", ""), "line 3 has no id"),
        (("a", "dog"), "line 3 has 2 values, and there are 3 columns"),
    ],
)
def test_a_row_that_does_not_fit_is_named(pets: Path, tmp_path: Path, row: tuple[str, ...], said: str | None) -> None:
    patch = write(tmp_path / "patch.csv", ("고양이/000.png", "dog", "고양이"), row)
    with pytest.raises(DataError, match=said or 'is "고양이", and not "dog"') as caught:
        load(str(pets), labels=patch)
    assert "patch.csv" in str(caught.value)
    assert caught.value.remedy


def test_all_rows_that_do_not_fit_are_named_at_once(pets: Path, tmp_path: Path) -> None:
    rows = [(f"{row}", "dog", "") for row in range(12)]
    with pytest.raises(DataError, match=r"in 12 rows") as caught:
        load(str(pets), labels=write(tmp_path / "patch.csv", *rows))
    assert str(caught.value).count("there is no sample") == 8
    assert "and 4 more" in str(caught.value)


def test_a_name_in_another_form_is_found(make_folder: MakeFolder, tmp_path: Path) -> None:
    import unicodedata

    root = make_folder({unicodedata.normalize("NFD", "고양이"): 6, "dog": 6})
    patch = write(tmp_path / "patch.csv", ("고양이/000.png", "dog", "고양이"))
    assert load(str(root), labels=patch).corrections[0].changed == 1
    twice = write(
        tmp_path / "twice.csv",
        ("고양이/000.png", "dog", ""),
        (unicodedata.normalize("NFD", "고양이/000.png"), "dog", ""),
    )
    with pytest.raises(DataError, match="is the sample of line 2 already"):
        load(str(root), labels=twice)


def test_a_patch_without_effect_is_refused(pets: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="would have no effect"):
        load(str(pets), labels=write(tmp_path / "same.csv", ("dog/000.png", "dog", "고양이")))
    with pytest.raises(DataError, match="would have no effect"):
        load(str(pets), labels=write(tmp_path / "empty.csv"))
    with pytest.raises(DataError, match="cannot be read: No such file"):
        load(str(pets), labels=tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="names no file"):
        load(str(pets), labels="")
    with pytest.raises(InputError, match="names no file"):
        load(str(pets), labels=3)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (("id", "old_label"), "has no column label"),
        (("file", "class"), "has no column id and no column label"),
        (("id", "label", "old_labels"), r'a column "old_labels", which is not known. Did you mean "old_label"'),
        (("id", "label", "id"), "two columns id"),
    ],
)
def test_columns_are_named(tmp_path: Path, head: tuple[str, ...], said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_patch(write(tmp_path / "patch.csv", ("x",) * len(head), head=head))


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_what_a_spreadsheet_saves_is_read(tmp_path: Path, mark: str) -> None:
    lines = ["id", "note", "label"], ["고양이/a.png", "", "dog"], ["", "", ""]
    text = "\r\n".join(mark.join(line) for line in lines)
    (tmp_path / "patch.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_patch(tmp_path / "patch.csv").corrections == (Correction(2, "고양이/a.png", "dog", ""),)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text
)


@settings(deadline=None, max_examples=40)
@given(rows=st.dictionaries(TEXT, st.tuples(TEXT, TEXT), min_size=1, max_size=5))
def test_any_names_come_through(rows: dict[str, tuple[str, str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    patch = write(tmp_path_factory.mktemp("p") / "p.csv", *[(name, *both) for name, both in rows.items()])
    found = read_patch(patch).corrections
    assert [(one.id, one.label, one.old) for one in found] == [(name, *both) for name, both in rows.items()]


def test_an_inspection_does_not_call_it_a_file_that_cannot_be_used(pets: Path, tmp_path: Path) -> None:
    patch = write(tmp_path / "patch.csv", ("dog/003.png", "", "dog"))
    document = survey(load(str(pets), labels=patch))
    assert "refused" not in {finding["code"] for finding in document["findings"]}
    assert [(row["id"], row["code"]) for row in document["files"]["rows"]] == [("dog/003.png", "left-out")]
    (pets / "dog" / "004.png").write_bytes(b"")
    document = survey(load(str(pets), labels=patch))
    assert [finding["values"]["count"] for finding in document["findings"] if finding["code"] == "refused"] == [1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_a_table_in_utf_16_is_said_to_be_one(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "patch.csv"
    path.write_bytes("id\tlabel\na\tb\n".encode(encoding))
    with pytest.raises(DataError, match=r"is not text in UTF-8(.|\n)*CSV UTF-8"):
        read_patch(path)


def test_a_table_in_the_code_page_of_a_korean_excel_is_said_to_be_one(pets: Path, tmp_path: Path) -> None:
    path = tmp_path / "patch.csv"
    path.write_bytes("id,label\n고양이/000.png,dog\n".encode("cp949"))
    with pytest.raises(DataError, match=r"The file is not in UTF-8(.|\n)*CSV UTF-8"):
        load(str(pets), labels=path)


def test_a_file_name_that_is_not_utf_8_is_found_by_what_a_report_shows(pets: Path, tmp_path: Path) -> None:
    (pets / "dog" / "000.png").rename(pets / "dog" / "\udcff.png")
    data = load(str(pets), labels=write(tmp_path / "patch.csv", ("dog/\\xff.png", "고양이", "dog")))
    assert label_of(data, "dog/\udcff.png") == "고양이"
