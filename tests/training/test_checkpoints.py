"""Damage, faults and kills: an older or a newer valid checkpoint, never neither, never a false claim."""

import hashlib
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
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_training import run_small, small_settings

from spirula.errors import RunError, SpirulaError
from spirula.training.checkpoints import CheckpointFolder, Content, load_checkpoint
from spirula.training.records import CheckpointRecord


def content(number: int) -> Content:
    tensors = {"module/a": torch.full((3, 2), float(number)), "module/empty": torch.zeros(0), "n": torch.tensor(number)}
    return Content(tensors, {"history": [{"epoch": number, "한글": 0.1 + 0.2}], "position": None})


def number_of(folder: Path) -> int:
    loaded = load_checkpoint(folder)
    assert torch.equal(
        loaded.content.tensors["module/a"], content(int(loaded.content.tensors["n"])).tensors["module/a"]
    )
    return int(loaded.content.tensors["n"])


def two_checkpoints(folder: Path) -> tuple[Path, Path]:
    writer = CheckpointFolder(folder)
    return writer.save(content(1)), writer.save(content(2))


def test_what_is_saved_is_read_back_to_the_last_bit(tmp_path):
    strange = {
        "channels_last": torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last),
        "half": torch.randn(5).bfloat16(),
        "scalar": torch.tensor(7),
        "empty": torch.zeros(0, 3),
        "shared": (shared := torch.randn(4)),
        "also shared": shared,
        "view": shared[1:3],
    }
    document = {"history": [], "number": 0.1 + 0.2, "huge": 1e300, "이름": None, "order": {"b": 1, "a": 2}}
    CheckpointFolder(tmp_path / "가 b").save(Content(strange, document))
    loaded = load_checkpoint(tmp_path / "가 b")
    for name, tensor in strange.items():
        assert loaded.content.tensors[name].dtype == tensor.dtype
        assert torch.equal(loaded.content.tensors[name], tensor)
    assert {name: loaded.content.document[name] for name in document} == document
    assert list(loaded.content.document["order"]) == ["b", "a"]
    assert loaded.messages == ()


def test_the_last_two_stay(tmp_path):
    writer = CheckpointFolder(tmp_path)
    (tmp_path / ".000001.json.99.part").write_text("left by a killed process")
    (tmp_path / "notes.txt").write_text("the user's own")
    for number in range(1, 6):
        writer.save(content(number))
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["000004.json", "000004.safetensors", "000005.json", "000005.safetensors", "notes.txt"]
    assert number_of(tmp_path) == 5


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_damage_anywhere_in_the_newest_is_noticed(tmp_path, data):
    folder = tmp_path / f"{random.getrandbits(64):x}"
    _, newest = two_checkpoints(folder)
    victim = data.draw(st.sampled_from([newest, newest.with_suffix(".safetensors")]))
    good = victim.read_bytes()
    where = data.draw(st.integers(0, len(good) - 1))
    if data.draw(st.booleans()):
        victim.write_bytes(good[:where])
    else:
        flipped = bytearray(good)
        flipped[where] ^= 1 << data.draw(st.integers(0, 7))
        victim.write_bytes(bytes(flipped))
    loaded = load_checkpoint(folder)
    if loaded.path == newest:  # a flip that JSON reads as the same document, such as 1e5 for 1E5
        assert victim == newest
        assert int(loaded.content.tensors["n"]) == 2
        assert json.loads(victim.read_bytes()) == json.loads(good)
    else:
        assert int(loaded.content.tensors["n"]) == 1
        assert len(loaded.messages) == 1
        assert str(newest) in loaded.messages[0]


def test_missing_tensors_are_noticed(tmp_path):
    _, newest = two_checkpoints(tmp_path)
    newest.with_suffix(".safetensors").unlink()
    assert number_of(tmp_path) == 1


def test_both_broken_or_none_is_an_error(tmp_path):
    for file in two_checkpoints(tmp_path):
        file.write_bytes(b"\x00" * 100)
    with pytest.raises(RunError, match=r"000002.json is broken .*000001.json is broken"):
        load_checkpoint(tmp_path)
    with pytest.raises(RunError, match="There is no checkpoint"):
        load_checkpoint(tmp_path / "nowhere")


def test_a_broken_one_goes_before_the_good_one_that_was_used(tmp_path):
    _, newest = two_checkpoints(tmp_path)
    newest.write_text("{}")
    writer = CheckpointFolder(tmp_path, load_checkpoint(tmp_path).serial)
    third = writer.save(content(3))
    third.write_text("{}")
    assert number_of(tmp_path) == 1


def test_resuming_falls_back_and_ends_the_same(tmp_path):
    records = [r for r in run_small(small_settings(), checkpoints=tmp_path)[1] if isinstance(r, CheckpointRecord)]
    damaged = bytearray(records[-1].path.with_suffix(".safetensors").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    records[-1].path.with_suffix(".safetensors").write_bytes(bytes(damaged))
    loaded = load_checkpoint(tmp_path)
    assert loaded.messages
    module, _ = run_small(small_settings(), network_seed=9, resume=loaded, checkpoints=tmp_path)
    unbroken, _ = run_small(small_settings())
    assert all(torch.equal(a, b) for a, b in zip(module.parameters(), unbroken.parameters(), strict=True))


HOSTILE = [
    b"",
    b"[]",
    b"null",
    b'{"sha256": null}',
    b"\xff\xfe",
    b"cos\nsystem\n(S'touch hacked'\ntR.",
    b"[" * 100_000,
    b'{"schema": 1, "sha256": "' + hashlib.sha256(b"{}").hexdigest().encode() + b'"}',
]


@pytest.mark.parametrize("bytes_", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_files_are_refused(bytes_, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, newest = two_checkpoints(tmp_path)
    newest.write_bytes(bytes_)
    assert number_of(tmp_path) == 1
    assert not (tmp_path / "hacked").exists()


def test_hostile_tensors_with_a_right_hash_are_refused(tmp_path):
    _, newest = two_checkpoints(tmp_path)
    document = json.loads(newest.read_bytes())
    evil = b"\x80\x04\x95cposix\nsystem\n."
    document |= {"bytes": len(evil), "tensors_sha256": hashlib.sha256(evil).hexdigest()}
    del document["sha256"]
    canonical = json.dumps(document, separators=(",", ":")).encode()
    newest.with_suffix(".safetensors").write_bytes(evil)
    newest.write_text(json.dumps({**document, "sha256": hashlib.sha256(canonical).hexdigest()}))
    assert number_of(tmp_path) == 1


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
