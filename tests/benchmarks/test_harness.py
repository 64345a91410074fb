"""The measurements' own arithmetic, and that every question can be started and is documented."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
QUESTIONS = sorted(path.parent.name for path in (ROOT / "benchmarks").glob("*/run.py"))


def module(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[name] = found
    spec.loader.exec_module(found)
    return found


harness = module("benchmarks.harness", ROOT / "benchmarks" / "harness.py")


def test_turns_change_who_goes_first() -> None:
    order: list[str] = []
    found = harness.take_turns({name: lambda turn, name=name: order.append(name) or turn for name in "abc"}, 3)
    assert "".join(order) == "abccbaabc"
    assert found == {name: [0, 1, 2] for name in "abc"}


def test_a_ratio_is_the_median_of_the_turns_and_its_interval_holds_the_truth() -> None:
    assert harness.ratio([2.0, 4.0, 9.0], [1.0, 1.0, 3.0]) == (3.0, 2.0, 4.0)  # few turns: the least and the largest
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(100):
        median, low, high = harness.ratio(2.0 * rng.lognormal(0, 0.1, 11), np.ones(11))
        assert low <= median <= high
        held += low <= 2.0 <= high
    assert held >= 85  # 95 are meant; a bootstrap of eleven is a little too narrow


def test_better_is_above_one_whatever_the_unit() -> None:
    row = harness.faster("case", "peer", [10.0, 10.0], [2.0, 2.0])
    assert (row.ratio, row.theirs, row.ours, row.unit) == (5.0, 10.0, 2.0, "s")
    row = harness.more_per_second("case", "peer", [10.0, 10.0], [2.0, 2.0], goal=1)
    assert (row.ratio, row.unit) == (0.2, "images/s")


def test_a_lost_comparison_stays_in_the_table() -> None:
    rows = (
        harness.faster("slow case", "peer", [1.0, 1.0], [2.0, 2.0], goal=3, note="why"),
        harness.faster("quick case", "peer", [1234.5, 1234.5], [2.0, 2.0], goal=3),
        harness.faster("inaccurate case", "peer", [6.0, 6.0], [2.0, 2.0], goal=3, met=False),
        harness.faster("no goal", "peer", [6.0, 6.0], [2.0, 2.0]),
        harness.faster("now so, now so", "peer", [6.0, 1.0], [2.0, 2.0]),
        harness.faster("slower without a goal", "peer", [1.0, 1.0], [2.0, 2.0]),
    )
    lines = harness.table(harness.Result("q", "title", "command", 2, rows, {})).splitlines()
    assert lines[2] == "| slow case | peer | 1 s | 2 s | 0.5× (0.5–0.5) | 3×, lost |"
    assert lines[3] == "| quick case | peer | 1,234 s | 2 s | 617× (617–617) | 3×, reached |"
    assert lines[4].endswith("| 3×, lost |")
    assert lines[5].endswith("| better |")
    assert lines[6].endswith("| no difference found |")
    assert lines[7].endswith("| lost |")
    assert lines[-1] == "- slow case, peer: why"


def test_an_answer_is_the_last_line_and_the_time_of_the_process() -> None:
    found = harness.answer([sys.executable, "-c", "print('chatter'); print('{\"value\": 3}')"])
    assert found["value"] == 3
    assert 0 < found["process_seconds"] < 60
    assert harness.answer([sys.executable, "-c", "print('no JSON')"]).keys() == {"process_seconds"}
    with pytest.raises(SystemExit, match="the reason"):
        harness.answer([sys.executable, "-c", "raise SystemExit('the reason')"])


def test_what_is_kept_can_be_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(harness, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(harness, "_processor", lambda: "Intel(R) Core(TM) i7-9700K CPU @ 3.60GHz")
    monkeypatch.setattr(harness, "_instructions", lambda: "AVX2, no bfloat16")
    result = harness.Result("q", "제목", "command", 1, (harness.faster("a", "b", [1.0], [1.0]),), {"x": "1"})
    harness.publish(result, keep=False)
    assert not harness.RESULTS.exists()
    harness.publish(result, keep=True)
    printed = json.loads(capsys.readouterr().out.splitlines()[-1])
    kept = json.loads((tmp_path / "results" / "q.intel-core-i7-9700k-avx2.json").read_text(encoding="utf-8"))
    assert kept == printed
    assert kept["title"] == "제목"
    assert kept["machine"]["cores"] >= 1
    assert kept["machine"]["instructions"] == "AVX2, no bfloat16"

    # One machine's figures do not replace another's.
    monkeypatch.setattr(harness, "_processor", lambda: "AMD EPYC")
    harness.publish(result, keep=True)
    monkeypatch.setattr(harness, "_instructions", lambda: "AVX512 with bfloat16")
    harness.publish(result, keep=True)
    assert len(list(harness.RESULTS.iterdir())) == 3


def test_a_measurement_that_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "UNFINISHED", tmp_path)
    ran: list[str] = []

    def run(contestant: str) -> dict[str, float]:
        def seconds() -> dict[str, float]:
            ran.append(contestant)
            return {"seconds": float(len(ran))}

        return harness.remembered("long: one", contestant, seconds)

    first = run("ours, seed 0")
    assert first["seconds"] == 1
    assert first["at"]
    assert run("ours, seed 0") == first
    assert run("ours, seed 1")["seconds"] == 2
    assert ran == ["ours, seed 0", "ours, seed 1"]

    monkeypatch.setattr(harness, "_code", lambda: "the product was changed")
    assert run("ours, seed 0")["seconds"] == 3  # an answer of other code is none

    result = harness.Result("long: one", "title", "command", 1, (harness.faster("a", "b", [1.0], [1.0]),), {})
    harness.publish(result, keep=False)
    assert run("ours, seed 0")["seconds"] == 4  # what is published is measured anew


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_says_how_it_is_asked(question: str) -> None:
    asked = [sys.executable, "-m", f"benchmarks.{question}.run", "--help"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"python -m benchmarks.{question}.run" in done.stdout
    assert "--keep" in done.stdout


def test_all_questions_are_in_make_bench() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for question in QUESTIONS:
        assert f"-m benchmarks.{question}.run" in makefile, question


def test_the_page_is_what_the_results_say() -> None:
    writer = module("write_benchmarks", ROOT / "docs" / "write_benchmarks.py")
    written = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert written == writer.page(), "run: make docs"
