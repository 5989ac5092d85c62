"""What stops a run: Ctrl-C and the signals that end a process, so that temporary files go."""

import contextlib
import signal
import sys
from collections.abc import Iterator
from types import FrameType

_AGAIN_S = 0.02
_LOST_S = 0.2  # after which what was raised has arrived somewhere

_is_awaited = False  # whether somebody tells of it


def heed() -> None:
    """Ctrl-C raises KeyboardInterrupt, SIGTERM and SIGHUP SystemExit, once they are `awaited`."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell may switch it off
        signal.signal(signal.SIGINT, _stop)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)


@contextlib.contextmanager
def awaited() -> Iterator[None]:
    """What is raised from here on is caught by whoever tells of it."""
    global _is_awaited
    _is_awaited = True
    try:
        yield
    finally:
        _is_awaited = False
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)


def _stop(number: int, frame: FrameType | None) -> None:
    """
    Stop, or where an import is under way or nobody would tell of it yet, look again in a moment.

    What is raised within an import is taken for a fault of the module, printed as a traceback or lost.
    Some libraries swallow whatever is raised while they call back, so it is raised until it arrives.
    """
    can_wait = hasattr(signal, "setitimer")
    if can_wait:
        is_early = _is_importing(frame) or not _is_awaited
        is_late = is_early or _is_arriving()
        signal.signal(signal.SIGALRM, lambda _, later: _stop(number, later))
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_S if is_early else _LOST_S)
        if is_late:
            return
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _is_arriving() -> bool:
    """Whether what was raised is on its way: something is being cleaned up."""
    error = sys.exc_info()[1]
    while error is not None:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            return True
        error = error.__context__
    return False
