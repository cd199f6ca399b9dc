"""A ``ClusterState`` says of every pod and node what the filters say of a plain snapshot of the same cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import scheduling
from kverify.api.types.volume import GCEPersistentDiskVolumeSource
from kverify.model.expr import integer
from kverify.model.scheduling import (
    ClusterState,
    NodeInfo,
    Plugin,
    PodGroup,
    PodInfo,
    Requirement,
    Snapshot,
    feasible_nodes,
    message,
    reject,
    reported,
)
from kverify.model.scheduling.kinds import bound, selected_keys, waiting
from kverify.model.scheduling.storage import Storage
from tests.unit.scheduling.scheduling_cases import (
    HOST,
    ZONE,
    anti_affinity,
    cluster,
    node,
    nodes,
    pod,
    pods,
    selector,
    spread,
    term,
)
from tests.unit.scheduling.test_scheduling_volumes import (
    LOCAL,
    claim,
    csi_node,
    handle,
    storage_class,
    using,
    volume,
    with_volume,
)

NAMESPACES = {"team-a": {"team": "a"}}
Step = tuple[Any, ...]


def words(requirements: tuple[Requirement, ...]) -> list[tuple[object, ...]]:
    """Requirements as what is compared: what they say of the node now, each once.

    Left out are their words, and ``stable``, which is about pods to come, and so about those that were announced too.
    """
    found = [(r.plugin, r.holds, r.reason, r.path, r.resolvable, r.before_filters, r.gives_up) for r in requirements]
    return list(dict.fromkeys(found))


def agree(state: ClusterState, snapshot: Snapshot, asked: list[PodInfo]) -> None:
    """Both say the same of all pods on all nodes, requirement by requirement."""
    for info in asked:
        fitting = []
        for n in range(len(snapshot.nodes)):
            theirs = reject(info, n, snapshot)
            assert words(state.failing(info, n)) == words(theirs)
            assert [r.detail for r in state.reject(info, n)] == [r.detail for r in theirs]
            assert words(state.reported(info, n)) == words(reported(info, n, snapshot))
            assert state.fits(info, n) is not bool(theirs)
            if not theirs:
                fitting.append(n)
        assert state.feasible_nodes(info) == fitting == list(feasible_nodes(info, snapshot))
        assert state.message(info) == message(info, snapshot)


STORAGE = Storage.of(
    [
        *(claim(name, volume=f"pv-{name}") for name in ("a", "b")),
        claim("one", volume="pv-one", access_modes=("ReadWriteOncePod",)),
        claim("wait", storage_class_name="wait"),
        claim("late", storage_class_name="local"),
        volume("pv-a", csi=handle("a"), zone="a"),
        volume("pv-b", csi=handle("b"), labels={ZONE: "b"}),
        volume("pv-one", csi=handle("one")),
        volume("pv-late", zone="b", storage_class_name="local"),
        storage_class("wait"),
        LOCAL,
        csi_node("n0", 1),
        csi_node("n1", 2),
    ],
    complete=True,
)
DISK = with_volume("disk", gce_persistent_disk=GCEPersistentDiskVolumeSource(pd_name="d"))
VOLUMES = (using("a"), using("b"), using("a", "one"), using("wait", "b"), using("late"), using("gone"), DISK)


PICKY = pod("picky", affinity=anti_affinity(term(ZONE, selector(index="1"))))
"""The only pod that looks at the label ``index``."""


def member(info: PodInfo, index: int) -> PodInfo:
    """A pod as one of a StatefulSet's: with a label, a name and a host name of its own."""
    name = f"twin-{index}"
    labels = {**info.labels, "index": str(index)}
    return evolve(info, name=name, labels=labels, spec=evolve(info.spec, hostname=name))


class Reference:
    """The same cluster as lists, and every snapshot is new."""

    def __init__(self, members: list[NodeInfo], storage: Storage) -> None:
        self.members, self.storage = members, storage
        self.bound: list[tuple[PodInfo, int, bool]] = []
        self.groups: list[PodGroup] = []

    def snapshot(self) -> Snapshot:
        for info, _, terminating in self.bound:
            if PodGroup(info, terminating) not in self.groups:
                self.groups.append(PodGroup(info, terminating))
        counts = Counter((self.groups.index(PodGroup(info, terminating)), n) for info, n, terminating in self.bound)
        return Snapshot(tuple(self.members), tuple(self.groups), dict(counts), NAMESPACES, self.storage)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[NodeInfo], list[PodInfo], list[Step]]:
    """Nodes, kinds of pods, and what happens; numbers are taken modulo what there is."""
    members = [draw(nodes(f"n{index}")) for index in range(draw(st.integers(1, 4)))]
    kinds = draw(st.lists(pods(), min_size=1, max_size=3))
    for index, info in enumerate(draw(st.lists(st.sampled_from(kinds), max_size=2))):
        kinds.append(member(info, index))
    if draw(st.booleans()):
        kinds.append(PICKY)
    number = st.integers(0, 11)
    step = st.one_of(
        st.tuples(st.just("bind"), number, number, st.booleans()),
        st.tuples(st.just("bind"), number, number, st.just(False)),
        st.tuples(st.just("unbind"), number),
        st.tuples(st.just("add node"), nodes("late")),
        st.tuples(st.just("remove node"), number),
    )
    return members, kinds, draw(st.lists(step, max_size=8))


