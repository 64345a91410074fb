"""What a finished training keeps of its network besides numbers: for the report, the checks and for explaining it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...progress import Display
from ...runs.writer import RunWriter
from ..keeping.sparing import spared

if TYPE_CHECKING:
    import numpy as np

    from ...evaluation.views import ViewSet
    from ...models.summary import Summary
    from ...training.assembly import Assembly


def note_afterwards(
    writer: RunWriter, assembly: Assembly, summary: Summary, rows: np.ndarray, views: ViewSet | None, show: Display
) -> None:
    """Write one part after the other into ``insight/``; one that cannot be made is left out, and that is said.

    ``rows``: of the split that was evaluated first.
    """
    from ..insight.robustness import note_robustness
    from ..keeping.health import note_baselines
    from ..keeping.heat import note_heat
    from ..keeping.looks import note_looks
    from ..keeping.thumbnails import note_thumbnails
    from ..keeping.units import note_filters
    from .describe import write_learned

    def heat_maps() -> None:
        note_looks(writer, assembly, summary)
        note_heat(writer, assembly, summary)

    parts: dict[str, Callable[[], None]] = {
        "weights and feature maps": lambda: write_learned(writer, assembly, summary, rows),
        "heat maps": heat_maps,
        "filters": lambda: note_filters(writer, assembly, summary),
        "robustness": lambda: note_robustness(writer, assembly, summary, views),
        "baselines": lambda: note_baselines(writer, assembly),
        "thumbnails": lambda: note_thumbnails(writer, assembly.dataset, folds=assembly.recipe.data.folds),
    }
    for part, make in parts.items():
        with spared(writer, show, part):
            make()
