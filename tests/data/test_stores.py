"""The cache: what is listed, and what pruning may and may not remove."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spirula as sp
from spirula.cli.main import run
from spirula.data.cache import cache_folder
from spirula.data.stores import IN_USE, parse_age, parse_size, stores
from spirula.errors import InputError

DAY = 86400.0


def filled(kind: str, key: str, *, days: float, size: int = 1000, **said: Any) -> Path:
    """Make a store of ``size`` bytes that was last used some days ago."""
    folder = cache_folder(kind, key)
    (folder / "index.json").write_text(json.dumps({"kind": kind, **said}), encoding="utf-8")
    (folder / "values.npy").write_bytes(bytes(size - (folder / "index.json").stat().st_size))
    then = time.time() - days * DAY
    for path in (*folder.iterdir(), folder):
        os.utime(path, (then, then))
    return folder


def test_a_store_says_where_its_pixels_came_from_and_when_it_was_used(
    make_folder: Callable[[Mapping[str, int]], Path],
) -> None:
    root = make_folder({"고양이": 6, "강아지": 5})
    sp.load(root)
    (row,) = sp.list_cache()
    assert (row["kind"], row["images"], row["source"]) == ("pixels", 11, str(root.resolve()))
    (store,) = stores()
    assert row["bytes"] == sum(path.stat().st_size for path in store.path.iterdir())
    long_ago = time.time() - 90 * DAY
    os.utime(store.path / "index.json", (long_ago, long_ago))
    assert len(sp.list_cache(older_than="30d")) == 1
    before = {path.name: path.stat().st_mtime_ns for path in store.path.iterdir() if path.name != "index.json"}
    sp.load(root)
    assert sp.list_cache(older_than="30d") == []
    after = {path.name: path.stat().st_mtime_ns for path in store.path.iterdir() if path.name != "index.json"}
    assert after == before  # found, not made anew


def test_what_is_pruned_is_made_again_and_open_pixels_stay_readable(
    make_folder: Callable[[Mapping[str, int]], Path],
) -> None:
    root = make_folder({"a": 6, "b": 5})
    first = sp.load(root)
    pixels = np.array(first.pixels)
    (store,) = stores()
    (row,) = sp.prune_cache(everything=True)
    assert (row["removed"], row["why"]) == (False, "used within the last hour")
    assert store.path.is_dir()
    a_while_ago = time.time() - IN_USE - 60
    os.utime(store.path / "index.json", (a_while_ago, a_while_ago))
    (row,) = sp.prune_cache(everything=True)
    assert row["removed"] is True
    assert not store.path.exists()
    if os.name == "posix":
        np.testing.assert_array_equal(first.pixels, pixels)  # whoever has it open keeps it
    np.testing.assert_array_equal(sp.load(root).pixels, pixels)


def test_age_and_size_choose_and_both_must_hold() -> None:
    filled("pixels", "a" * 32, days=40, size=5000, source="/photos/휴가", images=3)
    filled("pixels", "b" * 32, days=10, size=9000)
    filled("features", "c" * 32, days=50, size=700, source="pets")
    assert [row["key"][0] for row in sp.list_cache()] == ["b", "a", "c"]
    assert [row["key"][0] for row in sp.list_cache(older_than="30d")] == ["a", "c"]
    assert [row["key"][0] for row in sp.list_cache(larger_than="1kB")] == ["b", "a"]
    assert [row["key"][0] for row in sp.prune_cache(older_than="4w", larger_than=1000) if row["removed"]] == ["a"]
    assert [(row["kind"], row["key"][0]) for row in sp.list_cache()] == [("pixels", "b"), ("features", "c")]


def test_nothing_but_stores_is_ever_removed(tmp_path: Path) -> None:
    outside = tmp_path / "photos"
    outside.mkdir()
    (outside / "index.json").write_text("{}")
    (outside / "cat.jpg").write_bytes(b"cat")
    old = time.time() - 100 * DAY
    os.utime(outside / "index.json", (old, old))
    gone = filled("pixels", "d" * 32, days=100)
    (gone / "link").symlink_to(outside, target_is_directory=True)
    (gone.parent / ("e" * 32)).symlink_to(outside, target_is_directory=True)
    notes = cache_folder("pixels", "my notes") / "notes.txt"
    notes.write_text("keep")
    downloaded = cache_folder("sets", "mnist") / "train-images-idx3-ubyte.gz"
    downloaded.write_bytes(b"images")
    rows = sp.prune_cache(everything=True)
    assert [row["key"] for row in rows if row["removed"]] == ["d" * 32]
    assert not gone.exists()
    assert (outside / "cat.jpg").read_bytes() == b"cat"
    assert notes.read_text() == "keep"
    assert downloaded.read_bytes() == b"images"


def test_what_a_killed_process_left_and_twins_are_cleared_what_is_being_filled_is_not() -> None:
    filled("pixels", ".filling-dead", days=3)
    busy = filled("pixels", ".filling-busy", days=3)
    (busy / "values.npy").write_bytes(b"growing")
    twins = cache_folder("twins") / "abc-8x8x3-uint8-1.npz"
    twins.write_bytes(b"twins")
    os.utime(twins, (0, time.time() - 2 * DAY))
    damaged = filled("features", "f" * 32, days=3)
    (damaged / "index.json").write_bytes(b"\xff not json")
    os.utime(damaged / "index.json", (0, time.time() - 3 * DAY))
    removed = {row["key"] for row in sp.prune_cache(everything=True) if row["removed"]}
    assert removed == {".filling-dead", "abc-8x8x3-uint8-1.npz", "f" * 32}
    assert [row["key"] for row in sp.list_cache()] == [".filling-busy"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a system that refuses")
def test_what_cannot_be_removed_is_said_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    store = filled("pixels", "a" * 32, days=3)
    store.parent.chmod(0o500)
    try:
        assert run(["cache", "--prune", "--all"]) == 1
    finally:
        store.parent.chmod(0o700)
    assert "could not be removed" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "seconds"), [("30d", 30 * DAY), ("12h", DAY / 2), ("2w", 14 * DAY), ("1.5 H", 5400)])
def test_ages(text: str, seconds: float) -> None:
    assert parse_age(text) == seconds


@pytest.mark.parametrize(("text", "size"), [("5GB", 5 * 10**9), ("500 mb", 5 * 10**8), ("1.5GiB", 3 << 29), ("7B", 7)])
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_mistakes_are_explained() -> None:
    with pytest.raises(InputError, match=r"no age[\s\S]*30d"):
        sp.list_cache(older_than="a month")
    with pytest.raises(InputError, match=r"no size[\s\S]*5GB"):
        sp.list_cache(larger_than="5 apples")
    with pytest.raises(InputError, match="Nothing says what to remove"):
        sp.prune_cache()
    with pytest.raises(InputError, match="nothing to choose"):
        sp.prune_cache(everything=True, older_than="1d")


def test_the_command_lists_looks_first_and_prunes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache"]) == 0
    assert "0 B in 0 stores" in capsys.readouterr().out
    filled("pixels", "a" * 32, days=40, size=1_500_000, source="/photos/고양이", images=12)
    filled("features", "b" * 32, days=2, size=2000, source="pets")
    assert run(["cache"]) == 0
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("/photos/고양이", "12", "1.5 MB", "features", "in 2 stores"))
    assert run(["cache", "--older-than", "30d", "--json"]) == 0
    assert [row["bytes"] for row in json.loads(capsys.readouterr().out)] == [1_500_000]
    assert run(["cache", "--prune", "--older-than", "30d"]) == 0
    assert "Removed 1.5 MB in 1 of 1 store, in" in capsys.readouterr().out
    assert run(["cache", "--prune"]) == 2
    assert "--older-than 30d" in capsys.readouterr().err
    assert run(["cache", "--all"]) == 2
    assert "--prune" in capsys.readouterr().err
