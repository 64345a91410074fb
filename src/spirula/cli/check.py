"""``spirula check``: what is wrong with a run, with the next command."""

from __future__ import annotations

import json as json_format
from typing import Annotated, Literal

from cyclopts import Parameter

from .results import Json, RunName, RunsFolder

GATE = 3  # a quality gate was not met


def check(
    run: RunName,
    others: Annotated[
        list[str] | None, Parameter(help="More runs: whether they differ by more than chance is checked too.")
    ] = None,
    /,
    *,
    mute: Annotated[list[str] | None, Parameter(help="Codes to leave out: T003, or T003,D002.", negative=())] = None,
    fail_on: Annotated[
        Literal["problem", "warning", "hint", "never"],
        Parameter(help="Leave with exit code 3 when a finding is this grave, or graver."),
    ] = "problem",
    lang: Annotated[Literal["en", "ko"], Parameter(help="Language of the sentences: en or ko.")] = "en",
    json: Json = False,
    runs: RunsFolder = "runs",
) -> int:
    """Say what is wrong with a run: findings with their numbers and the next command.

    spirula check last

    spirula check first second --fail-on warning --mute T007

    Leaves with 3 when a problem is found; see --fail-on.
    """
    from ..api.check import check as check_verb
    from ..api.run import open_run
    from ..runs.files import finite

    codes = [code for given in mute or [] for code in given.split(",")]
    verdict = check_verb(*(open_run(name, runs) for name in (run, *(others or []))), mute=codes, lang=lang)
    print(json_format.dumps(finite(verdict.to_dict()), ensure_ascii=False, indent=1) if json else verdict)
    return 0 if fail_on == "never" or not verdict.at_least(fail_on) else GATE
