"""The command line as a user meets it: exit codes, where words go, no traceback for the user's own mistakes."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from spirula.cli.main import run
from spirula.config import OPTION_SECTION

COMMAND = [sys.executable, "-m", "spirula"]
SMALL = 'Conv2D(4, 3, activation="relu"), Flatten()'


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    arguments = ["train", "digits", "--model", SMALL, "--epochs", "3", "--runs", str(folder), "--name", "first"]
    assert run([*arguments, "--progress", "quiet"]) == 0
    return folder


def test_help_names_every_option_and_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    for command in ("train", "evaluate", "predict", "report", "runs", "model", "demo"):
        assert command in text
    assert run(["train", "--help"]) == 0
    text = capsys.readouterr().out
    for name in OPTION_SECTION:
        if name != "source":
            assert f"--{name.replace('_', '-')}" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "digits", "--epoch", "3"], "Did you mean --epochs"),
        (["train", "digits", "--epochs", "0"], "epochs = '0'"),
        (["train", "digits", "--optimizer", "adm"], 'Did you mean "adam"'),
        (["train", "digits", "--momentum", "0.9"], "would have no effect"),
        (["train", "digits", "--image-size", "big"], "180x240"),
        (["train", "digits", "--class-weights", "a"], "cat=2"),
        (["train", "nowhere/at/all"], "nowhere/at/all"),
        (["train"], "nothing to train on"),
        (["train", "digits", "--model", "Conv2D(32, 99)"], "conv2d"),
        (["train", "digits", "--model", "__import__('os').system('x')"], "a layer's name is expected"),
        (["trian"], 'Did you mean "train"'),
        (["evaluate", "no-such-run"], "no-such-run"),
        (["predict", "no-such-run", "x.png"], "no-such-run"),
        (["model", "show", "two-conv", "--input", "28by28"], "28x28x1"),
        (["model", "show", "two-conv", "--dpi", "300"], "no effect"),
        (["model", "show", "two-conv", "--classes", "0"], "at least one"),
        (["model", "show", "two-conv", "--diagram", "net.pdf"], "net.pdf"),
        (["model", "show", "vgg-small", "--input", "2x2x1"], "--input"),
    ],
)
def test_mistakes_are_one_message_and_exit_code_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("spirula: ")
    assert words in captured.err
    assert "Traceback" not in captured.err


def test_evaluate_prints_tables_and_json(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "first", "--runs", str(runs)]) == 0
    text = capsys.readouterr().out
    assert "accuracy" in text
    assert "precision" in text
    target = tmp_path / "rows.csv"
    assert run(["evaluate", "first", "--runs", str(runs), "--json", "--predictions", str(target)]) == 0
    numbers = json.loads(capsys.readouterr().out)
    assert 0 < numbers["accuracy"] <= 1
    assert len(numbers["per_class"]) == 10
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    right = sum(row["label"] == row["predicted"] for row in rows) / len(rows)
    assert right == pytest.approx(numbers["accuracy"])


def test_evaluate_on_a_folder_with_fewer_classes(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Classes are matched by name: a folder with only "7" and "3" must not be read as classes 0 and 1."""
    import numpy as np

    from spirula.data.dataset import load

    data = load("digits")
    for name in ("3", "7"):
        (tmp_path / name).mkdir()
        label = data.manifest.classes.index(name)
        for number, row in enumerate(np.flatnonzero(data.manifest.targets == label)[:20]):
            Image.fromarray(data.pixels[row][:, :, 0]).save(tmp_path / name / f"{number}.png")
    assert run(["evaluate", "first", str(tmp_path), "--runs", str(runs), "--json"]) == 0
    numbers = json.loads(capsys.readouterr().out)
    assert numbers["count"] == 40
    assert numbers["accuracy"] > 0.6
    (tmp_path / "gnu").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "gnu" / "a.png")
    assert run(["evaluate", "first", str(tmp_path), "--runs", str(runs)]) == 2
    assert "gnu" in capsys.readouterr().err


