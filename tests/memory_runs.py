"""What a command takes beside what was estimated, as one line of JSON: python -m tests.memory_runs evaluate --cell 5."""

import contextlib
import json
import os
import sys
import threading
import time
from pathlib import Path

import psutil
from scipy import spatial

from carecircles import cli, datasets, maps, memory, report, siting


def peak_mb(process):
    """The peak of a process's own memory; getrusage would count that of the one that started it, too."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024 / 1e6


def watch_solvers(peaks):
    """Keep the peak of every process that this one starts, also of those that end before it."""
    while True:
        for child in psutil.Process().children():
            with contextlib.suppress(OSError, ValueError):  # it has just ended
                peaks[child.pid] = peak_mb(child.pid)
        time.sleep(0.05)


def main():
    assert maps and report and siting and spatial  # imported now, so that they do not count
    datasets.load("hexi")
    estimates = []
    require = memory.require

    def watched(estimate, **options):
        estimates.append(estimate)
        require(estimate, **options)

    memory.require = watched
    before, solvers = peak_mb("self"), {}
    threading.Thread(target=watch_solvers, args=[solvers], daemon=True).start()
    sys.argv = ["carecircles", *sys.argv[1:]]
    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    try:
        cli.main()
    except SystemExit as ended:
        assert ended.code == 0, ended.code
    taken = peak_mb("self") - before + max(solvers.values(), default=0.0)
    found = {"taken_mb": round(taken), "estimated_mb": round(sum(estimates) / 1e6)}
    os.write(out, json.dumps(found | {"ratio": round(found["estimated_mb"] / taken, 2)}).encode())


if __name__ == "__main__":
    main()
