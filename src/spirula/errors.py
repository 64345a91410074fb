"""The exception tree.

Every message says three things: what is wrong, the value that is wrong, and what to do about it.
The command line turns these into one line on stderr and the exit code of the class; anything that
is not a ``SpirulaError`` is a bug of ours and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class SpirulaError(Exception):
    """Something went wrong that we can explain.

    Parameters
    ----------
    problem: one sentence: what is wrong, with the value that is wrong.
    remedy: one sentence: what to do about it. May be empty when the problem says it.
    """

    exit_code = 1

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}\n  → {self.remedy}" if self.remedy else self.problem


class InputError(SpirulaError, ValueError):
    """The user's input cannot work: an option, a path, a network, a data set. A ``ValueError`` to Python."""

    exit_code = 2


class ConfigError(InputError):
    """An option or a recipe file is wrong. Lists every mistake at once."""

    def __init__(self, mistakes: Iterable[str], remedy: str = "") -> None:
        self.mistakes = tuple(mistakes)
        head = self.mistakes[0] if len(self.mistakes) == 1 else f"{len(self.mistakes)} options are wrong:"
        body = "" if len(self.mistakes) == 1 else "".join(f"\n  - {mistake}" for mistake in self.mistakes)
        super().__init__(head + body, remedy)

    def __reduce__(self) -> tuple[type[ConfigError], tuple[tuple[str, ...], str]]:
        return (type(self), (self.mistakes, self.remedy))


class DataError(InputError):
    """A data source cannot be read as what it claims to be."""


class UnusableDataError(DataError):
    """The data can be read, but a training would refuse them. An inspection shows them all the same."""


class ModelError(InputError):
    """A network's description cannot be read, or its shapes cannot work."""


class CustomError(InputError):
    """A piece of the user's own (a loss, a layer, …) is missing, fails, or returns what it must not."""


class RunError(InputError):
    """A run folder is missing, damaged, or not in the state that the command needs."""


class DownloadError(SpirulaError):
    """A named set could not be fetched."""


class TrainingError(SpirulaError):
    """Training could not go on (for example: the loss stopped being finite)."""


class VerificationError(SpirulaError):
    """The reloaded model did not reproduce the numbers that training logged."""

    exit_code = 3


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``' Did you mean "x"?'`` for the closest known word, or an empty string."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f' Did you mean "{close[0]}"?' if close else ""
