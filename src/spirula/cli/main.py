"""The entry point: finds the command, runs it, turns what went wrong into one message and an exit code.

Exit codes: 0 fine · 1 failed · 2 the user's input · 3 a quality gate was not met · 130 interrupted after saving.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError
from pydantic import ValidationError as PydanticError

from .._version import __version__
from ..errors import ConfigError, SpirulaError
from ..memory import keep_freed_memory
from ..threads import share_the_processor

app = App(
    name="spirula",
    help="From a folder of images to a convolutional network that you understand and can ship.",
    version=__version__,
    help_format="plaintext",
    print_error=False,
    exit_on_error=False,
    result_action="return_value",
)

# Given as text, a command's module is imported when the command runs: --help stays instant.
app.command("spirula.cli.train:train", help="Train a network on images; leaves a run folder with a report.")
app.command("spirula.cli.train:demo", help="Train the two-conv network on Fashion-MNIST (or digits) as a first look.")
app.command("spirula.cli.bench:bench", help="Measure which batch size, precision and format train fastest here.")
app.command("spirula.cli.results:evaluate", help="Measure a trained network on its own or on other data.")
app.command("spirula.cli.results:predict", help="Say what is in pictures: files or folders.")
app.command("spirula.cli.calibrate:calibrate", help="Say how far answers can be trusted; refuse what is unknown.")
app.command("spirula.cli.results:compare", help="Compare two runs on the same samples, with intervals.")
app.command("spirula.cli.check:check", help="Say what is wrong with a run, with the numbers and the next command.")
app.command("spirula.cli.labels:labels", help="List the labels that a network doubts; write a patch of them.")
app.command("spirula.cli.growth:more_photos", help="Say whether more training pictures would help, and of which class.")
app.command("spirula.cli.explain:explain", help="Draw what a network learned: weights, kernels, feature maps.")
app.command("spirula.cli.results:report", help="Write a run's report.html anew.")
app.command("spirula.cli.results:runs", help="List the runs, best first.")
app.command("spirula.cli.model:recipes", help="List the recipes that come with spirula.")
app.command("spirula.cli.data:data", help="Look at data as a network gets them: classes, counts, one batch.")
app.command("spirula.cli.inspect:inspect", help="Look at data before training: files, copies, leaks, sizes, pictures.")
app.command("spirula.cli.data:subset", help="Write a smaller data set: so many pictures per class, in split folders.")
app.command("spirula.cli.cache:cache", help="List what the cache holds, and clear it.")
app.command("spirula.cli.importing:import_keras", name="import", help="Turn a trained .keras file into a run.")
app.command("spirula.cli.model:model_app", name="model", help="Look at networks: show, list.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    _write_any_script()
    share_the_processor()
    keep_freed_memory()
    try:
        code = app(list(arguments))
    except CycloptsError as error:
        return _complain(_mistake(error), 2)
    except SpirulaError as error:
        return _complain(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _complain("Interrupted.", 130)
    except BrokenPipeError:
        # The reader of our output (head, less) has left; what it wanted, it got.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code if isinstance(code, int) else 0


def _mistake(error: CycloptsError) -> str:
    """Say it in our words: one sentence per option, with the closest known value."""
    if isinstance(error.__cause__, PydanticError):
        from ..recipe import explain

        return str(ConfigError(explain(error.__cause__)))
    return str(error).strip() or "The command could not be understood; see spirula --help."


def _complain(message: str, code: int) -> int:
    print(f"spirula: {message}", file=sys.stderr)
    return code


def _write_any_script() -> None:
    """Make sure that names in any script, odd bytes included, can be printed in any locale."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
