"""The errors of carecircles that are not Python's own."""

from collections.abc import Iterable

from carecircles.words import Sentence, joined


class ValidationError(ValueError):
    """
    Input that cannot be used as it is.

    `problems` holds one sentence for each problem found, every one naming the file, the rows, the
    values and what to do, in each language; the message is all of them, one a line. `understood` holds
    what could be read in spite of them, so that it can still be held against other files.
    """

    def __init__(self, problems: Iterable[Sentence], *, understood: object = None) -> None:
        self.problems = tuple(problems)
        self.understood = understood
        super().__init__(joined(self.problems))


class StoppedError(ValidationError):
    """What stopped a long run that had nothing wrong with it, such as a full disk or a cluster that is gone."""


class _Said(Exception):
    """An error that is one sentence, in each language."""

    def __init__(self, why: Sentence) -> None:
        self.why = why
        super().__init__(why)


class InfeasibleError(_Said, RuntimeError):
    """A question that has no answer, such as a plan that cannot reach its target."""


class SolverError(_Said, RuntimeError):
    """A solver whose answers do not hold, or that cannot be run; nothing it said is passed on."""


class OutOfTimeError(_Said, TimeoutError):
    """A search whose time was up before there was anything to pass on."""
