"""What an inspection's page and a run's report say of the data: every sentence, in both languages."""

from __future__ import annotations

import json
import re
import string
from dataclasses import replace
from pathlib import Path

import pytest
from folders import classifier
from reading import read
from surveyed import inspection, pets, surveyed_run

from spirula.data.pictures.ledger import CODES as LEDGER_CODES
from spirula.data.survey import findings as codes
from spirula.data.survey.survey import survey
from spirula.errors import InputError, UnusableDataError
from spirula.report.page import render
from spirula.report.survey.code_words import CODES, code_words
from spirula.report.survey.findings import SENTENCES, told
from spirula.report.survey.words import WORDS, speaker


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", [*WORDS, *SENTENCES])
def test_both_languages_say_the_same_numbers(key: str) -> None:
    english, korean = (WORDS.get(key) or SENTENCES[key])[:2]
    assert fields(english) == fields(korean)
    assert key.removesuffix("/1") in (*WORDS, *SENTENCES)
    words = re.search("[a-z]{3}", re.sub(r"\{\w+\}|--\w+", "", english))
    assert bool(re.search("[가-힣]", korean)) >= bool(words)


def test_every_code_of_the_ledger_has_words() -> None:
    assert set(LEDGER_CODES) <= set(CODES)
    assert code_words("cmyk", "ko") != code_words("cmyk", "en")
    assert code_words("of-a-later-version", "en") == "of-a-later-version"


def test_every_finding_that_there_can_be_has_its_sentence() -> None:
    source = Path(codes.__file__).read_text(encoding="utf-8")
    found = set(re.findall(r'_finding\("([\w-]+)"', source)) | {"blank", "dark", "bright"}
    found |= {f"reshaped-{mode}" for mode in ("crop", "pad", "squash")}
    found |= {f"shortcut-{fact}" for fact in ("format", "mode", "size")}
    assert found == {code for code in SENTENCES if not code.endswith("/1")}


def test_a_finding_names_numbers_and_the_next_command() -> None:
    document = survey(pets())
    leak = told(document["findings"][0], "my pets", "en")
    assert leak["text"].startswith("2 of 20 test pictures are copies of training pictures: ")
    assert leak["command"] == "spirula inspect 'my pets' --out inspection.html"
    assert told(document["findings"][0], "my pets", "en", on_page=True)["command"] == ""  # who reads the page has it
    assert told(document["findings"][0], "my pets", "ko")["text"].startswith("테스트 사진 20장 중 2장이")
    one = {"code": "leak", "level": "wrong", "values": {"split": "test", "count": 1, "of": 20}}
    assert told(one, "x", "en")["text"].startswith("1 of 20 test pictures is a copy")


def test_another_language_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r'"kor".*Did you mean "ko"'):
        speaker("kor")


def test_the_page_shows_what_was_planted() -> None:
    root = read(inspection())
    assert root.one("h1").text == "60 pictures in 2 classes"
    assert "Look first" in root.one("p", class_="badge").text
    findings = root.one("ol", class_="findings").all("li")
    assert len(findings) == len(survey(pets())["findings"])
    assert not any("--out inspection.html" in finding.text and "resize" not in finding.text for finding in findings)
    text = root.one("section", id="copies").text
    assert "test: 2 of 20 have a copy among the training pictures" in text
    pairs = root.one("section", id="copies").one("ul", class_="twins").all("li")
    assert [len(pair.all("img")) for pair in pairs] == [2, 2]
    assert "train | 고양이train/고양이/5.jpg" in pairs[0].text
    assert "test | dogtest/dog/50.jpg" in pairs[0].text
    assert "different labels" in pairs[0].text
    assert "different labels" not in pairs[1].text
    files = root.one("section", id="files").text
    for words in ("train/dog/empty.jpgrefusedthe file is empty", "suspect11.6", "Turned by their EXIF mark1"):
        assert words in files
    assert "8.00 ×" in root.one("section", id="sizes").text  # 100 × 800 into a square
    assert len(root.one("section", id="sheet").all("img")) == 8
    assert "flip horizontal" in root.one("section", id="sheet").text


def test_the_page_in_korean_is_korean() -> None:
    root = read(inspection("ko"))
    assert root.one("html").attributes["lang"] == "ko"
    assert root.one("h1").text == "클래스 2개, 사진 60장"
    assert [heading.text for heading in root.all("h2")][1:3] == ["파일", "복사본과 누출"]
    sentences = [item.one("p").text for item in root.one("ol", class_="findings").all("li")]
    assert all(re.search("[가-힣]{2}", sentence) for sentence in sentences)


def test_data_that_cannot_be_trained_on_are_shown_with_a_bad_badge() -> None:
    root = read(inspection("en", replace(pets(), problems=(UnusableDataError("half of the files are broken", ""),))))
    badge = root.one("p", class_="badge")
    assert "bad" in badge.attributes["class"].split()
    assert "half of the files are broken" in root.one("ol", class_="findings").text


def test_data_without_a_fault_are_ready() -> None:
    dataset = pets()
    clean = replace(dataset, ledger=None, twins=None, manifest=replace(dataset.manifest, verdicts=()))
    root = read(inspection("en", clean))
    assert "Ready to train" in root.one("p", class_="badge").text
    assert not root.all("ol", class_="findings")
    assert root.one("div", class_="command").one("code").text == "spirula train 'photos/my pets'"


def test_the_report_of_a_run_has_the_same_parts(tmp_path: Path) -> None:
    root = read(render(surveyed_run(tmp_path / "run")))
    data = root.one("section", id="data")
    titles = [heading.text for heading in data.all("h3")]
    assert titles[-4:] == ["Copies and leaks", "Files", "Sizes and resizing", "Light"]
    assert "train/dog/empty.jpg" in data.text
    assert len(data.one("ul", class_="twins").all("img")) == 4
    points = root.one("ul", class_="points").text
    assert points.startswith("Of the 20 test images, 2 have a copy in training: the test figures flatter the network")


def test_a_run_from_before_surveys_still_lists_refused_files(tmp_path: Path) -> None:
    root = read(render(classifier(tmp_path / "run", counts=(40, 10, 20))))
    assert "broken/사진.jpg" in root.one("section", id="data").text


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{",
        '{"copies": 3}',
        '{"copies": null, "files": {"verdicts": []}}',
        json.dumps({"copies": {"leaks": {"test": "<b>"}}, "counts": {"splits": {}}}),
        "[" * 100_000,
    ],
)
def test_a_survey_that_is_none_is_named_in_its_section(tmp_path: Path, content: str) -> None:
    run = surveyed_run(tmp_path / "run")
    run.insight_path("survey.json").write_text(content, encoding="utf-8")
    root = read(render(run))
    assert "survey" in root.one("section", id="data").one("p", class_="missing").text
    assert root.one("section", id="network").all("table")  # the others stand
