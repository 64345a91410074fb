"""Disks that fail and kills at random moments: an older or a newer valid checkpoint, never neither, never a lie."""

import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from numbered_checkpoints import content, number_of
from small_training import small_settings

from spirula.errors import SpirulaError
from spirula.training.checkpoints import CheckpointFolder, load_checkpoint
from spirula.training.records import CheckpointRecord


class Faults:
    """Lets the n-th open, write, fsync or rename fail; half of a failing write arrives."""

    def __init__(self, monkeypatch, failing: int, error: int) -> None:
        self.left, self.error = failing, error
        for owner, name in ((os, "fsync"), (os, "replace"), (os, "rename")):
            self._wrap(monkeypatch, owner, name)
        real_open = io.open

        def opened(file, mode="r", *rest, **named):
            if "w" not in mode:
                return real_open(file, mode, *rest, **named)
            self.count()
            return FailingFile(real_open(file, mode, *rest, **named), self)

        monkeypatch.setattr(io, "open", opened)

    def _wrap(self, monkeypatch, owner, name):
        real = getattr(owner, name)

        def call(*arguments, **named):
            self.count()
            return real(*arguments, **named)

        monkeypatch.setattr(owner, name, call)

    def count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise OSError(self.error, os.strerror(self.error))


class FailingFile:
    def __init__(self, handle, faults: Faults) -> None:
        self.handle, self.faults = handle, faults

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.handle.close()

    def write(self, data):
        try:
            self.faults.count()
        except OSError:
            self.handle.write(data[: len(data) // 2])
            raise
        return self.handle.write(data)

    def flush(self):
        self.handle.flush()

    def fileno(self):
        return self.handle.fileno()


@pytest.mark.parametrize("error", [28, 5], ids=["disk full", "input/output error"])
def test_a_fault_at_every_write_point(error, tmp_path):
    for failing in range(1, 100):
        folder = tmp_path / f"{error}-{failing}"
        writer = CheckpointFolder(folder)
        writer.save(content(1))
        with pytest.MonkeyPatch.context() as patch:
            faults = Faults(patch, failing, error)
            try:
                writer.save(content(2))
                claimed = True
            except SpirulaError as caught:
                claimed, reason = False, str(caught)
        assert claimed or os.strerror(error) in reason
        if claimed:
            assert faults.left > 0
            assert number_of(folder) == 2
            break
        assert number_of(folder) in (1, 2)
        assert CheckpointFolder(folder, writer.last).save(content(3)).is_file()
        assert number_of(folder) == 3
    assert failing > 10, "the faults did not reach the writes"


def test_a_save_that_failed_is_not_reported(tmp_path, monkeypatch):
    reported = []

    def train():
        from small_training import small_feeds, small_network

        from spirula.training.loop import fit

        for record in fit(small_network(), *small_feeds(), small_settings(), checkpoints=tmp_path):
            if isinstance(record, CheckpointRecord):
                reported.append(record)
                Faults(monkeypatch, 2, 28)

    with pytest.raises(SpirulaError, match="No space left"):
        train()
    monkeypatch.undo()
    assert len(reported) == 1
    assert load_checkpoint(tmp_path).path == reported[0].path


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SpirulaError, match="could be written"):
        CheckpointFolder(tmp_path / "file" / "checkpoints").save(content(1))


def test_a_read_only_file_system(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(30, os.strerror(30))

    writer = CheckpointFolder(tmp_path)
    writer.save(content(1))
    for name in ("replace", "rename", "unlink", "mkdir"):
        monkeypatch.setattr(os, name, refuse)
    monkeypatch.setattr(io, "open", refuse)
    with pytest.raises(SpirulaError, match="Read-only file system"):
        writer.save(content(2))
    monkeypatch.undo()
    assert number_of(tmp_path) == 1


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_a_read_only_folder(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(SpirulaError, match="written"):
        CheckpointFolder(tmp_path).save(content(1))
    tmp_path.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_kill_at_random_moments(tmp_path):
    """Thirty kills, each at another moment; after each five, training goes on to the same end."""
    script = Path(__file__).parent / "small_training.py"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen([sys.executable, script], **pipes) as trainer:

        def start(folder: Path) -> int:
            trainer.stdin.write(f"{folder}\n")
            return int(trainer.stdout.readline())

        def wait() -> int:
            return int(trainer.stdout.readline())

        start(tmp_path / "unbroken")
        assert wait() == 0
        began = time.monotonic()
        start(tmp_path / "unbroken again")
        assert wait() == 0
        length = time.monotonic() - began
        expected = json.loads((tmp_path / "unbroken-result.json").read_text())
        assert len(expected["history"]) == 12

        chance, killed = random.Random(1), 0
        for run in range(6):
            folder = tmp_path / f"broken {run}"
            for _ in range(5):
                process = start(folder)
                time.sleep(chance.uniform(0, 0.3 * length))
                with suppress(ProcessLookupError):  # it was sooner at its end than the first one
                    os.kill(process, signal.SIGKILL)
                killed += wait() == -signal.SIGKILL
            start(folder)
            assert wait() == 0
            assert json.loads((tmp_path / f"{folder.name}-result.json").read_text()) == expected
        assert killed > 15
        trainer.stdin.close()