def run(
    members: list[NodeInfo],
    kinds: list[PodInfo],
    steps: list[Step],
    announced: list[PodInfo],
    storage: Storage | None = None,
) -> None:
    """After every step the state agrees with a new snapshot."""
    reference = Reference(list(members), storage or Storage())
    state = ClusterState(members, pods=announced, namespaces=NAMESPACES, storage=storage)
    agree(state, reference.snapshot(), kinds)
    for what, *given_ in steps:
        if what == "bind" and reference.members:
            info, where, terminating = kinds[given_[0] % len(kinds)], given_[1] % len(reference.members), given_[2]
            reference.bound.append((info, where, terminating))
            state.bind(info, where, terminating=terminating)
        elif what == "unbind" and reference.bound:
            info, where, terminating = reference.bound.pop(given_[0] % len(reference.bound))
            state.unbind(info, where, terminating=terminating)
        elif what == "add node":
            late = evolve(given_[0], name=f"late{len(reference.members)}")
            reference.members.append(late)
            assert state.add_node(late) == len(reference.members) - 1
        elif what == "remove node" and reference.members:
            gone = given_[0] % len(reference.members)
            del reference.members[gone]
            reference.bound = [(i, n - (n > gone), t) for i, n, t in reference.bound if n != gone]
            state.remove_node(gone)
        agree(state, reference.snapshot(), kinds)


@given(histories(), st.booleans())
@settings(max_examples=30, deadline=None)
def test_a_state_is_what_its_history_made_it(
    history: tuple[list[NodeInfo], list[PodInfo], list[Step]], announce: bool
) -> None:
    members, kinds, steps = history
    run(members, kinds, steps, kinds if announce else [])


@given(histories(), st.data())
@settings(max_examples=30, deadline=None)
def test_a_state_knows_volumes(history: tuple[list[NodeInfo], list[PodInfo], list[Step]], data: st.DataObject) -> None:
    members, kinds, steps = history
    chosen = data.draw(st.lists(st.sampled_from(VOLUMES), min_size=1, max_size=2, unique_by=id))
    run(members, [kinds[0], *chosen], steps, data.draw(st.sampled_from(([], [kinds[0], *chosen]))), STORAGE)


@pytest.mark.slow
@given(histories(), st.booleans())
@settings(max_examples=600, deadline=None)
def test_a_state_is_what_its_history_made_it_in_thousands(
    history: tuple[list[NodeInfo], list[PodInfo], list[Step]], announce: bool
) -> None:
    members, kinds, steps = history
    run(members, kinds, steps, kinds if announce else [])


WEB = pod("web", labels={"app": "web"}, requests={"cpu": "1"})
SPREAD = evolve(WEB, spec=evolve(WEB.spec, topology_spread_constraints=(spread(ZONE, selector(app="web")),)))
ALONE = pod("alone", labels={"app": "alone"}, affinity=anti_affinity(term(HOST, selector(app="alone"))))
TWO = (node("n0", cpu=2000, labels={ZONE: "a"}), node("n1", cpu=4000, labels={ZONE: "b"}))


def test_binds_and_evictions_change_the_answer() -> None:
    state = ClusterState(TWO, pods=[WEB])
    assert state.feasible_nodes(WEB) == [0, 1]
    state.bind(WEB, 0, 2)
    assert state.feasible_nodes(WEB) == [1]
    assert [r.reason for r in state.failing(WEB, 0)] == ["Insufficient cpu"]
    state.unbind(WEB, 0)
    assert state.fits(WEB, 0)
    assert state.count(WEB, 0) == 1


def test_a_zone_opens_again_when_the_others_have_caught_up() -> None:
    state = ClusterState(TWO, pods=[SPREAD])
    state.bind(SPREAD, 0)
    assert state.feasible_nodes(SPREAD) == [1]
    state.bind(SPREAD, 1)
    assert state.feasible_nodes(SPREAD) == [0, 1]
    state.unbind(SPREAD, 0)
    assert state.feasible_nodes(SPREAD) == [0]


def test_pods_that_differ_in_their_name_are_one_kind() -> None:
    state = ClusterState(TWO, pods=[ALONE])
    for number, where in enumerate((0, 1)):
        state.bind(evolve(ALONE, name=f"alone-{number}"), where)
    assert state.feasible_nodes(ALONE) == []
    assert state.count(evolve(ALONE, name="alone-1"), 1) == 1
    (own, existing) = state.reject(ALONE, 1)
    assert "alone-1" in own.detail
    assert "alone-1" in existing.detail
    assert state.message(ALONE) == "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules."


