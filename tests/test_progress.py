"""The display: every mode says what it should, where it should, and nothing else."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from spirula import progress
from spirula.errors import InputError
from spirula.progress import Mode, display
from spirula.training.record_lines import clock_text, epoch_line, step_line, stopped_line
from spirula.training.records import CheckpointRecord, EpochRecord, Record, StepRecord, StoppedRecord

STEP = StepRecord(3, 10, 250, 1000, 0.31234, 0.8912, 12345.6, 0.001, 83.2)
EPOCH = EpochRecord(
    3,
    10,
    {
        "step": 300,
        "loss": 0.3,
        "accuracy": 0.9,
        "val_loss": 0.25,
        "val_accuracy": 0.915,
        "learning_rate": 0.001,
        "seconds": 4.25,
        "images_per_second": 12000.0,
        "data_wait": 0.01,
    },
    True,
)
CHECKPOINT = CheckpointRecord(Path("runs/한국어/checkpoints"), 300)
STOPPED = StoppedRecord("patience", 7, 2100, 5, "val_loss", 0.2411)
RECORDS: tuple[Record, ...] = (STEP, EPOCH, CHECKPOINT, STOPPED)
ESCAPE = "\x1b"


class Terminal(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")


def run(mode: Mode, stream: io.StringIO) -> tuple[str, str]:
    """Return what a small training leaves on the stream of messages and on the output."""
    output = io.StringIO()
    with display(mode, stream, output) as show:
        show.message("Run folder: runs/개와 고양이 [1]")
        show.loading("Decoding images", 0, 2000)
        show.loading("Decoding images", 2000, 2000)
        for record in RECORDS:
            show.record(record)
        show.message("Done.")
    return stream.getvalue(), output.getvalue()


def test_lines_are_plain_and_one_per_epoch() -> None:
    text, output = run("lines", io.StringIO())
    assert text.splitlines() == [
        "Run folder: runs/개와 고양이 [1]",
        "Decoding images …",
        "epoch  3/10  loss 0.3000  accuracy 0.9000  val_loss 0.2500  val_accuracy 0.9150  12,000 images/s  4.2 s  best",
        "Stopped early after 7 epochs: val_loss no longer improved. Best: epoch 5, val_loss 0.2411.",
        "Done.",
    ]
    assert output == ""


def test_auto_is_lines_where_there_is_no_terminal() -> None:
    assert run("auto", io.StringIO()) == run("lines", io.StringIO())


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("TERM", "dumb")])
def test_auto_is_lines_on_terminals_that_should_not_move(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert run("auto", Terminal()) == run("lines", io.StringIO())


def test_auto_is_lines_where_a_bar_cannot_be_written() -> None:
    class Old(Terminal):
        encoding = "cp949"  # type: ignore[assignment]

    assert ESCAPE not in run("auto", Old())[0]


def test_bar_moves_and_the_lines_stay() -> None:
    text, output = run("auto", Terminal())
    assert ESCAPE in text
    assert output == ""
    for part in (
        "Run folder: runs/개와 고양이 [1]",
        "Decoding images",
        "epoch 3/10",
        "loss 0.3123",
        "accuracy 0.8912",
        "12,346 images/s",
        "1:24 left",
        "val_accuracy 0.9150",
        "Stopped early after 7 epochs",
        "Done.",
    ):
        assert part in text, part


def test_bar_shows_one_thing_at_a_time() -> None:
    stream = Terminal()
    with display("bar", stream) as show:
        assert isinstance(show, progress._Bar)
        tasks = show._progress.tasks
        show.loading("Downloading", 5, 0)
        assert [(task.description, task.total) for task in show._progress.tasks] == [("Downloading", None)]
        show.loading("Decoding", 1, 9)
        assert [task.description for task in show._progress.tasks] == ["Decoding"]
        show.record(StepRecord(0, 10, 0, 1000, 0.0, None, 0.0, 0.1, None))
        show.record(STEP)
        (task,) = show._progress.tasks
        assert (task.description, task.completed, task.total) == ("epoch 3/10", 250, 1000)
        show.record(STOPPED)
        assert show._progress.tasks == tasks == []


def test_bar_is_put_away_after_an_error() -> None:
    stream = Terminal()

    def fail() -> None:
        with display("bar", stream) as show:
            show.record(STEP)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert "\x1b[?25h" in stream.getvalue()  # the cursor is shown again


def test_no_color_takes_the_colours_out_of_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    def colours(text: str) -> list[str]:
        codes = [part.split("m")[0] for part in text.split(ESCAPE + "[") if "m" in part]
        return [code for code in codes if any(number.startswith(("3", "4", "9")) for number in code.split(";"))]

    assert colours(run("bar", Terminal())[0])
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colours(run("bar", Terminal())[0])


def test_json_lines_are_json_and_hold_everything() -> None:
    text, output = run("json", io.StringIO())
    assert text == ""
    assert output.isascii()
    events = [json.loads(line) for line in output.splitlines()]
    assert [event["event"] for event in events] == [
        "message",
        "loading",
        "loading",
        "step",
        "epoch",
        "checkpoint",
        "stopped",
        "message",
    ]
    assert events[0]["text"] == "Run folder: runs/개와 고양이 [1]"
    assert events[1] == {"event": "loading", "stage": "Decoding images", "done": 0, "total": 2000}
    assert events[3]["seconds_left"] == 83.2
    assert events[4]["metrics"] == EPOCH.metrics
    assert events[5]["path"] == str(CHECKPOINT.path)
    assert events[6]["reason"] == "patience"


def test_json_has_no_nan() -> None:
    output = io.StringIO()
    with display("json", io.StringIO(), output) as show:
        show.record(EpochRecord(1, 1, {"loss": float("nan"), "val_loss": float("inf")}, False))
    assert json.loads(output.getvalue())["metrics"] == {"loss": None, "val_loss": None}


def test_quiet_is_quiet() -> None:
    assert run("quiet", Terminal()) == ("", "")


def test_the_default_streams_are_stderr_and_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    with display("lines") as show:
        show.message("a message")
    with display("json") as show:
        show.message("a result")
    captured = capsys.readouterr()
    assert captured.err == "a message\n"
    assert json.loads(captured.out)["text"] == "a result"


def test_an_old_code_page_does_not_stop_a_training() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    with display("lines", stream) as show:
        show.message("고양이")
        show.loading("Decoding", 0, 1)
    assert raw.getvalue() == b"\\uace0\\uc591\\uc774\nDecoding \\u2026\n"


def test_a_long_epoch_or_stage_shows_life_now_and_then() -> None:
    now = [0.0]
    stream = io.StringIO()
    lines = progress._Lines(stream, clock=lambda: now[0])
    lines.loading("Decoding", 0, 5000)
    for second in range(0, 130, 10):
        now[0] = float(second)
        lines.loading("Decoding", second, 5000)
    assert stream.getvalue().splitlines() == ["Decoding …", "Decoding: 60 of 5,000", "Decoding: 120 of 5,000"]
    stream.truncate(0)
    stream.seek(0)
    for second in range(130, 260, 10):
        now[0] = float(second)
        lines.record(STEP)
    assert len(stream.getvalue().splitlines()) == 2
    assert stream.getvalue().startswith("  step 250 of 1,000  loss 0.3123  accuracy 0.8912  12,346 images/s  1:24 left")
    lines.loading("Decoding", 0, 0)
    assert stream.getvalue().endswith("Decoding …\n")


def test_regression_and_unknown_times_are_left_out() -> None:
    assert step_line(StepRecord(1, 2, 3, 4, 1.5, None, 10.0, 0.1, None)) == "loss 1.5000  10 images/s"
    line = epoch_line(EpochRecord(1, 2, {"loss": 1.0, "mae": 0.5, "rmse": 0.7, "penalty": 0.01, "seconds": 2.0}, False))
    assert line == "epoch 1/2  loss 1.0000  mae 0.5000  rmse 0.7000  penalty 0.0100  2.0 s"


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (StoppedRecord("finished", 1, 10, 1, "val_loss", 0.5), "Trained 1 epoch. Best: epoch 1, val_loss 0.5000."),
        (StoppedRecord("interrupted", 0, 1234, None, None, None), "Interrupted after 0 epochs and 1,234 steps."),
        (
            StoppedRecord("budget", 2, 20, 2, "accuracy", 0.5),
            "The time budget ended the training after 2 epochs. Best: epoch 2, accuracy 0.5000.",
        ),
    ],
)
def test_why_it_stopped(record: StoppedRecord, line: str) -> None:
    assert stopped_line(record) == line


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (0.2, "0:01"), (59.9, "1:00"), (727, "12:07"), (11100, "3:05:00"), (-1, "0:00")]
)
def test_clock(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text


def test_an_unknown_mode_is_named() -> None:
    with pytest.raises(InputError, match=r'progress = "line" is unknown. Did you mean "lines"'), display("line"):  # type: ignore[arg-type]
        pass


def test_the_display_does_not_import_torch() -> None:
    code = "import sys, spirula.progress; sys.exit('torch' in sys.modules or 'rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
