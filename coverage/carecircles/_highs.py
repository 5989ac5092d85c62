"""
HiGHS in a process of its own: a programme goes in; plans, bounds and an answer come out.

Whatever HiGHS does, it can be ended there, and what it prints reaches nobody. `python -m
carecircles._highs` is that process; it stays for the next programme, and ends with the one that
started it. What it answers is only what HiGHS claims: `_solver` holds it against the programme.
"""

import atexit
import contextlib
import math
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

import numpy as np

from carecircles.errors import SolverError
from carecircles.words import Sentence, say

Told = Callable[[float, float], None]  # the best value and the bound so far

_COMMAND = ("-P", "-m", "carecircles._highs")  # -P: no file beside the user's is taken for a module
_GRACE_S = 1.0  # what HiGHS may take beyond its time before its process is ended
_LISTEN_S = 0.1
_MOST_IDLE = 2
_TELL_S = 0.5


class Program(NamedTuple):
    """
    Columns between `lower` and `upper`, some of them whole, whose `objective` is to be best.

    The rows stand one after another (`starts`, `columns`, `factors`) between `least` and `most`.
    """

    objective: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    is_whole: np.ndarray
    starts: np.ndarray
    columns: np.ndarray
    factors: np.ndarray
    least: np.ndarray
    most: np.ndarray
    is_maximum: bool


class Answer(NamedTuple):
    """What HiGHS says: 'optimal', 'infeasible' or 'unknown', the columns if any, what they are worth."""

    status: str
    values: np.ndarray | None
    value: float
    bound: float
    duals: np.ndarray | None = None


class More(NamedTuple):
    """Rows of at most `most` that a programme grows by, after the rows `gone` were taken from it."""

    starts: np.ndarray
    columns: np.ndarray
    factors: np.ndarray
    most: np.ndarray
    gone: np.ndarray


class _Task(NamedTuple):
    program: Program | More
    options: dict[str, Any]
    start: np.ndarray | None  # the first columns; HiGHS finds the others


Solve = Callable[..., Answer]  # of a programme or what it grows by, see `growing`


def run(
    program: Program,
    *,
    seconds: float,
    stopped: threading.Event,
    start: np.ndarray | None = None,
    told: Told | None = None,
    **options: Any,
) -> Answer:
    """
    What HiGHS says of a programme within some seconds, or the best it said by then.

    Parameters
    ----------
    program
        What is to be solved.
    seconds
        How long HiGHS may take. A second later its process is ended.
    stopped
        Ends the work as soon as it is set.
    start
        Values of the first columns to start from.
    told
        Called while it works.
    options
        Options of HiGHS.

    Raises
    ------
    SolverError
        If HiGHS cannot be started or its process died.
    """
    with growing() as solve:
        return solve(program, seconds=seconds, stopped=stopped, start=start, told=told, **options)


@contextlib.contextmanager
def growing() -> Iterator[Solve]:
    """
    A process of HiGHS that keeps what it solved last, so that it goes on from there when rows are added.

    What is given takes a programme, or `More` for the one before, and otherwise what `run` takes.
    """
    worker = _idle_worker() or _Worker()
    is_idle, is_maximum = True, False

    def solve(
        program: Program | More,
        *,
        seconds: float,
        stopped: threading.Event,
        start: np.ndarray | None = None,
        told: Told | None = None,
        **options: Any,
    ) -> Answer:
        nonlocal is_idle, is_maximum
        if isinstance(program, Program):
            is_maximum = program.is_maximum
        if not is_idle:  # it has not come back from the task before
            return Answer("unknown", None, math.nan, math.inf if is_maximum else -math.inf)
        options |= {"output_flag": False, "threads": 2, "random_seed": 0}
        options["time_limit"] = max(0.1, seconds)
        is_idle = False
        worker.send(_Task(program, options, start))
        answer = _heard(worker, is_maximum, seconds, stopped, told)
        is_idle = answer is not None
        return answer or worker.latest

    try:
        yield solve
    finally:
        if is_idle and len(_idle) < _MOST_IDLE:
            _idle.append(worker)
        else:
            worker.end()


