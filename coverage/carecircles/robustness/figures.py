"""What draws say together: how far figures vary, which statements hold, what to find out first."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from carecircles import evaluation
from carecircles.robustness.values import Robustness

LOW, HIGH = 0.05, 0.95  # quantiles of the draws, an interval's ends
LIKELY = 0.95  # of the draws, in which a statement has to hold
_HAIR = 1e-9  # what arithmetic leaves between two equal shares
_NOBODY = 1e-6  # people whom arithmetic leaves of none


def of_district(found: Robustness, *, target: float | None = None) -> pd.Series:
    """
    How far the district's coverage varies.

    Parameters
    ----------
    found
        From `measure`.
    target
        Share of people to be covered.

    Returns
    -------
    figures
        The people; covered_..._share as the plan claims it, expected_..._share (the mean of the draws),
        low_..._share and high_..._share, between which it lies in 90 % of the draws; and met_share, the share of
        draws in which the target is met, if there is one.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> found = robustness.measure(asis, robustness.draw(asis, draws=50, rng=1))
    >>> told = of_district(found)
    >>> bool(told["low_people_60_share"] < told["expected_people_60_share"] < told["high_people_60_share"])
    True
    """
    share = _of_all(found).to_numpy()[:, None]
    claimed = evaluation.of_district(found.plan.cells)
    return pd.Series(
        {name: values[0] for name, values in _varied(found, share, target).items()}
        | {name: claimed[name] for name in (found.group, f"covered_{found.group}_share")},
        name="district",
        dtype=float,
    )


def by_street(found: Robustness, *, target: float | None = None) -> pd.DataFrame:
    """
    How far the coverage of each street varies, and its place among them.

    Parameters are those of `of_district`.

    Returns
    -------
    figures
        Indexed by street, with the columns of `of_district`, and need_rank (the place of the street as
        claimed, the one served worst first; equals share the smaller), need_rank_low and need_rank_high, between
        which it lies in 90 % of the draws, need_rank_share (in how many it is just that), and worst_share, the share
        of draws in which no street is served worse. NaN where nobody lives.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> found = robustness.measure(asis, robustness.draw(asis, draws=50, rng=1))
    >>> by_street(found)["need_rank"].min()
    np.float64(1.0)
    """
    shares = _of_streets(found)
    claimed = evaluation.by_street(found.plan.cells)
    was = claimed[f"covered_{found.group}_share"].reindex(shares.columns)
    place = _ranks(was.to_numpy()[None, :])[0]
    ranks = _ranks(shares.to_numpy())
    low, high = (_quantile(ranks, q, method) for q, method in ((LOW, "lower"), (HIGH, "higher")))
    lives = ~np.isnan(place)
    figures = {
        found.group: claimed[found.group].reindex(shares.columns).to_numpy(),
        f"covered_{found.group}_share": was.to_numpy(),
        **_varied(found, shares.to_numpy(), target),
        "need_rank": place,
        "need_rank_low": low,
        "need_rank_high": high,
        "need_rank_share": np.where(lives, (ranks == place).mean(axis=0), np.nan),
        "worst_share": np.where(lives, (ranks == 1).mean(axis=0), np.nan),
    }
    return pd.DataFrame(figures, index=shares.columns.rename("street"))


def net_of_district(before: Robustness, after: Robustness) -> pd.Series:
    """
    How far it varies how many more people of the district one plan covers than another, draw by draw.

    Parameters
    ----------
    before, after
        From `measure_together`.

    Returns
    -------
    figures
        expected_net_... (people, the mean of the draws), low_net_... and high_net_..., between which they lie in
        90 % of the draws; more_share and fewer_share, the shares of draws in which more and fewer people are covered.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, robustness, scenario
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> less = plan.carry_out(asis, scenario.parse({"name": "One less", "step": [{"close": "H12"}]}))
    >>> told = net_of_district(*robustness.measure_together([asis, less], draws=20, rng=1))
    >>> float(told["more_share"]), bool(told["low_net_people_60"] < told["high_net_people_60"] <= 0)
    (0.0, True)
    """
    net = (after.covered - before.covered).sum(axis=1).to_numpy()[:, None]
    told = _net(net, after.group)
    return pd.Series({name: values[0] for name, values in told.items()}, name="district")


def net_by_street(before: Robustness, after: Robustness) -> pd.DataFrame:
    """
    The same for each street; parameters and columns are those of `net_of_district`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, robustness, scenario
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> less = plan.carry_out(asis, scenario.parse({"name": "One less", "step": [{"close": "H12"}]}))
    >>> found = robustness.measure_together([asis, less], draws=20, rng=1)
    >>> bool((net_by_street(*found)["more_share"] == 0).all())
    True
    """
    net = after.covered - before.covered
    return pd.DataFrame(_net(net.to_numpy(), after.group), index=net.columns.rename("street"))


def _net(net: np.ndarray, group: str) -> dict[str, np.ndarray]:
    """How numbers of people vary over the draws, a column a place."""
    net = np.where(np.abs(net) > _NOBODY, net, 0.0)
    return {
        f"expected_net_{group}": net.mean(axis=0),
        f"low_net_{group}": _quantile(net, LOW),
        f"high_net_{group}": _quantile(net, HIGH),
        "more_share": (net > 0).mean(axis=0),
        "fewer_share": (net < 0).mean(axis=0),
    }


def first_to_find_out(found: Robustness) -> pd.DataFrame:
    """
    Whose coordinates to find out first: how much of the variance of the district's coverage each centre brings in.

    Each centre in turn stands where it is said to in every draw, the others as drawn; what variance that takes away
    is its share. Shares need not add up to 1, as centres stand in for each other, and one that brings in
    nothing may have a share a hair below 0.

    Parameters
    ----------
    found
        From `measure`.

    Returns
    -------
    centres
        Indexed by centre, the one that takes most away first: position_error_m, variance_share, and
        deviation_share, the standard deviation of the district's coverage that is left then. Empty where nothing
        varies with the positions.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> found = robustness.measure(asis, robustness.draw(asis, draws=200, rng=1))
    >>> first_to_find_out(found)["variance_share"].is_monotonic_decreasing
    True
    """
    variance = float(_of_all(found).var(ddof=0))
    left = found.frozen.var(ddof=0)
    if not variance > _HAIR**2:
        left = left.iloc[:0]
    taken = 1 - left / variance if variance > 0 else left
    table = pd.DataFrame(
        {
            "position_error_m": found.draws.error.reindex(left.index),
            "variance_share": taken,
            "deviation_share": np.sqrt(left),
        },
        index=left.index.rename("id"),
    )
    return table.sort_values("variance_share", ascending=False, kind="stable")


def statements(found: Robustness, *, target: float | None = None) -> pd.DataFrame:
    """
    What the plan claims, and in how many draws it holds.

    Parameters are those of `of_district`.

    Returns
    -------
    statements
        A row a statement: `kind` is 'target' (the share of people is covered, with `place` None), 'worst' (no
        street is served worse) or 'rank' (it has just that `place` among the streets, the one served worst first; not of those that share a place);
        `street` ('' for the district); `held` and `draws`, `held_share`, and `is_likely`, whether that is
        `LIKELY` or more. The worst street as claimed comes first, then the target, then ranks.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> found = robustness.measure(asis, robustness.draw(asis, draws=50, rng=1))
    >>> statements(found, target=0.5).iloc[:2][["kind", "street", "held"]].to_numpy().tolist()
    [['worst', '120103014', 50], ['target', '', 50]]
    """
    streets, count = by_street(found, target=target), len(found.draws)
    place = streets["need_rank"]
    alone = place[place.notna() & ~place.duplicated(keep=False)].sort_values()
    rows: list[Mapping[str, object]] = [
        {"kind": "worst", "street": code, "place": 1, "held_share": streets["worst_share"][code]}
        for code in place.index[place == 1]
    ]
    if target is not None:
        met = {"": of_district(found, target=target)["met_share"], **streets["met_share"].dropna()}
        rows += [
            {"kind": "target", "street": code, "place": 0, "held_share": share}
            for code, share in met.items()
        ]
    rows += [
        {"kind": "rank", "street": code, "place": int(own), "held_share": share}
        for code, own, share in zip(
            alone.index, alone, streets["need_rank_share"][alone.index], strict=True
        )
    ]
    table = pd.DataFrame(rows, columns=["kind", "street", "place", "held_share"])
    held = (table["held_share"].astype(float) * count).round().astype(int)
    return table.assign(held=held, draws=count, is_likely=held >= np.ceil(LIKELY * count - _HAIR))


def _of_all(found: Robustness) -> pd.Series:
    """The district's share in each draw."""
    return found.covered.sum(axis=1) / found.people.sum(axis=1)


def _of_streets(found: Robustness) -> pd.DataFrame:
    """The share of each street in each draw; NaN where nobody lives."""
    return found.covered / found.people.where(found.people > 0)


def _varied(found: Robustness, shares: np.ndarray, target: float | None) -> dict[str, np.ndarray]:
    """How shares vary over the draws, a column a place."""
    group = found.group
    told = {
        f"expected_{group}_share": shares.mean(axis=0),
        f"low_{group}_share": _quantile(shares, LOW),
        f"high_{group}_share": _quantile(shares, HIGH),
    }
    if target is not None:
        met = (shares >= target - _HAIR).mean(axis=0)
        told["met_share"] = np.where(np.isnan(shares[0]), np.nan, met)
    return told


def _quantile(values: np.ndarray, q: float, method: str = "linear") -> np.ndarray:
    found: np.ndarray = np.quantile(values, q, axis=0, method=method)  # type: ignore[call-overload]
    return found


def _ranks(shares: np.ndarray) -> np.ndarray:
    """The place of each street in each draw, the one with the least share first; equals share the smaller."""
    rounded = pd.DataFrame(np.round(shares / _HAIR))
    return rounded.rank(axis=1, method="min").to_numpy(dtype=float)
