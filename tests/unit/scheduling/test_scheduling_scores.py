"""Every score plugin with numbers worked out by hand.

The situations are those of the tables in the ``*_test.go`` files beside each plugin in
pkg/scheduler/framework/plugins (kubernetes/kubernetes); the arithmetic stands next to each number.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from attrs import evolve

from kverify.api.quantity import parse_quantity
from kverify.api.types.affinity import (
    Affinity,
    NodeAffinity,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    PodAffinity,
    PodAntiAffinity,
    PreferredSchedulingTerm,
    Toleration,
    TopologySpreadConstraint,
    WeightedPodAffinityTerm,
)
from kverify.api.types.container import Container, ResourceRequirements
from kverify.api.types.meta import LabelSelector
from kverify.api.types.node import Taint
from kverify.api.types.volume import ImageVolumeSource, Volume
from kverify.model.scheduling import NodeInfo, PodGroup, PodInfo, Snapshot
from kverify.model.scheduling.scoring import (
    Ranking,
    ScorePlugin,
    ScoringError,
    image_locality,
    inter_pod_affinity,
    node_affinity,
    node_resources_balanced_allocation,
    node_resources_fit,
    pod_topology_spread,
    rank,
    taint_toleration,
)
from kverify.model.scheduling.scoring.node_resources_fit import Strategy
from tests.unit.scheduling.scheduling_cases import HOST, ZONE, affinity, cluster, node, pod, selector, symbolic, term

GPU = "nvidia.com/gpu"


def machine(name: str, cpu: int, memory: int, **more: int) -> NodeInfo:
    """A node with ``cpu`` milli-cores and ``memory`` bytes."""
    return NodeInfo(name=name, labels={HOST: name}, allocatable={"cpu": cpu, "memory": memory, "pods": 110, **more})


def wants(*containers: Mapping[str, str], **given: object) -> PodInfo:
    """A pod with a container for each set of requests."""
    made = tuple(
        Container(
            name=f"c{i}",
            resources=ResourceRequirements(requests={name: parse_quantity(text) for name, text in requests.items()}),
        )
        for i, requests in enumerate(containers)
    )
    return pod(containers=made, **given)  # type: ignore[arg-type]


def scores(plugin: ScorePlugin, incoming: PodInfo, snapshot: Snapshot, *feasible: int) -> list[int] | None:
    """What the plugin gives, by default on all nodes."""
    return plugin.score(incoming, feasible or tuple(range(len(snapshot.nodes))), snapshot)


CPU_ONLY = wants({"cpu": "1000m", "memory": "0"}, {"cpu": "2000m", "memory": "0"})
BOTH = wants({"cpu": "1000m", "memory": "2000"}, {"cpu": "2000m", "memory": "3000"})
NOTHING = wants({"cpu": "0", "memory": "0"})


class TestNodeResourcesFit:
    def test_least_allocated(self) -> None:
        # (25 + 50) / 2 and (50 + 50) / 2
        snapshot = cluster((machine("a", 4000, 10000), machine("b", 6000, 10000)))
        assert scores(node_resources_fit.PLUGIN, BOTH, snapshot) == [37, 50]

    def test_pods_on_the_nodes_count(self) -> None:
        # cpu (10000 - 6000) / 10000 = 40 on both; memory 75 of 20000, and 80 of 50000
        snapshot = cluster((machine("a", 10000, 20000), machine("b", 10000, 50000)), (CPU_ONLY, {0: 1}), (BOTH, {1: 1}))
        assert scores(node_resources_fit.PLUGIN, BOTH, snapshot) == [57, 60]

    def test_more_than_there_is_scores_nothing(self) -> None:
        # cpu 6000 of 4000 gives 0; memory 100 and 50
        snapshot = cluster((machine("a", 4000, 10000), machine("b", 4000, 10000)), (CPU_ONLY, {0: 1}), (BOTH, {1: 1}))
        assert scores(node_resources_fit.PLUGIN, CPU_ONLY, snapshot) == [50, 25]

    def test_a_container_without_requests_counts_as_100m_and_200mi(self) -> None:
        # two of them: 200m of 1000m is 20 %, 400Mi of 1000Mi is 40 %
        snapshot = cluster((machine("a", 1000, 1000 << 20),), (pod("other"), {0: 1}))
        assert scores(node_resources_fit.PLUGIN, pod(), snapshot) == [(80 + 60) // 2]

    def test_a_request_of_zero_is_not_filled_in(self) -> None:
        snapshot = cluster((machine("a", 1000, 1000 << 20),), (NOTHING, {0: 3}))
        assert scores(node_resources_fit.PLUGIN, NOTHING, snapshot) == [100]

    def test_weights_of_resources(self) -> None:
        # (25 + 2 * 50) / 3 and (50 + 2 * 50) / 3
        snapshot = cluster((machine("a", 4000, 10000), machine("b", 6000, 10000)))
        plugin = node_resources_fit.plugin(Strategy(resources=(("memory", 2), ("cpu", 1))))
        assert scores(plugin, BOTH, snapshot) == [41, 50]

    def test_extended_resources_count_for_pods_that_want_them(self) -> None:
        plugin = node_resources_fit.plugin(Strategy(resources=(("cpu", 1), ("memory", 1), (GPU, 1))))
        snapshot = cluster((machine("a", 6000, 10000, **{GPU: 4}), machine("b", 6000, 10000, **{GPU: 10})))
        assert scores(plugin, BOTH, snapshot) == [50, 50]
        eager = wants({"cpu": "1000m", "memory": "2000", GPU: "2"}, {"cpu": "2000m", "memory": "3000"})
        # (50 + 50 + 50) / 3 and (50 + 50 + 80) / 3
        assert scores(plugin, eager, snapshot) == [50, 60]

    def test_most_allocated(self) -> None:
        # (75 + 50) / 2 and (50 + 50) / 2
        snapshot = cluster((machine("a", 4000, 10000), machine("b", 6000, 10000)))
        assert scores(node_resources_fit.plugin(Strategy("MostAllocated")), BOTH, snapshot) == [62, 50]

    def test_most_allocated_takes_an_overfull_node_as_full(self) -> None:
        # 100m of 50m counts as 100 %, 200Mi of 400Mi as 50 %
        snapshot = cluster((machine("a", 50, 400 << 20),))
        assert scores(node_resources_fit.plugin(Strategy("MostAllocated")), pod(), snapshot) == [75]

    def test_requested_to_capacity_ratio(self) -> None:
        # falling: 75 % used scores 25 and 50 % 50, and (25 + 50) / 2 is rounded up
        falling = Strategy("RequestedToCapacityRatio", shape=((0, 10), (100, 0)))
        snapshot = cluster((machine("a", 4000, 10000), machine("b", 6000, 10000)))
        assert scores(node_resources_fit.plugin(falling), BOTH, snapshot) == [38, 50]

    def test_a_shape_is_linear_between_its_points(self) -> None:
        # up to 100 at 40 %, then down to 0: 20 % gives 60, 30 % 80, 70 % 50
        shape = Strategy("RequestedToCapacityRatio", resources=(("cpu", 1),), shape=((0, 2), (40, 10), (100, 0)))
        sizes = (1000, 500, 333, 250, 142, 100, 50)
        snapshot = cluster(tuple(machine(str(cpu), cpu, 1) for cpu in sizes))
        # 10, 20, 30, 40, 70, 100 and more per cent
        assert scores(node_resources_fit.plugin(shape), wants({"cpu": "100m"}), snapshot) == [40, 60, 80, 100, 50, 0, 0]

    def test_resources_that_score_nothing_are_left_out_of_the_weights(self) -> None:
        rising = Strategy("RequestedToCapacityRatio", resources=(("cpu", 3), ("memory", 5)), shape=((0, 0), (100, 10)))
        snapshot = cluster((machine("a", 1000, 1000),))
        assert scores(node_resources_fit.plugin(rising), wants({"cpu": "500m", "memory": "0"}), snapshot) == [50]

    def test_requests_of_the_pod_as_a_whole_count_once_it_is_bound(self) -> None:
        whole = ResourceRequirements(requests={"cpu": parse_quantity("500m"), "memory": parse_quantity("500")})
        incoming = wants({"cpu": "100m", "memory": "100"}, resources=whole)
        empty = cluster((machine("a", 1000, 1000),))
        assert scores(node_resources_fit.PLUGIN, incoming, empty) == [90]
        # 100 of the incoming one and 500 of the bound one
        assert scores(node_resources_fit.PLUGIN, incoming, cluster(empty.nodes, (incoming, {0: 1}))) == [40]


class TestNodeResourcesBalancedAllocation:
    PLUGIN = node_resources_balanced_allocation.PLUGIN

    def test_differently_sized_nodes(self) -> None:
        # |0.75 - 0.5| / 2 = 0.125; equal parts deviate by nothing
        snapshot = cluster((machine("a", 4000, 10000), machine("b", 6000, 10000)))
        assert scores(self.PLUGIN, BOTH, snapshot) == [87, 100]

    def test_pods_on_the_nodes_count(self) -> None:
        # (0.6 - 0.25) / 2 = 0.175, (0.6 - 0.5) / 2 = 0.05, and (0.6 - 0.2) / 2 = 0.2 with more memory
        for memory, second in ((20000, 95), (50000, 80)):
            nodes = (machine("a", 10000, 20000), machine("b", 10000, memory))
            snapshot = cluster(nodes, (CPU_ONLY, {0: 1}), (BOTH, {1: 1}))
            assert scores(self.PLUGIN, BOTH, snapshot) == [82, second]

    def test_parts_end_at_the_whole(self) -> None:
        # (1 - 0) / 2 and (1 - 0.5) / 2, the cpu being overcommitted on both
        snapshot = cluster((machine("a", 5000, 10000), machine("b", 5000, 10000)), (CPU_ONLY, {0: 1}), (BOTH, {1: 1}))
        assert scores(self.PLUGIN, CPU_ONLY, snapshot) == [50, 75]

    def test_three_resources(self) -> None:
        # standard deviations 0.3002 and 0.345 (to the source's own digits: 70 and 65)
        plugin = node_resources_balanced_allocation.plugin((("cpu", 1), ("memory", 1), (GPU, 1)))
        greedy = wants({"cpu": "1000m", "memory": "2000"}, {"cpu": "2000m", "memory": "3000", GPU: "3"})
        nodes = (machine("a", 3500, 40000, **{GPU: 8}), machine("b", 3500, 40000, **{GPU: 8}))
        snapshot = cluster(nodes, (greedy, {0: 1}), (BOTH, {1: 1}))
        assert scores(plugin, wants({"memory": "0", GPU: "1"}), snapshot) == [70, 65]

    def test_a_pod_without_requests_is_not_scored(self) -> None:
        snapshot = cluster((machine("a", 4000, 10000), machine("b", 4000, 10000)))
        assert scores(self.PLUGIN, pod(), snapshot) is None


class TestImageLocality:
    MB = 1 << 20

    def nodes(self) -> tuple[NodeInfo, NodeInfo, NodeInfo]:
        first = {"reg/40:latest": 40, "reg/300:latest": 300, "reg/300:v1": 300, "reg/2000:latest": 2000}
        second = {"reg/250:latest": 250, "reg/10:latest": 10, "reg/10:v1": 10}
        return (
            node("a", images={name: size * self.MB for name, size in first.items()}),
            node("b", images={name: size * self.MB for name, size in second.items()}),
            node("c"),
        )

    def pod(self, *images: str, inits: tuple[str, ...] = ()) -> PodInfo:
        return pod(
            containers=tuple(Container(name=f"c{i}", image=image) for i, image in enumerate(images)),
            init_containers=tuple(Container(name=f"i{i}", image=image) for i, image in enumerate(inits)),
        )

    def test_the_larger_image_wins(self) -> None:
        # 40/2 is less than 23; 100 * (250/2 - 23) / (2000 - 23)
        snapshot = cluster(self.nodes()[:2])
        assert scores(image_locality.PLUGIN, self.pod("reg/40", "reg/250"), snapshot) == [0, 5]

    def test_images_add_up(self) -> None:
        # 100 * (340/2 - 23) / (2000 - 23)
        snapshot = cluster(self.nodes()[:2])
        assert scores(image_locality.PLUGIN, self.pod("reg/40", "reg/300:v1"), snapshot) == [7, 0]
        assert scores(image_locality.PLUGIN, self.pod("reg/40", inits=("reg/300",)), snapshot) == [7, 0]

    def test_spread_over_more_nodes_without_it(self) -> None:
        # 100 * (2000/3 - 23) / (1000 - 23); with two nodes the limit is reached
        assert scores(image_locality.PLUGIN, self.pod("reg/2000"), cluster(self.nodes())) == [65, 0, 0]
        assert scores(image_locality.PLUGIN, self.pod("reg/2000"), cluster(self.nodes()[:2])) == [100, 0]

    def test_a_tag_has_to_be_the_same(self) -> None:
        assert scores(image_locality.PLUGIN, self.pod("reg/2000:v2"), cluster(self.nodes()[:2])) == [0, 0]
        registry = node("d", images={"host:5000/app:latest": 2000 * self.MB})
        snapshot = cluster((registry, node("e")))
        assert scores(image_locality.PLUGIN, self.pod("host:5000/app"), snapshot) == [100, 0]

    def test_the_first_node_says_how_large_an_image_is(self) -> None:
        nodes = (node("a", images={"i:latest": 1000 * self.MB}), node("b", images={"i:latest": 500 * self.MB}))
        assert scores(image_locality.PLUGIN, self.pod("i"), cluster(nodes)) == [100, 100]

    def test_images_of_volumes_raise_the_sum_and_not_the_limit(self) -> None:
        volume = Volume(name="v", image=ImageVolumeSource(reference="reg/2000"))
        incoming = evolve(self.pod("reg/40"), spec=evolve(self.pod("reg/40").spec, volumes=(volume,)))
        assert scores(image_locality.PLUGIN, incoming, cluster(self.nodes()[:2])) == [100, 0]


class TestTaintToleration:
    def tainted(self, name: str, *keys: str, effect: str = "PreferNoSchedule") -> NodeInfo:
        return node(name, taints=tuple(Taint(key=key, value="v", effect=effect) for key in keys))

    def test_the_fewer_the_better(self) -> None:
        snapshot = cluster((self.tainted("a"), self.tainted("b", "x"), self.tainted("c", "x", "y")))
        assert scores(taint_toleration.PLUGIN, pod(), snapshot) == [100, 50, 0]

    def test_tolerated_ones_and_other_effects_do_not_count(self) -> None:
        tolerant = pod(tolerations=(Toleration(key="x", operator="Equal", value="v", effect="PreferNoSchedule"),))
        only = pod(tolerations=(Toleration(key="x", operator="Exists", effect="NoSchedule"),))
        nodes = (self.tainted("a", "x"), self.tainted("b", "x", "y"), self.tainted("c", "z", effect="NoSchedule"))
        assert scores(taint_toleration.PLUGIN, tolerant, cluster(nodes)) == [100, 0, 100]
        assert scores(taint_toleration.PLUGIN, only, cluster(nodes)) == [50, 0, 100]

    def test_without_taints_all_nodes_get_everything(self) -> None:
        assert scores(taint_toleration.PLUGIN, pod(), cluster((node("a"), node("b")))) == [100, 100]


def prefers(*terms: tuple[int, NodeSelectorTerm]) -> PodInfo:
    preferred = tuple(PreferredSchedulingTerm(weight=weight, preference=preference) for weight, preference in terms)
    group = NodeAffinity(preferred_during_scheduling_ignored_during_execution=preferred)
    return pod(affinity=Affinity(node_affinity=group))


def expressions(*asked: tuple[str, str, tuple[str, ...]]) -> NodeSelectorTerm:
    return NodeSelectorTerm(
        match_expressions=tuple(NodeSelectorRequirement(key=k, operator=o, values=v) for k, o, v in asked)
    )


class TestNodeAffinity:
    NODES = (
        node("a", labels={"foo": "bar"}),
        node("b", labels={"key": "value"}),
        node("c", labels={"foo": "bar", "key": "value", "az": "az1"}),
    )

    def test_weights_add_up(self) -> None:
        # 2, 4 and 2 + 4 + 5 of at most 11
        incoming = prefers(
            (2, expressions(("foo", "In", ("bar",)))),
            (4, expressions(("key", "In", ("value",)))),
            (5, expressions(("foo", "In", ("bar",)), ("key", "In", ("value",)), ("az", "In", ("az1",)))),
        )
        assert scores(node_affinity.PLUGIN, incoming, cluster(self.NODES)) == [18, 36, 100]

    def test_nothing_preferred_is_not_scored(self) -> None:
        assert scores(node_affinity.PLUGIN, pod(), cluster(self.NODES)) is None

    def test_empty_terms_and_weightless_ones_are_passed_over(self) -> None:
        broken = expressions(("gen", "Gt", ("x",)))
        incoming = prefers((5, NodeSelectorTerm()), (0, broken))
        assert scores(node_affinity.PLUGIN, incoming, cluster(self.NODES)) == [0, 0, 0]

    def test_what_cannot_be_read_fails_the_pod(self) -> None:
        incoming = prefers((1, expressions(("foo", "Exists", ()))), (5, expressions(("gen", "Gt", ("2.5",)))))
        with pytest.raises(ScoringError) as caught:
            scores(node_affinity.PLUGIN, incoming, cluster(self.NODES))
        assert str(caught.value) == (
            'running PreScore plugin "NodeAffinity": [1].matchExpressions[0].values[0]: Invalid value: "2.5": '
            "for 'Gt', 'Lt' operators, the value must be an integer"
        )

    def test_several_problems_come_in_brackets_once_each(self) -> None:
        incoming = prefers((5, expressions(("gen", "Gt", ("x",)), ("gen", "Lt", ("y",)))))
        with pytest.raises(
            ScoringError, match=r": \[\[0\]\.matchExpressions\[0\].*, \[0\]\.matchExpressions\[1\].*\]$"
        ):
            scores(node_affinity.PLUGIN, incoming, cluster(self.NODES))


def soft(key: str, chosen: LabelSelector | None, skew: int = 1) -> TopologySpreadConstraint:
    return TopologySpreadConstraint(
        topology_key=key, label_selector=chosen, max_skew=skew, when_unsatisfiable="ScheduleAnyway"
    )


class TestPodTopologySpread:
    PLUGIN = pod_topology_spread.PLUGIN
    FOUR = tuple(node(name) for name in "abcd")
    FOO = pod("other", labels={"foo": ""})

    def spread(self, *constraints: TopologySpreadConstraint) -> PodInfo:
        return pod(labels={"foo": ""}, topology_spread_constraints=constraints)

    def on(self, nodes: tuple[NodeInfo, ...], *numbers: int) -> Snapshot:
        return cluster(nodes, (self.FOO, dict(enumerate(numbers))))

    def test_over_nodes(self) -> None:
        # log(6) = 1.79 each: 4, 2, 0 and 5 of at most 5, the fewest 0
        incoming = self.spread(soft(HOST, selector(foo="")))
        assert scores(self.PLUGIN, incoming, self.on(self.FOUR, 2, 1, 0, 3)) == [20, 60, 100, 0]

    @pytest.mark.parametrize(
        ("skew", "numbers", "expected"),
        [(2, (2, 1, 0, 3), [33, 66, 100, 16]), (3, (4, 3, 2, 1), [44, 66, 77, 100])],
    )
    def test_a_larger_skew_waters_differences_down(
        self, skew: int, numbers: tuple[int, ...], expected: list[int]
    ) -> None:
        incoming = self.spread(soft(HOST, selector(foo=""), skew))
        assert scores(self.PLUGIN, incoming, self.on(self.FOUR, *numbers)) == expected

    def test_no_selector_counts_nobody(self) -> None:
        incoming = self.spread(soft(HOST, None))
        assert scores(self.PLUGIN, incoming, self.on(self.FOUR, 2, 1, 0, 3)) == [100, 100, 100, 100]

    def test_only_feasible_nodes_make_domains(self) -> None:
        incoming = self.spread(soft(HOST, selector(foo="")))
        snapshot = self.on(self.FOUR, 4, 2, 1, 3)
        # log(5) = 1.61: 6, 3 and 2
        assert scores(self.PLUGIN, incoming, snapshot, 0, 1, 2) == [33, 83, 100]

    def test_a_node_without_the_key_gets_nothing(self) -> None:
        bare = NodeInfo(name="b", labels={"n": "b"})
        nodes = (self.FOUR[0], bare, self.FOUR[2], self.FOUR[3])
        incoming = self.spread(soft(HOST, selector(foo="")))
        # log(4) = 1.39: 6 and 1
        assert scores(self.PLUGIN, incoming, self.on(nodes, 4, 2, 1, 3), 0, 1, 2) == [16, 0, 100]

    def test_over_zones_pods_on_infeasible_nodes_count(self) -> None:
        nodes = (*(node(n, labels={"zone": "1"}) for n in "ab"), *(node(n, labels={"zone": "2"}) for n in "xy"))
        incoming = self.spread(soft("zone", selector(foo="")))
        # log(4) = 1.39: zone 1 has 6 (8), zone 2 has 1 + 3 (6)
        assert scores(self.PLUGIN, incoming, self.on(nodes, 4, 2, 1, 3), 0, 1, 2) == [75, 75, 100]

    def test_hard_constraints_alone_are_not_scored(self) -> None:
        hard = evolve(soft(HOST, selector(foo="")), when_unsatisfiable="DoNotSchedule")
        assert scores(self.PLUGIN, self.spread(hard), self.on(self.FOUR, 1, 1, 1, 1)) is None

    def test_the_system_spreads_what_belongs_together(self) -> None:
        kin = pod_topology_spread.default_selector([{"foo": ""}], None)
        incoming = evolve(self.spread(), kin=kin)
        # No node has a zone: as one constraint over nodes with maxSkew 3.
        assert scores(self.PLUGIN, incoming, self.on(self.FOUR, 4, 3, 2, 1)) == [44, 66, 77, 100]
        assert scores(self.PLUGIN, evolve(incoming, kin=None), self.on(self.FOUR, 4, 3, 2, 1)) is None

    def test_the_system_spreads_over_zones_too(self) -> None:
        nodes = tuple(node(name, labels={ZONE: zone}) for name, zone in (("a", "1"), ("b", "1"), ("c", "2")))
        incoming = evolve(self.spread(), kin=selector(foo=""))
        # nodes: log(5) * (2, 0, 1) + 2; zones: log(4) * (2, 2, 1) + 4: 12, 9 and 9
        assert scores(self.PLUGIN, incoming, self.on(nodes, 2, 0, 1)) == [75, 100, 100]

    def test_a_controller_is_added_to_the_services(self) -> None:
        found = pod_topology_spread.default_selector([{"app": "web"}], selector(app="db", tier="front"))
        assert found is not None
        assert not found.matches({"app": "web", "tier": "front"}), "both have to hold"
        assert pod_topology_spread.default_selector([], LabelSelector()) is None

    def test_terminating_pods_do_not_count(self) -> None:
        snapshot = Snapshot(nodes=self.FOUR[:2], groups=(PodGroup(self.FOO, terminating=True),), counts={(0, 0): 3})
        assert scores(self.PLUGIN, self.spread(soft(HOST, selector(foo=""))), snapshot) == [100, 100]


def near(weight: int, key: str, chosen: LabelSelector) -> Affinity:
    weighted = (WeightedPodAffinityTerm(weight=weight, pod_affinity_term=term(key, chosen)),)
    return Affinity(pod_affinity=PodAffinity(preferred_during_scheduling_ignored_during_execution=weighted))


def far(weight: int, key: str, chosen: LabelSelector) -> Affinity:
    weighted = (WeightedPodAffinityTerm(weight=weight, pod_affinity_term=term(key, chosen)),)
    return Affinity(pod_anti_affinity=PodAntiAffinity(preferred_during_scheduling_ignored_during_execution=weighted))


class TestInterPodAffinity:
    PLUGIN = inter_pod_affinity.PLUGIN
    CHINA, INDIA, NOWHERE = (
        node("a", labels={"region": "China"}),
        node("b", labels={"region": "India"}),
        node("c", labels={"az": "1"}),
    )
    S1, S2 = pod("one", labels={"security": "S1"}), pod("two", labels={"security": "S2"})

    def test_pods_that_are_preferred_pull(self) -> None:
        incoming = pod(labels={"security": "S1"}, affinity=near(5, "region", selector(security="S1")))
        snapshot = cluster((self.CHINA, self.INDIA, self.NOWHERE), (self.S1, {0: 1, 2: 1}), (self.S2, {1: 1}))
        assert scores(self.PLUGIN, incoming, snapshot) == [100, 0, 0]

    def test_whole_regions_are_scored_by_their_pods(self) -> None:
        more = tuple(node(name, labels={"region": "China"}) for name in "de")
        incoming = pod(affinity=near(6, "region", selector(security="S2")))
        snapshot = cluster((self.CHINA, self.INDIA, *more), (self.S2, {0: 2, 1: 1, 2: 1, 3: 1}))
        assert scores(self.PLUGIN, incoming, snapshot) == [100, 0, 100, 100]

    def test_scores_lie_between_the_lowest_and_the_highest(self) -> None:
        incoming = pod(affinity=near(1, HOST, selector(security="S1")))
        snapshot = cluster((self.CHINA, self.INDIA, self.NOWHERE), (self.S1, {0: 1, 1: 3, 2: 4}))
        # (1 - 1) / 3, (3 - 1) / 3 and (4 - 1) / 3, cut off
        assert scores(self.PLUGIN, incoming, snapshot) == [0, 66, 100]

    def test_bound_pods_prefer_too(self) -> None:
        fond = pod("fond", labels={"security": "S2"}, affinity=near(6, "region", selector(security="S2")))
        averse = pod("averse", affinity=far(5, "region", selector(security="S2")))
        nodes = (self.CHINA, self.INDIA, self.NOWHERE)
        assert scores(self.PLUGIN, self.S2, cluster(nodes, (fond, {1: 1}))) == [0, 100, 0]
        assert scores(self.PLUGIN, self.S2, cluster(nodes, (averse, {1: 1}))) == [100, 0, 100]
        ignoring = inter_pod_affinity.plugin(only_own=True)
        assert scores(ignoring, self.S2, cluster(nodes, (fond, {1: 1}))) is None

    def test_required_affinity_of_bound_pods_counts_once(self) -> None:
        needy = pod("needy", affinity=affinity(term("region", selector(security="S1"))))
        fond = pod("fond", affinity=near(4, "region", selector(security="S1")))
        nodes = (self.CHINA, self.INDIA, self.NOWHERE)
        snapshot = cluster(nodes, (needy, {0: 1}), (fond, {1: 1}))
        assert scores(self.PLUGIN, self.S1, snapshot) == [25, 100, 0]
        assert scores(inter_pod_affinity.plugin(hard=0), self.S1, snapshot) == [0, 100, 0]

    def test_away_from_pods(self) -> None:
        incoming = pod(affinity=far(5, "az", selector(security="S1")))
        snapshot = cluster((self.NOWHERE, self.CHINA), (self.S1, {0: 2, 1: 1}))
        assert scores(self.PLUGIN, incoming, snapshot) == [0, 100]

    def test_a_selector_of_namespaces(self) -> None:
        weighted = WeightedPodAffinityTerm(
            weight=5, pod_affinity_term=term("region", selector(security="S1"), namespace_selector=selector(team="a"))
        )
        fond = pod(
            "fond",
            affinity=Affinity(
                pod_affinity=PodAffinity(preferred_during_scheduling_ignored_during_execution=(weighted,))
            ),
        )
        snapshot = cluster((self.CHINA, self.INDIA), (fond, {0: 1}), namespaces={"team-a": {"team": "a"}})
        incoming = pod(labels={"security": "S1"}, namespace="team-a")
        assert scores(self.PLUGIN, incoming, snapshot) == [100, 0]
        assert scores(self.PLUGIN, pod(labels={"security": "S1"}), snapshot) in (None, [0, 0])

    def test_nobody_prefers_anything(self) -> None:
        snapshot = cluster((self.CHINA, self.INDIA), (self.S1, {0: 1}))
        assert scores(self.PLUGIN, self.S2, snapshot) is None


class TestRanking:
    def test_weights_are_the_profile_s(self) -> None:
        tainted = node("b", taints=(Taint(key="k", effect="PreferNoSchedule"),), labels={"disk": "ssd"})
        incoming = evolve(prefers((1, expressions(("disk", "Exists", ())))), requests={"cpu": 2000})
        incoming = evolve(incoming, spec=evolve(incoming.spec, containers=wants({"cpu": "2"}).spec.containers))
        ranking = rank(incoming, (0, 1), cluster((node("a"), tainted)))
        fit = (50 + (100 * ((8 << 30) - (200 << 20)) // (8 << 30))) // 2
        common = {"NodeResourcesFit": fit, "NodeResourcesBalancedAllocation": 75, "ImageLocality": 0}
        assert ranking.of(0) == {"TaintToleration": 300, "NodeAffinity": 0, **common}
        assert ranking.of(1) == {"TaintToleration": 0, "NodeAffinity": 200, **common}
        assert ranking.totals == {0: 375 + fit, 1: 275 + fit}
        assert ranking.best == (0,)

    def test_the_best_are_all_with_the_highest_sum(self) -> None:
        ranking = rank(pod(), (0, 2, 3), cluster(tuple(node(name) for name in "abcd"), (pod(), {3: 1})))
        assert ranking.best == (0, 2)

    def test_a_single_node_is_not_scored(self) -> None:
        broken = prefers((5, expressions(("gen", "Gt", ("x",)))))
        snapshot = cluster((node("a"), node("b")))
        assert rank(broken, (1,), snapshot).best == (1,)
        assert rank(broken, (), snapshot).best == ()
        with pytest.raises(ScoringError):
            rank(broken, (0, 1), snapshot)

    def test_symbolic_counts_have_no_score(self) -> None:
        snapshot = symbolic(cluster((node("a"), node("b")), (BOTH, {0: 1})))
        with pytest.raises(TypeError, match="concrete counts"):
            rank(BOTH, (0, 1), snapshot)

    def test_without_plugins_every_node_is_as_good(self) -> None:
        assert rank(BOTH, (0, 1), cluster((node("a"), node("b"))), ()).best == (0, 1)
        assert isinstance(rank(BOTH, (), cluster(())), Ranking)
