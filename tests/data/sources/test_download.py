"""Against a server of our own on 127.0.0.1, never the internet."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from spirula.data.dataset import load
from spirula.data.sources import download, named_sets
from spirula.data.sources.download import fetch
from spirula.errors import DownloadError

CONTENT = np.random.default_rng(0).bytes(1_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Server:
    """Serves ``files``; ``ranges`` records what was asked; ``break_after`` closes the next answers early."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=lambda: {"file.bin": CONTENT})
    ranges: list[str | None] = field(default_factory=list)
    break_after: list[int] = field(default_factory=list)
    knows_ranges: bool = True


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = state.files.get(self.path.lstrip("/"))
            asked = self.headers.get("Range")
            state.ranges.append(asked)
            if body is None:
                self.send_error(404)
                return
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and state.knows_ranges else 0
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            sent = body[start:]
            if state.break_after:
                sent = sent[: state.break_after.pop(0)]
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        state.address = f"http://127.0.0.1:{http.server_address[1]}/"
        yield state
        http.shutdown()
        thread.join()


def get(urls: list[str], folder: Path, **options: object) -> Path:
    return fetch(urls, folder / "file.bin", sha256=SHA256, size=len(CONTENT), **options)  # type: ignore[arg-type]


def test_a_file_is_fetched_checked_and_put_in_place(server: Server, tmp_path: Path) -> None:
    calls: list[tuple[str, int, int]] = []
    path = get([server.address + "file.bin"], tmp_path, progress=lambda *call: calls.append(call))
    assert path.read_bytes() == CONTENT
    assert [each.name for each in tmp_path.iterdir()] == ["file.bin"]
    assert calls[-1][1:] == (1_000_000, 1_000_000)
    assert "file.bin (1.0 MB) from http://127.0.0.1" in calls[0][0]


def test_a_broken_connection_goes_on_where_it_broke(server: Server, tmp_path: Path) -> None:
    server.break_after = [300_000, 300_000]
    assert get([server.address + "file.bin"], tmp_path).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=300000-", "bytes=600000-"]


def test_the_next_call_goes_on_too(server: Server, tmp_path: Path) -> None:
    server.break_after = [200_000] * 3
    with pytest.raises(DownloadError, match="broke off"):
        get([server.address + "file.bin"], tmp_path)
    assert (tmp_path / "file.bin.part").stat().st_size == 600_000
    assert get([server.address + "file.bin"], tmp_path).read_bytes() == CONTENT
    assert server.ranges[-1] == "bytes=600000-"


def test_a_server_without_ranges_starts_over(server: Server, tmp_path: Path) -> None:
    server.knows_ranges = False
    (tmp_path / "file.bin.part").write_bytes(b"x" * 500_000)
    assert get([server.address + "file.bin"], tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("leftover", [b"wrong beginning", CONTENT[:-1] + b"?", CONTENT + b"more"])
def test_a_wrong_leftover_is_thrown_away(leftover: bytes, server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").write_bytes(leftover)
    assert get([server.address + "file.bin"], tmp_path).read_bytes() == CONTENT


def test_the_next_mirror_is_tried(server: Server, tmp_path: Path) -> None:
    server.files["wrong.bin"] = b"x" * len(CONTENT)
    server.files["long.bin"] = CONTENT + b"x"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/file.bin"
    bad = [closed, *(server.address + name for name in ("missing.bin", "wrong.bin", "long.bin"))]
    assert get([*bad, server.address + "file.bin"], tmp_path).read_bytes() == CONTENT
    (tmp_path / "file.bin").unlink()
    with pytest.raises(DownloadError) as caught:
        get(bad, tmp_path)
    for answer in ("refused", "HTTP 404", "SHA-256", "more than the 1,000,000 bytes"):
        assert answer in str(caught.value)
    assert not (tmp_path / "file.bin").exists()


def test_a_silent_server_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_TIMEOUT", 0.05)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(DownloadError, match="timed out"):
        get([f"http://127.0.0.1:{silent.getsockname()[1]}/file.bin"], tmp_path)


def test_a_named_set_is_downloaded_once(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fill_idx: object
) -> None:
    assert callable(fill_idx)
    fill_idx(tmp_path, ".gz")
    server.files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    files = tuple(
        named_sets.RemoteFile(name, hashlib.sha256(body).hexdigest(), len(body)) for name, body in server.files.items()
    )
    known = named_sets.NamedSet("", tuple("0123456789"), (server.address,), files)
    monkeypatch.setitem(named_sets.NAMED_SETS, "mnist", known)
    monkeypatch.setattr(named_sets, "SYSTEM", tmp_path / "none")
    monkeypatch.delenv("SPIRULA_DATA", raising=False)
    first = load("mnist")
    assert first.manifest.counts() == {"train": 24, "validation": 6, "test": 10}
    assert len(server.ranges) == 4
    assert load("mnist").manifest.fingerprint == first.manifest.fingerprint
    assert len(server.ranges) == 4
