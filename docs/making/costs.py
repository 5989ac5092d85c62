"""The picture of what a cell costs by the size of the area, of the rows of `docs/static/blocks.csv`."""

from pathlib import Path

import matplotlib
import pandas as pd

matplotlib.use("agg")
import matplotlib.pyplot as plt

STATIC = Path(__file__).parent.parent / "static"
COLOURS = {"all": "#1e3a8a", "shares and people": "#c2410c"}


def draw(rows):
    """CPU seconds and memory beside each other, a line for each thing that is asked."""
    figure, (seconds, memory) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for asked, some in rows.groupby("asked"):
        millions = some["cells"] / 1e6
        style = {"color": COLOURS[asked], "marker": "o", "label": asked}
        seconds.plot(millions, some["cpu_s"], **style)
        memory.plot(millions, some["peak_mb"], **style)
    for axes, title in ((seconds, "CPU seconds"), (memory, "Peak memory, MB")):
        axes.set(title=title, xlabel="Million cells", xscale="log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#e2e8f0")
    seconds.set_yscale("log")
    seconds.yaxis.set_major_formatter("{x:g}")
    memory.set_ylim(0)
    seconds.legend(frameon=False)
    return figure


if __name__ == "__main__":
    draw(pd.read_csv(STATIC / "blocks.csv")).savefig(STATIC / "blocks.png", dpi=130)
