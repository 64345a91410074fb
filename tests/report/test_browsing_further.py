"""From a picture of the error browser to the commands that show more of it."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import numpy as np
import pytest
from browsed import browsable
from chromium import CHROMIUM, browser

from spirula.report.page import build_report

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("SPIRULA_REQUIRE_BROWSER"), reason="there is no Chromium here"
)


def test_commands_name_the_picture_as_a_shell_reads_it(tmp_path: Path) -> None:
    run = browsable(tmp_path / "내 run", count=40)
    (run.path / "model.json").write_text(json.dumps({"spec": {"kind": "stack"}}), encoding="utf-8")
    stored = dict(np.load(run.path / "predictions" / "test.npz"))
    name = '고양이\'s "best" $HOME.png'
    stored["ids"] = np.array([name, *stored["ids"][1:]])
    np.savez(run.path / "predictions" / "test.npz", **stored)
    with browser(tmp_path / "profile") as page:
        page.go(build_report(run).resolve().as_uri() + "#browse?show=0")
        page.wait("document.querySelector('dialog')?.open")
        commands = page.run("[...document.querySelectorAll('dialog .command code')].map((one) => one.textContent)")
        assert page.run("document.querySelectorAll('dialog .command .copy').length") == 2
        assert page.run(
            "[...document.querySelectorAll('.findings .command')].every((one) => one.querySelector('.copy'))"
        )
        place = f"{tmp_path.name}/내 run"
        assert [shlex.split(text) for text in commands] == [
            ["spirula", "explain", place, name, "--walk"],
            ["spirula", "explain", place, name, "--cam", "gradcam"],
        ]
        with_map = run.predictions("test").ids.index(str(run.arrays("looks")["files"][1]))
        page.go(build_report(run).resolve().as_uri() + f"#browse?show={with_map}")
        page.wait("document.querySelector('dialog')?.open")
        assert page.run("document.querySelectorAll('dialog .command').length") == 1  # its heat map is here
        assert page.barriers() == []
        assert page.problems == []
