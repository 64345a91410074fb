"""Worker processes start quickly, run no file of the user, and none outlives its run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ill_pictures import PLANTED, children, plant

from spirula.data.pictures import worker

MakeFolder = Callable[[dict[str, int]], Path]


pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="signals and /proc are Linux's")


@pytest.fixture(autouse=True)
def _no_orphans() -> object:
    before = children()
    yield
    assert children() == before


SCRIPT = """
import sys
from spirula.data.dataset import load
data = load(sys.argv[1], progress=lambda *what: print(*what, flush=True))
print("loaded", len(data), flush=True)
"""


def test_a_script_without_a_main_guard_works(make_folder: MakeFolder, tmp_path: Path) -> None:
    """Also one that lies beside files with the names of modules that the worker needs."""
    root = make_folder({"cat": 40, "dog": 40})
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "numpy.py").write_text("raise SystemExit('the wrong numpy')")
    ran = subprocess.run(
        [sys.executable, str(tmp_path / "script.py"), str(root)],
        capture_output=True, text=True, check=False, cwd=tmp_path / "elsewhere",
    )  # fmt: skip
    assert ran.stdout.splitlines()[-1] == "loaded 80", ran.stderr
    assert ran.stdout.count("loaded") == 1


def test_a_worker_runs_no_file_of_the_users(make_folder: MakeFolder, tmp_path: Path) -> None:
    """In a notebook the current folder is on the path, and what this process has long had is new to a worker."""
    root = make_folder({"cat": 40, "dog": 40})
    for name in ("queue", "hashlib", "numpy", "PIL", "sitecustomize", "spirula"):
        (tmp_path / f"{name}.py").write_text("from pathlib import Path\nPath('it ran').touch()\n")
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom spirula.data.pictures import intake, reading\n"
        "sys.path[:0] = ['', os.getcwd(), Path.cwd()]\n"
        "names = sorted(map(str, Path(sys.argv[1]).rglob('*.png')))\n"
        "items = intake.items_of([reading.Place(name, 0, -1) for name in names], names)\n"
        "with intake.Intake(items, intake.np.full(80, 100)) as reads:\n"
        "    read = list(reads.read(range(80), intake.Job()))\n"
        "    print(len(read), len(reads._workers._workers) > 0)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-P", "-c", script, str(root)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert ran.stdout == "80 True\n", ran.stderr
    assert not (tmp_path / "it ran").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_its_run(number: int, make_folder: MakeFolder, tmp_path: Path) -> None:
    root = make_folder({"cat": 40, "dog": 40})
    plant(root, "dog/039.png", "hang" if number == signal.SIGINT else "none")
    (tmp_path / "script.py").write_text(
        "import signal, sys\nfrom spirula.data.pictures import worker\n"
        # Whoever starts the tests in the background of a shell has them ignore it.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"worker.worker_command = lambda: [sys.executable, {str(PLANTED)!r}]\n" + SCRIPT
    )
    run = subprocess.Popen(
        [sys.executable, str(tmp_path / "script.py"), str(root)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    assert run.stdout is not None
    for line in run.stdout:
        if line.startswith("decoding"):
            break
    os.killpg(run.pid, number) if number == signal.SIGINT else run.kill()
    run.communicate(timeout=20)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and in_group(run.pid):
        time.sleep(0.05)
    assert in_group(run.pid) == []


def in_group(group: int) -> list[str]:
    """Return the processes of a session that still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(path.parent.name)
    return found


def test_a_worker_starts_quickly_and_without_torch() -> None:
    script = """
import sys, time
began = time.process_time()
import spirula.data.pictures.decoder_process
took = time.process_time() - began
print(took, sorted({name.split(".")[0] for name in sys.modules} & {"torch", "pydantic", "polars", "sklearn", "timm"}))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    seconds, heavy = ran.stdout.split(" ", 1)
    assert heavy.strip() == "[]"
    assert float(seconds) < 0.6  # 0.15 on an idle core


def test_a_stopped_run_is_not_slow() -> None:
    """The clock of the workers moves by ticks: what passes while the process stands still does not count."""
    workers = worker.Workers()
    (one,) = workers.several(1)
    one._begin()
    for _ in range(10):
        workers.tick(0.4, 5.0)
    assert not one.slow
    for _ in range(10):
        workers.tick(0.4, 5.0)
    assert one.slow


def test_a_worker_that_starts_while_all_is_closed_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = worker.Workers()
    (one,) = workers.several(1)
    start = workers.start

    def late() -> subprocess.Popen[bytes]:
        process = start()
        workers.close()  # before the worker knows of its process
        return process

    monkeypatch.setattr(workers, "start", late)
    with pytest.raises(worker.CannotStartError):
        one.begin({"store": None, "offset": 0, "target": None})
    with pytest.raises(worker.CannotStartError):
        one.begin({"store": None, "offset": 0, "target": None})