def _heard(
    worker: "_Worker",
    is_maximum: bool,
    seconds: float,
    stopped: threading.Event,
    told: Told | None,
) -> Answer | None:
    """The answer, or None if the process has to be ended."""
    until = time.monotonic() + seconds + _GRACE_S
    worker.latest = Answer("unknown", None, math.nan, math.inf if is_maximum else -math.inf)
    was_asked = False
    while (now := time.monotonic()) < until:
        if stopped.is_set() and not was_asked:
            was_asked, until = True, min(until, now + _GRACE_S)
            worker.send(None)
        try:
            kind, said = worker.inbox.get(timeout=_LISTEN_S)
        except queue.Empty:
            continue
        if kind == "done":
            return cast("Answer", said)
        if kind == "failed":
            why = f"the solver failed ({said}); reinstall highspy, or take another release."
            zh = f"求解器出错（{say(said, 'zh')}）；请重新安装 highspy，或换用其他版本。"
            raise SolverError(Sentence(why, zh=zh))
        if kind == "plan":
            worker.latest = worker.latest._replace(values=said.values, value=said.value)
        else:
            worker.latest = worker.latest._replace(bound=said.bound)
        if told:
            told(said.value, worker.latest.bound)
    return None


class _Worker:
    """The process of HiGHS, and what it has sent."""

    latest: Answer

    def __init__(self) -> None:
        # The modules it imports are those that are imported here.
        paths = [path or os.getcwd() for path in sys.path]  # noqa: PTH109
        try:
            self.process = subprocess.Popen(
                [sys.executable, *_COMMAND],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
                start_new_session=True,  # Ctrl-C is for us
            )
        except OSError as err:
            why = f"the solver could not be started ({err})."
            raise SolverError(Sentence(why, zh=f"求解器无法启动（{err}）。")) from err
        self.owner = os.getpid()
        self.inbox: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def send(self, message: _Task | None) -> None:
        """Hand something over, without waiting until it is read."""
        threading.Thread(target=self._write, args=(message,), daemon=True).start()

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.wait()
        self.listener.join(_GRACE_S)
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]  # opened as a pipe

    def _write(self, message: _Task | None) -> None:
        with contextlib.suppress(OSError, ValueError):  # the process has gone
            pickle.dump(message, self.process.stdin, protocol=5)  # type: ignore[arg-type]  # opened as a pipe
            self.process.stdin.flush()  # type: ignore[union-attr]  # opened as a pipe

    def _listen(self) -> None:
        try:
            while True:
                self.inbox.put(pickle.load(self.process.stdout))  # type: ignore[arg-type]  # opened as a pipe
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            self.inbox.put(("failed", Sentence("its process ended", zh="其进程已结束")))


_idle: list[_Worker] = []
_of_others: list[_Worker] = []  # came with a fork; theirs to end


def _idle_worker() -> _Worker | None:
    """A process that waits for work, if there is one."""
    while _idle:
        try:
            worker = _idle.pop()
        except IndexError:  # another thread was quicker
            return None
        if worker.owner != os.getpid():
            _of_others.append(worker)
        elif worker.process.poll() is None:
            return worker
        else:
            worker.end()
    return None


@atexit.register
def _end_all() -> None:
    while worker := _idle_worker():
        worker.end()


# The process of HiGHS


