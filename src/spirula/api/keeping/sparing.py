"""What a run can do without: where it cannot be made, a finished training is not lost for it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import SpirulaError
from ...progress import Display
from ...runs.folder import LEFT_OUT
from ...runs.writer import RunWriter


@contextmanager
def spared(writer: RunWriter, show: Display, part: str) -> Iterator[None]:
    """Leave a part of the run out where making it fails, and say so: on the screen, and in ``run.json``.

    For what is made of a network that is trained and saved, and on which nothing of the run depends. Such a part needs
    memory of its own, and runs a network of the user's own in ways that the training did not. An error that is neither
    of these is a warning besides: it is ours.
    """
    from ...training.shortage import is_shortage

    try:
        yield
    except Exception as error:  # noqa: BLE001  whatever it is: hours of training are worth more
        short = is_shortage(error)
        said = str(error).strip().splitlines() or [type(error).__name__]
        reason = f"out of memory: {said[0]}" if short else said[0]
        writer.update(**{LEFT_OUT: {**writer.document.get(LEFT_OUT, {}), part: reason}})
        show.message(f"Left out   {part}: {reason}. The network is trained and saved; the rest goes on.")
        if not short and not isinstance(error, SpirulaError):
            warnings.warn(
                f"The {part} could not be made ({type(error).__name__}). Please report this.",
                RuntimeWarning,
                stacklevel=3,
            )
