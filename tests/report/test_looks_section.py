"""The section "Where it looks" from stored arrays alone: warning, odd fields, damaged files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spirula.errors import RunError
from spirula.report.facts import Facts
from spirula.report.page import _environment
from spirula.report.sections.looks import looks
from spirula.runs.folder import RunFolder

NAN = float("nan")


def stored_looks(gain: float, count: int = 10) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "layer": np.asarray("합성곱"),
        "method": np.asarray("gradcam"),
        "maps": rng.random((2, 3, 4)).astype(np.float16),
        "true_maps": np.zeros((2, 3, 4), np.float16),
        "images": rng.integers(0, 255, (2, 12, 16, 2), np.uint8),  # two channels: their mean is shown
        "files": np.asarray(["a", "b"]),
        "labels": np.asarray(["왼쪽", "오른쪽"]),
        "asked": np.asarray(["오른쪽", "오른쪽"]),
        "values": np.asarray([0.9999, 0.5], np.float32),
        "right": np.asarray([False, True]),
        "split": np.asarray("test"),
        "methods": np.asarray(["gradcam"]),
        "deletion": np.full((1, count), 0.5),
        "insertion": np.full((1, count), 0.5 + gain) + rng.normal(0, 0.01, (1, count)),
        "random_deletion": np.full((1, count), 0.5),
        "random_insertion": np.full((1, count), 0.5),
    }


FIELDS = {
    "layers": np.asarray(["a", "b", "c", "d", "e"]),
    "kinds": np.asarray(["Conv2d"] * 5),
    "sights": np.asarray(["part", "whole", "whole", "unknown", "part"]),
    "maps": np.asarray([[6, 8], [6, 8], [3, 4], [0, 0], [3, 4]]),
    "sizes": np.asarray([[3, 5], [NAN, NAN], [NAN, NAN], [NAN, NAN], [NAN, NAN]]),
    "steps": np.asarray([[2, 1.5], [NAN, NAN], [NAN, NAN], [NAN, NAN], [NAN, NAN]]),
    "offsets": np.asarray([[-1, 0], [NAN, NAN], [NAN, NAN], [NAN, NAN], [NAN, NAN]]),
    "bare_sizes": np.asarray([[NAN, NAN], [7, 9], [NAN, NAN], [NAN, NAN], [NAN, NAN]]),
    "centres": np.asarray([[2, 3, 5, 8], [0, 0, 12, 16], [0, 0, 12, 16], [-1] * 4, [0, 0, 11, 16]]),
    "drawn": np.asarray([0]),
    "strengths": np.random.default_rng(1).random((1, 12, 16)).astype(np.float16),
    "shares": np.asarray([NAN]),
    "averaged": np.asarray(1),
    "images": np.zeros((1, 12, 16, 1), np.uint8),
}


class Stored(RunFolder):
    """A folder whose arrays are given."""

    given: dict[str, dict[str, np.ndarray]]

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        return self.given.get(name, {})


def section(tmp_path: Path, **arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    (tmp_path / "run.json").write_text(
        '{"schema": 1, "status": "finished", "data": {"task": "classification"}}', encoding="utf-8"
    )
    folder = Stored(tmp_path)
    object.__setattr__(folder, "given", arrays)
    return looks(Facts(folder))


@pytest.mark.parametrize(
    ("gain", "count", "better"), [(0.1, 10, True), (0.0, 10, False), (-0.1, 10, False), (0.1, 7, None)]
)
def test_better_is_said_only_where_the_interval_says_so(
    tmp_path: Path, gain: float, count: int, better: bool | None
) -> None:
    found = section(tmp_path, looks=stored_looks(gain, count))
    assert found["faithful"][found["shown"]]["better"] is better


def test_cards_show_the_true_class_of_mistakes_alone(tmp_path: Path) -> None:
    found = section(tmp_path, looks=stored_looks(0.1))
    assert [card["asked"] for card in found["wrong"]] == ["오른쪽"]
    assert found["wrong"][0]["truth"]["empty"]
    assert found["right"][0]["truth"] is None
    assert found["wrong"][0]["value"] == "99.99\u202f%"  # never rounded up to 100
    assert found["fields"] == []


def test_fields_are_said_in_words(tmp_path: Path) -> None:
    found = section(tmp_path, fields=FIELDS)
    assert [row["size"] for row in found["fields"]] == [
        "3 × 5",
        "whole picture through gates; 7 × 9 without",
        "whole picture",
        "unknown",
        "more than the picture shows",
    ]
    assert [row["centre"] for row in found["fields"]][:3] == ["rows 2–4, columns 3–7", "all", "all"]
    assert (found["fields"][0]["step"], found["fields"][0]["offset"]) == ("2 × 1.5", "−1 × 0")
    assert found["fields"][3]["maps"] == "–"
    assert "no gradient at all" in found["figure"]
    assert found["faithful"] == []


def test_nothing_and_damage_are_said(tmp_path: Path) -> None:
    assert "when the training has ended" in section(tmp_path)["missing"]
    broken = {name: value for name, value in stored_looks(0.1).items() if name != "images"}
    with pytest.raises(RunError, match="do not fit"):
        section(tmp_path, looks=broken)
    with pytest.raises(RunError, match="do not fit"):
        section(tmp_path, fields={**FIELDS, "sizes": FIELDS["sizes"][:2]})


def test_maps_that_were_not_measured_are_shown_and_the_command_that_measures_them(tmp_path: Path) -> None:
    stored = stored_looks(0.1)
    kept = {name: value for name, value in stored.items() if "deletion" not in name and "insertion" not in name}
    found = section(tmp_path, looks={**kept, "methods": np.asarray([], dtype=np.str_)})
    assert (found["faithful"], len(found["wrong"]), len(found["right"])) == ([], 1, 1)
    assert found["command"].endswith("PICTURES --cam gradcam")
    page = _environment().get_template("sections/looks.html").render(data=found)
    assert found["command"] in page
    assert "no layer with maps" not in page
