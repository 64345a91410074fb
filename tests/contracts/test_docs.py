"""What the README says can be typed, can be typed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from spirula.cli.main import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def commands() -> list[list[str]]:
    found = []
    for block in blocks("bash"):
        tokens = shlex.split(re.sub(r"#.*", "", block).replace("\n", " ; ").replace("Dropout(0.4)' ;", "Dropout(0.4)'"))
        line: list[str] = []
        for token in [*tokens, ";"]:
            if token == ";":
                if line[:1] == ["spirula"]:
                    found.append(line[1:])
                line = []
            else:
                line.append(token)
    return found


def test_the_readme_has_commands() -> None:
    assert len(commands()) >= 9


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_commands_of_the_readme_are_understood(arguments: list[str]) -> None:
    command, _, ignored = app.parse_args(arguments, exit_on_error=False, print_error=False)
    assert callable(command)
    assert not ignored


def test_python_of_the_readme_runs(tmp_path: Path) -> None:
    code = "\n".join(blocks("python"))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs").is_dir()


PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    prose = re.sub(r"```.*?```|`[^`\n]+`", "", text, flags=re.DOTALL)
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(#[^)]*)?\)", prose):
        if target.startswith("https://"):
            continue
        place = (page.parent / target).resolve() if target else page
        assert place.exists(), target
        if anchor and place.suffix == ".md":
            assert anchor[1:] in anchors(place.read_text(encoding="utf-8")), target + anchor


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "ko").rglob("*.md")), ids=lambda page: page.name)
def test_a_korean_page_has_its_english_one_with_the_same_figures(page: Path) -> None:
    english = (ROOT / "docs" / page.relative_to(ROOT / "docs" / "ko")).read_text(encoding="utf-8")
    korean = page.read_text(encoding="utf-8")
    if "examples" in page.parts:
        rows = [re.findall(r"^\|.*", text, re.MULTILINE) for text in (english, korean)]
        figures = [[re.findall(r"\d[\d,.]*", row) for row in table] for table in rows]
        assert figures[0] == figures[1]
        assert "@" not in korean


def test_make_names_the_commands_of_the_readme() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert target in targets
