"""Python source as people paste it: notebook magics, prompts, printed outputs and Markdown around the code.

What is not Python is passed over, unless it looks like a part of a network: then it is an error that names the line.
Every line keeps its number.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from typing import NamedTuple

from ...errors import ModelError

LONGEST = 400_000  # characters; a long notebook has about a tenth

_FENCE = re.compile(r"^\s*(```|~~~)\s*(\w*)")
_PYTHON = ("", "python", "py", "python3", "ipython")
_MAGIC = re.compile(r"^\s*([!%]|In ?\[|Out ?\[)")
_PROMPT = re.compile(r"^(\s*)(>>>|\.\.\.) ?")
_UNFINISHED = ("was never closed", "unexpected EOF", "unterminated triple", "expected an indented block", "incomplete")
_NETWORK = re.compile(
    r"\b(Sequential|Model|Input|InputLayer|Dense|Flatten|Dropout|Activation|\w+(2D|Normalization|ReLU|Rescaling))\s*\("
    r"|\.add\s*\(|\blayers\."
)


class Parsed(NamedTuple):
    """Statements in order, and the lines that line numbers count."""

    body: list[ast.stmt]
    lines: list[str]


def parse_source(text: str) -> Parsed:
    """Read the statements of a source; raises :class:`ModelError` where a part of a network is not Python."""
    if len(text) > LONGEST:
        raise ModelError(f"The code is {len(text):,} characters long.", f"At most {LONGEST:,} are read.")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff").split("\n")
    code = _plain(lines)
    whole = _tried("\n".join(code))
    return Parsed(whole.body if isinstance(whole, ast.Module) else _pieces(code), lines)


def notebook_code(text: str) -> str:
    """Return the code cells of a Jupyter notebook, one after the other; raises :class:`ModelError` for another file."""
    try:
        cells = json.loads(text)["cells"]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        return "\n".join(source if isinstance(source, str) else "".join(source) for source in sources)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(
            f"It is not a Jupyter notebook: {error}.", "Save it from Jupyter again, or as a .py file."
        ) from error


def _plain(lines: list[str]) -> list[str]:
    """Blank out what is no Python by its looks: Markdown outside of fences, magics, prompts."""
    fenced = any(_FENCE.match(line) for line in lines)
    prompted = any(re.match(r"\s*>>> \S", line) for line in lines)
    opened: str | None = None  # the language of the fence that is open
    code: list[str] = []
    for line in lines:
        if fenced and (fence := _FENCE.match(line)):
            opened = fence.group(2).lower() if opened is None else None
            code.append("")
        elif (fenced and opened not in _PYTHON) or _MAGIC.match(line):
            code.append("")
        elif prompted:  # a session: what has no prompt is what was printed
            code.append(_PROMPT.sub(r"\1", line) if _PROMPT.match(line) else "")
        else:
            code.append("" if line.strip() == ">>>" else line)
    return code


def _tried(text: str) -> ast.Module | SyntaxError:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser's advice on Python style is not for our reader
            return ast.parse(text)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ModelError(f"The code cannot be read: {error}.", "Give the cell with the network alone.") from error


def _pieces(code: list[str]) -> list[ast.stmt]:
    """Read statement by statement, so that one that is no Python does not hide the others."""
    body: list[ast.stmt] = []
    start = 0
    while start < len(code):
        if not code[start].strip() or code[start].lstrip().startswith("#"):
            start += 1
            continue
        end, found = _piece(code, start)
        if isinstance(found, ast.Module):
            for statement in found.body:
                ast.increment_lineno(statement, start)
            body.extend(found.body)
        else:
            line = start + (found.lineno or 1)
            if _NETWORK.search("\n".join(code[start:end])):
                at = min(line, len(code)) - 1
                raise ModelError(
                    f"Line {line}: `{code[at].strip()[:60]}` is not Python: {found.msg}.",
                    "Check brackets, commas and quotes around it.",
                )
        start = end
    return body


def _piece(code: list[str], start: int) -> tuple[int, ast.Module | SyntaxError]:
    """Return the end of the statement that begins at ``start``, and the statement or why it is none."""
    end = start + 1
    while True:
        while end < len(code) and (not code[end].strip() or code[end][0] in " \t)]}"):
            end += 1
        found = _tried("\n".join(code[start:end]))
        if isinstance(found, ast.Module):
            if end < len(code) and re.match(r"(else|elif|except|finally)\b", code[end]):
                end += 1
                continue
            return end, found
        if end >= len(code) or not any(word in str(found.msg) for word in _UNFINISHED):
            return end, found
        end += 1
