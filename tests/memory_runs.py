"""What a command takes beside what was estimated, as one line of JSON: python -m tests.memory_runs evaluate --cell 5."""

import json
import os
import resource
import sys

from carecircles import cli, datasets, maps, memory, report, siting


def megabytes(who):
    return resource.getrusage(who).ru_maxrss / 1000  # Linux counts in kilobytes


def main():
    assert maps and report and siting  # imported now, so that they do not count
    datasets.load("hexi")
    estimates = []
    require = memory.require

    def watched(estimate, **options):
        estimates.append(estimate)
        require(estimate, **options)

    memory.require = watched
    before = megabytes(resource.RUSAGE_SELF)
    sys.argv = ["carecircles", *sys.argv[1:]]
    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    try:
        cli.main()
    except SystemExit as ended:
        assert ended.code == 0, ended.code
    taken = megabytes(resource.RUSAGE_SELF) - before + megabytes(resource.RUSAGE_CHILDREN)
    found = {"taken_mb": round(taken), "estimated_mb": round(sum(estimates) / 1e6)}
    os.write(out, json.dumps(found | {"ratio": round(found["estimated_mb"] / taken, 2)}).encode())


if __name__ == "__main__":
    main()
