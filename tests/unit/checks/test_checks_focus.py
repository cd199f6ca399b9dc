"""What a node has room for."""

from __future__ import annotations

from kverify.checks.deciding.focus import roomy
from kverify.model.scheduling.state import ClusterState
from tests.engines.fit_cases import node, pod


def test_pods_of_which_there_are_none_need_no_room() -> None:
    """A workload at zero takes nothing from the others and asks for nothing, however large its pods."""
    small, large = pod("small", "a", 2, ""), pod("large", "b", 3, "")
    state = ClusterState([node(0, 2, 9, None, "x", taint=False)], pods=[small, large])
    assert roomy(state, [(large, 0), (small, 1)], [(0,)]) == (0,)
    assert roomy(state, [(large, 1), (small, 1)], [(0,)]) is None