def test_predict_table_csv_json(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "사진 1.png"
    Image.new("RGB", (30, 20), "white").save(picture)
    base = ["predict", "first", str(picture), str(tmp_path), "--runs", str(runs), "--top", "2"]
    assert run(base) == 0
    assert capsys.readouterr().out.count("사진 1.png") == 2
    assert run([*base, "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 2
    assert len(rows[0]["top"]) == 2
    assert run([*base, "--format", "csv"]) == 0
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(table) == 2
    assert list(table[0]) == [
        "file",
        "predicted",
        "probability",
        "class_1",
        "probability_1",
        "class_2",
        "probability_2",
    ]
    assert table[0]["class_1"] == table[0]["predicted"] == rows[0]["top"][0][0]
    assert float(table[0]["probability_2"]) == pytest.approx(rows[0]["top"][1][1])
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    assert run([*base, "--format", "csv"]) == 1  # the others are predicted
    captured = capsys.readouterr()
    table = list(csv.DictReader(io.StringIO(captured.out)))
    assert [bool(row["problem"]) for row in table] == [False, True, False]
    assert "1 of 3 pictures" in captured.err


def test_runs_and_report(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runs", str(runs), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows[0]["run"] == "first"
    assert rows[0]["verified"] == "verified"
    (runs / "first" / "report.html").unlink()
    assert run(["report", "first", "--runs", str(runs)]) == 0
    assert capsys.readouterr().out.strip().endswith("report.html")
    assert (runs / "first" / "report.html").stat().st_size > 10_000
    (runs / "first" / "empty").mkdir()
    assert run(["runs", str(runs / "first" / "empty")]) == 0
    assert "no run" in capsys.readouterr().out
    assert run(["runs", str(runs / "nowhere")]) == 2


def test_the_report_shows_a_real_run(runs: Path) -> None:
    html = (runs / "first" / "report.html").read_text(encoding="utf-8")
    document = json.loads((runs / "first" / "run.json").read_text())
    accuracy = document["results"]["test"]["accuracy"]
    assert f"{100 * accuracy:.1f}" in html
    assert "Conv2D" in html
    assert "Verified" in html


def test_model_show_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["model", "show", "two-conv", "--diagram", str(tmp_path / "d.svg")]) == 0
    text = capsys.readouterr().out
    assert "333,526" in text
    assert (tmp_path / "d.svg").read_text().startswith("<svg")
    assert run(["model", "show", SMALL, "--input", "8x8x1", "--diagram", str(tmp_path / "d.png"), "--dpi", "96"]) == 0
    with Image.open(tmp_path / "d.png") as drawing:
        assert drawing.width > 100
    capsys.readouterr()
    assert run(["model", "show", "lenet5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["kind"] == "Conv2D"
    assert run(["model", "list"]) == 0
    assert "fast-resnet" in capsys.readouterr().out


def test_json_lines_and_streams(tmp_path: Path) -> None:
    """Results go to stdout, messages to stderr; every line of --progress json is JSON."""
    arguments = ["train", "digits", "--model", SMALL, "--epochs", "2", "--runs", str(tmp_path), "--progress", "json"]
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=True)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert sum("val_accuracy" in json.dumps(event) and event.get("epoch") is not None for event in events) >= 2
    assert "\x1b[" not in done.stdout + done.stderr


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path: Path) -> None:
    arguments = ["train", "digits", "--model", SMALL, "--epochs", "100000", "--runs", str(tmp_path), "--name", "cut"]
    process = subprocess.Popen(
        [*COMMAND, *arguments], stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"}
    )
    deadline = time.monotonic() + 90
    metrics = tmp_path / "cut" / "metrics.jsonl"
    while not (metrics.exists() and metrics.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert f"spirula train --resume {tmp_path / 'cut'}" in errors
    assert "Traceback" not in errors
    assert json.loads((tmp_path / "cut" / "run.json").read_text())["status"] == "interrupted"


def test_demo_falls_back_to_digits_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from spirula.api import train as train_module
    from spirula.errors import DownloadError

    original = train_module.train

    def without_network(source: str, **options: object) -> object:
        if source == "fashion-mnist":
            raise DownloadError("fashion-mnist could not be downloaded: no network")
        return original(source, **{**options, "epochs": 1})  # type: ignore[arg-type]

    monkeypatch.setattr(train_module, "train", without_network)
    assert run(["demo", "--runs", str(tmp_path), "--progress", "lines"]) == 0
    errors = capsys.readouterr().err
    assert "uses digits instead" in errors
    assert "report.html" in errors