def test_a_label_counts_from_when_somebody_selects_it() -> None:
    state = ClusterState(TWO, pods=[WEB])
    for number in range(2):
        state.bind(evolve(WEB, name=f"web-{number}", labels={"app": "web", "index": str(number)}), number)
    assert state.feasible_nodes(WEB) == [0, 1]
    assert state.feasible_nodes(PICKY) == [0]
    state.bind(evolve(WEB, name="web-2", labels={"app": "web", "index": "1"}), 0)
    assert state.feasible_nodes(PICKY) == []


def test_the_pods_of_a_stateful_set_are_of_one_kind_unless_somebody_selects_one() -> None:
    first, second = member(ALONE, 0), member(ALONE, 1)
    selected = selected_keys(ALONE)
    assert waiting(first, selected) == waiting(second, selected) != waiting(WEB, selected)
    assert bound(PodGroup(first), selected) == bound(PodGroup(second), selected)
    assert bound(PodGroup(first), selected) != bound(PodGroup(second, terminating=True), selected)
    selected |= selected_keys(PICKY)
    assert waiting(first, selected) != waiting(second, selected)
    assert bound(PodGroup(first), selected) != bound(PodGroup(second), selected)


def test_an_answer_is_of_the_time_it_was_given() -> None:
    state = ClusterState(TWO)
    state.bind(WEB, 0, 2)
    (short,) = state.reject(WEB, 0)
    state.unbind(WEB, 0, 2)
    assert "other pods request 2" in short.detail


def test_without_words_nothing_is_explained() -> None:
    state = ClusterState(TWO)
    state.bind(WEB, 0, 2)
    with pytest.raises(TypeError, match=r"ClusterState\.reject"):
        state.failing(WEB, 0)[0].explain()


def test_nodes_come_and_go_with_their_pods() -> None:
    state = ClusterState(TWO, pods=[ALONE])
    state.bind(ALONE, 0)
    state.bind(ALONE, 1)
    assert state.add_node(node("n2")) == 2
    assert state.feasible_nodes(ALONE) == [2]
    state.remove_node(0)
    assert [n.name for n in state.nodes] == ["n1", "n2"]
    assert state.feasible_nodes(ALONE) == [1]
    assert state.count(ALONE, 0) == 1


def test_a_snapshot_becomes_a_state_and_a_state_a_snapshot() -> None:
    plain = cluster(TWO, (WEB, {0: 2, 1: 1}), (ALONE, {1: 1}))
    state = ClusterState.of(plain, pods=[SPREAD])
    again = state.snapshot()
    assert (again.nodes, again.groups, dict(again.counts)) == (plain.nodes, plain.groups, dict(plain.counts))
    agree(state, plain, [WEB, SPREAD, ALONE])


def test_an_empty_cluster_has_no_node() -> None:
    state = ClusterState(())
    assert state.feasible_nodes(WEB) == []
    assert state.message(WEB) == "no nodes available to schedule pods"


def test_what_is_not_there_is_refused() -> None:
    state = ClusterState(TWO)
    state.bind(WEB, 0)
    with pytest.raises(ValueError, match="2 of default/web cannot leave n0, which has 1"):
        state.unbind(WEB, 0, 2)
    with pytest.raises(ValueError, match="0 pods cannot be bound"):
        state.bind(WEB, 0, 0)
    for question in (state.fits, state.failing, state.reject, state.bind, state.unbind):
        for missing in (-1, 2):
            with pytest.raises(IndexError, match=f"there is no node {missing}"):
                question(WEB, missing)
    with pytest.raises(IndexError, match="there is no node 5"):
        state.remove_node(5)
    with pytest.raises(TypeError, match="concrete counts"):
        ClusterState.of(cluster(TWO).with_counts({}).with_counts({(0, 0): integer("x")}))


def test_a_filter_that_hides_what_it_reads_is_found_out() -> None:
    def moody(_: PodInfo, node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
        zone = snapshot.memo("zone", lambda: snapshot.nodes[node_index].labels[ZONE])
        if zone != snapshot.nodes[node_index].labels[HOST]:
            yield from ()

    state = ClusterState(TWO, profile=(Plugin("Moody", moody),))
    state.fits(WEB, 0)
    with pytest.raises(RuntimeError, match="Moody reads something else"):
        state.fits(WEB, 1)


def test_the_benchmark_compares_with_the_plain_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("BOUND", 300), ("SCANS", 40), ("STEP", 5), ("SINGLES", 500), ("SAMPLED", 10)):
        monkeypatch.setattr(scheduling, name, value)
    members = scheduling.nodes(60)
    for case in scheduling.cases():
        for way in (scheduling.scan, scheduling.one_by_one):
            found = way(case, members)
            assert found.plain_verdicts > 0
            assert found.differing == 0
