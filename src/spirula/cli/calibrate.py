"""``spirula calibrate``: how far a run's answers can be trusted, and what it refuses to answer."""

from __future__ import annotations

import json as json_format
from typing import Annotated, Literal

from cyclopts import Parameter

from ..errors import InputError
from .results import Json, RunName, RunsFolder


def calibrate(
    run: RunName,
    /,
    *,
    refuse: Annotated[
        str | None,
        Parameter(help="Refuse this share of the validation pictures, those least like the training: 0.05; or none."),
    ] = None,
    json: Json = False,
    runs: RunsFolder = "runs",
) -> int:
    """Say how far a run's answers can be trusted; choose from when on predict calls a picture unknown.

    spirula calibrate last

    spirula calibrate last --refuse 0.05
    """
    from ..api.run import open_run

    share: float | Literal["none"] | None = "none" if refuse == "none" else None
    if refuse is not None and share is None:
        try:
            share = float(refuse)
        except ValueError as error:
            raise InputError(f"--refuse {refuse} is no share", "Give one such as 0.05, or none.") from error
    found = open_run(run, runs).calibrate(refuse=share)
    print(json_format.dumps(found.to_dict(), ensure_ascii=False, indent=1) if json else found)
    return 0
