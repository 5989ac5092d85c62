"""Walks from seat to seat, on a ladder of streets that is checked on paper and against every way of walking."""

from carecircles import reach
from tests.ladder import ladder


def test_walks_on_the_ladder_are_those_on_paper():
    on = ladder()
    walks = reach.walking(on.homes, on.centres, on.network, cutoff=400).table
    assert walks.round(6).to_dict() == {("p", "C"): 400, ("q", "C"): 350, ("r", "C"): 150}
    assert on.network.edges.set_index("kind").loc["steps", "metres"] == 100
    assert on.network.edges["level"].sum() == 1  # the bridge
