"""What is typed to see more of one picture than a page can hold."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

import numpy as np

from ...checks.facts import RunFacts
from ...errors import RunError
from ..facts import Facts


def further(facts: Facts, looks: Mapping[str, np.ndarray]) -> dict[str, tuple[str, str]]:
    """Return commands by name, each in two parts between which the picture's id belongs.

    walk: every number of it. cam: where the network looks, where there is a layer to look at. None where the command
    could not find the picture or make the network: of vectors, of data that only Python held, of the user's own
    module, and of a cross-validation, which has several.
    """
    run = RunFacts(facts.run, facts.address)
    if facts.noun != "images" or "folds" in facts.document or run.source is None:
        return {}
    try:
        spec = facts.run.card().get("spec")
    except RunError:
        return {}  # not trained to the end: there is nothing to look into
    if not isinstance(spec, dict) or spec.get("kind") == "module":
        return {}
    explain = shlex.join(["spirula", "explain", facts.address])
    found = {"walk": (explain, shlex.join(["--walk", *run.custom_words]))}
    if "method" in looks:
        found["cam"] = (explain, shlex.join(["--cam", str(looks["method"]), *run.custom_words]))
    return found
