"""The verb ``run.filters``: dead and similar filters of every convolution, as a table."""

from __future__ import annotations

from ...errors import RunError
from ...runs.folder import UNITS, RunFolder
from ..showing.tables import Table


def filters(run: RunFolder) -> Table:
    """See :meth:`spirula.Run.filters`."""
    from ...report.inside.idle import alike_groups, idle_layers

    arrays = run.arrays(UNITS)
    if not arrays:
        raise RunError(
            f"{run.name} does not say which of its filters are dead or alike",
            "Networks with a convolution that are trained here do; train it again with this version.",
        )
    rows = [
        {
            "layer": entry.layer,
            "filters": entry.filters,
            "dead": entry.dead,
            "alike": ", ".join(alike_groups(entry)),
            "alike_pairs": entry.pair_count,
        }
        for entry in idle_layers(arrays)
    ]
    return Table(rows, f"Filters of {run.name}, over {int(arrays['samples']):,} pictures")