def _work() -> None:
    """Solve what comes in on standard input until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # where HiGHS prints
    tasks: queue.SimpleQueue[_Task] = queue.SimpleQueue()
    stop = threading.Event()

    def read() -> None:
        try:
            while True:
                task = pickle.load(sys.stdin.buffer)
                stop.set() if task is None else stop.clear()
                if task is not None:
                    tasks.put(task)
        finally:
            os._exit(0)  # nobody listens any more

    def tell(kind: str, said: object) -> None:
        pickle.dump((kind, said), out, protocol=5)
        out.flush()

    threading.Thread(target=read, daemon=True).start()
    highs = None
    while True:
        task = tasks.get()
        try:
            highs = _passed(highs, task)
            tell("done", _solved(highs, task, stop, tell))
        except Exception as err:
            tell("failed", f"{type(err).__name__}: {err}")


def _passed(highs: Any, task: _Task) -> Any:
    """HiGHS with the programme of a task, or with what the one before grows by."""
    import highspy

    if isinstance(task.program, Program):
        highs = highspy.Highs()  # type: ignore[no-untyped-call]  # highspy has no types
    for option, value in task.options.items():
        highs.setOptionValue(option, value)
    if isinstance(task.program, Program):
        _pass(highs, task.program)
        return highs
    starts, columns, factors, most, gone = task.program
    if len(gone):
        highs.deleteRows(len(gone), gone.astype(np.int32))
    count, least = len(most), np.full(len(most), -highspy.kHighsInf)
    some = (starts[:-1].astype(np.int32), columns.astype(np.int32), factors)
    if highs.addRows(count, least, most, len(columns), *some) == highspy.HighsStatus.kError:
        raise ValueError("the rows were refused")
    # The time limit counts from the first programme.
    highs.setOptionValue("time_limit", task.options["time_limit"] + highs.getRunTime())
    return highs


def _solved(
    highs: Any, task: _Task, stop: threading.Event, tell: Callable[[str, object], None]
) -> Answer:
    """One programme, with what HiGHS finds on the way."""
    import highspy

    if task.start is not None:
        size = len(task.start)
        highs.setSolution(size, np.arange(size, dtype=np.int32), task.start)
    kinds = highspy.cb.HighsCallbackType
    improved = kinds.kCallbackMipImprovingSolution
    asks = (
        kinds.kCallbackMipInterrupt,
        kinds.kCallbackSimplexInterrupt,
        kinds.kCallbackIpmInterrupt,
    )
    told = time.monotonic()

    def listen(kind: Any, _message: str, out: Any, answer: Any, _data: Any) -> None:
        nonlocal told
        if kind == improved:
            # Its bound is worth nothing: for the plan it starts from it is that plan's value.
            values, value = np.array(out.mip_solution), out.objective_function_value
            tell("plan", Answer("unknown", values, value, math.nan))
            return
        answer.user_interrupt = stop.is_set()
        if kind == asks[0] and time.monotonic() - told > _TELL_S:
            tell("bound", Answer("unknown", None, out.mip_primal_bound, out.mip_dual_bound))
            told = time.monotonic()

    highs.setCallback(listen, None)
    for kind in (*asks, improved):
        highs.startCallback(kind)
    highs.run()
    status, info, solution = highs.getModelStatus(), highs.getInfo(), highs.getSolution()
    named = {
        highspy.HighsModelStatus.kOptimal: "optimal",
        highspy.HighsModelStatus.kInfeasible: "infeasible",
    }
    values = np.array(solution.col_value)
    is_plan = len(values) == highs.getNumCol() and info.primal_solution_status == 2
    is_mip = isinstance(task.program, Program) and bool(task.program.is_whole.any())
    value = float(info.objective_function_value)
    return Answer(
        named.get(status, "unknown"),
        values if is_plan else None,
        value,
        float(info.mip_dual_bound) if is_mip else value,
        np.array(solution.row_dual) if solution.dual_valid else None,
    )


def _pass(highs: Any, program: Program) -> None:
    """Hand the programme over to HiGHS."""
    import highspy

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(program.objective), len(program.least)
    lp.sense_ = highspy.ObjSense.kMaximize if program.is_maximum else highspy.ObjSense.kMinimize
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = program.objective, program.lower, program.upper
    lp.row_lower_, lp.row_upper_ = program.least, program.most
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = program.starts.astype(np.int32)
    lp.a_matrix_.index_ = program.columns.astype(np.int32)
    lp.a_matrix_.value_ = program.factors
    if program.is_whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[w] for w in program.is_whole.tolist()]
    if highs.passModel(lp) == highspy.HighsStatus.kError:
        raise ValueError("the model was refused")


if __name__ == "__main__":
    import carecircles._highs as module  # what is sent belongs to it, not to __main__

    module._work()
