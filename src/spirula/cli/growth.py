"""``spirula more-photos``: would more training pictures help, and of which class?"""

from __future__ import annotations

import json as json_format

from .results import Json, RunName, RunsFolder


def more_photos(run: RunName, /, *, split: str | None = None, json: Json = False, runs: RunsFolder = "runs") -> int:
    """Say whether more training pictures would help, and of which class.

    Parameters
    ----------
    split: which samples to judge on: test or validation.
    """
    from ..api.growth import more_photos as more_photos_verb
    from ..api.run import open_run
    from ..progress import display
    from ..runs.files import finite

    with display("auto") as show:
        growth = more_photos_verb(open_run(run, runs), split=split, progress=show.loading)
    print(json_format.dumps(finite(growth.to_dict()), ensure_ascii=False, indent=1) if json else growth)
    return 0
