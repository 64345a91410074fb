"""What a run that does not reach its end leaves behind, and what its user is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import InputError
from ...progress import Display
from ...runs import folder as layout
from ...runs.writer import RunWriter
from ...training.diagnosis.culprit import NotFiniteError
from ..run import Run


def how_to_go_on(writer: RunWriter) -> str:
    return f"Interrupted and saved. Go on with: spirula train --resume {writer.path}"


@contextmanager
def failure_noted(writer: RunWriter, show: Display, *, is_new: bool = False) -> Iterator[None]:
    """Write into ``run.json`` that the run failed, and why, before the error goes on its way.

    A new run that is refused before its first checkpoint (a budget too small for one step) leaves nothing behind.
    """
    try:
        yield
    except KeyboardInterrupt:
        writer.update(status="interrupted")
        show.message(how_to_go_on(writer))
        raise
    except Exception as error:
        if is_new and isinstance(error, InputError) and not any(writer.checkpoints.iterdir()):
            writer.discard()
        else:
            writer.update(status="failed", failure=str(error) or type(error).__name__)
        if isinstance(error, NotFiniteError):
            writer.write_insight_json(layout.NOT_FINITE, error.facts)
            show.message(f"What happened, as a page: {Run(writer.folder).report()}")
        raise
