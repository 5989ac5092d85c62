"""The errors of carecircles that are not Python's own."""

from collections.abc import Iterable


class ValidationError(ValueError):
    """
    Input that cannot be used as it is.

    `problems` holds one sentence for each problem found, every one naming the file, the rows, the
    values and what to do; the message is all of them, one a line. `understood` holds what could be
    read in spite of them, so that it can still be held against other files.
    """

    def __init__(self, problems: Iterable[str], *, understood: object = None) -> None:
        self.problems = tuple(problems)
        self.understood = understood
        super().__init__("\n".join(self.problems))


class InfeasibleError(RuntimeError):
    """A question that has no answer, such as a plan that cannot reach its target."""


class SolverError(RuntimeError):
    """A solver whose answers do not hold, or that cannot be run; nothing it said is passed on."""
