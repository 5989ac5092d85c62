"""Blocks on several processes or machines: Dask maps the same function over them, and gives it back in their order."""

import contextlib
import itertools
import logging
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

import carecircles
from carecircles import _mends
from carecircles.blocks import Run
from carecircles.errors import StoppedError, ValidationError
from carecircles.words import Sentence

if TYPE_CHECKING:
    from dask.distributed import Client

_Given = TypeVar("_Given")
_Known = TypeVar("_Known")
_AHEAD = 2  # blocks a worker that are asked for before the first is fetched
_PATIENCE = 10.0  # seconds


@contextlib.contextmanager
def of_workers(count: int, *, memory: float | None = None) -> Iterator[Run]:
    """
    What maps a function over blocks on processes of this machine, which end with it.

    Parameters
    ----------
    count
        How many processes.
    memory
        Bytes that each may take, as much as there is if None.

    Raises
    ------
    ImportError
        If Dask is not installed.

    Examples
    --------
    >>> from carecircles import blocks, counts, datasets
    >>> area = datasets.load("template")
    >>> with of_workers(1) as run:  # doctest: +SKIP
    ...     asis = blocks.evaluate(area, cell=200, run=run)
    """
    _require_dask()
    from dask.distributed import Client, LocalCluster

    with _unheeded_interrupts():  # a terminal sends Ctrl-C to all; it is we who end the workers
        started = LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            memory_limit=0 if memory is None else int(memory),
        )
    with started as cluster, Client(cluster) as client:
        yield _run_on(client)


@contextlib.contextmanager
def _unheeded_interrupts() -> Iterator[None]:
    """Processes that are started meanwhile do not heed Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, kept)


@contextlib.contextmanager
def of_scheduler(address: str, *, workers: int = 1) -> Iterator[Run]:
    """
    What maps a function over blocks on the workers of a cluster that is there.

    Parameters
    ----------
    address
        Where its scheduler listens, such as 'tcp://10.0.0.5:8786'.
    workers
        How many workers to wait for, a few seconds.

    Raises
    ------
    ImportError
        If Dask is not installed.
    ValidationError
        If nothing answers there, it has no worker, or a worker has another version of carecircles.

    Examples
    --------
    >>> from carecircles import blocks, datasets
    >>> with of_scheduler("tcp://10.0.0.5:8786") as run:  # doctest: +SKIP
    ...     asis = blocks.evaluate(datasets.load("template"), run=run)
    """
    _require_dask()
    from dask.distributed import Client

    try:
        client = Client(address, timeout=_PATIENCE)
    except (OSError, ValueError, TimeoutError):
        told = (
            f"--scheduler {address}: no scheduler of Dask answers there; start one with `dask scheduler` and "
            "workers with `dask worker`, and write its address such as tcp://10.0.0.5:8786."
        )
        zh = (
            f"--scheduler {address}：没有 Dask 调度器应答；请用 `dask scheduler` 启动调度器、用 `dask worker` 启动"
            "工作进程，并写明地址，如 tcp://10.0.0.5:8786。"
        )
        raise ValidationError([Sentence(told, zh=zh)]) from None
    with client:
        with contextlib.suppress(TimeoutError):
            client.wait_for_workers(workers, timeout=_PATIENCE)
        _require_same(client, address)
        yield _run_on(client)


def _run_on(client: "Client") -> Run:
    def run(function: Callable[[_Given], _Known], tasks: Iterable[_Given]) -> Iterator[_Known]:
        """In the order of the tasks, few of which are there at once; those of a worker that dies run again."""
        waiting = iter(tasks)
        ahead = _AHEAD * max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
        asked = deque(
            client.submit(function, t, pure=False) for t in itertools.islice(waiting, ahead)
        )
        while asked:
            with _told_when_gone():
                found = asked.popleft().result()
            yield found
            asked += [client.submit(function, t, pure=False) for t in itertools.islice(waiting, 1)]

    return run


@contextlib.contextmanager
def _told_when_gone() -> Iterator[None]:
    """In our words that the cluster is gone, or that a block ends each worker that counts it."""
    from distributed import CancelledError
    from distributed.comm.core import CommClosedError
    from distributed.scheduler import KilledWorker

    try:
        yield
    except KilledWorker as err:
        told = (
            "several workers died while they counted the same block, mostly for want of memory; use fewer --workers or a "
            "larger --memory."
        )
        zh = "多个工作进程在计算同一分块时终止，多因内存不足；请减少 --workers 或增大 --memory。"
        raise StoppedError([Sentence(told, zh=zh)]) from err
    except (CancelledError, CommClosedError) as err:
        logging.getLogger("distributed.client").setLevel(
            logging.CRITICAL
        )  # it would tell how in its own words
        told = "the scheduler of the workers is gone; start it and its workers again."
        zh = "工作进程的调度器已不在；请重新启动调度器和工作进程。"
        raise StoppedError([Sentence(told, zh=zh)]) from err


def _require_same(client: "Client", address: str) -> None:
    """Go on only if there are workers, all of them with this version."""
    try:
        found = client.run(_own_version)
    except Exception as err:  # a worker tells whatever it met, such as that it has no carecircles
        told = f"--scheduler {address}: a worker cannot run carecircles ({err!s:.160}); install carecircles {carecircles.__version__} there."
        zh = f"--scheduler {address}：有工作进程无法运行 carecircles（{err!s:.160}）；请在那里安装 carecircles {carecircles.__version__}。"
        raise ValidationError([Sentence(told, zh=zh)]) from err
    if not found:
        told = f"--scheduler {address}: it has no worker; start some with `dask worker {address}`."
        zh = f"--scheduler {address}：没有工作进程；请用 `dask worker {address}` 启动。"
        raise ValidationError([Sentence(told, zh=zh)])
    others = {where: own for where, own in found.items() if own != carecircles.__version__}
    if others:
        where, own = next(iter(others.items()))
        told = (
            f"--scheduler {address}: {len(others)} of {len(found)} workers have another carecircles "
            f"({where}: {own}); install {carecircles.__version__} there."
        )
        zh = (
            f"--scheduler {address}：{len(found)} 个工作进程中有 {len(others)} 个的 carecircles 版本不同"
            f"（{where}：{own}）；请在那里安装 {carecircles.__version__}。"
        )
        raise ValidationError([Sentence(told, zh=zh)])


def _own_version() -> str:
    """The version of carecircles where this runs."""
    return carecircles.__version__


def _require_dask() -> None:
    try:
        import dask.distributed  # noqa: F401
    except ImportError as err:
        doing = Sentence(
            "--workers and --scheduler: several processes", zh="--workers 和 --scheduler：多进程"
        )
        raise ImportError(_mends.install(doing, "distributed", "cluster")) from err
