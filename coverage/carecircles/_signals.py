"""What stops a run: Ctrl-C and the signals that end a process, so that temporary files go."""

import signal
import sys
from types import FrameType

_AGAIN_S = 0.02


def heed() -> None:
    """Ctrl-C raises KeyboardInterrupt, SIGTERM and SIGHUP SystemExit, but never within an import."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell may switch it off
        signal.signal(signal.SIGINT, _stop)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    """
    Stop, or where an import is under way, look again in a moment.

    What is raised within an import is taken for a fault of the module, printed as a traceback or lost.
    """
    if _is_importing(frame) and hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, lambda _, later: _stop(number, later))
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
    elif number == signal.SIGINT:
        raise KeyboardInterrupt
    else:
        sys.exit(128 + number)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
