"""Checkpoints: what is saved is read back, and damage is noticed and gone around."""

import hashlib
import json
import random
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numbered_checkpoints import content, number_of
from small_training import run_small, small_settings

from spirula.errors import RunError
from spirula.training.checkpoints import CheckpointFolder, Content, load_checkpoint
from spirula.training.records import CheckpointRecord


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
