"""Where the pods of one run may be: the nodes with what stays there, where everybody is, and how much room there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from attrs import evolve

from kverify.api.types.apps import DaemonSet
from kverify.checks.given.claims import claims_of
from kverify.checks.given.pods import pod_info, with_daemons
from kverify.checks.given.pressure import Pressure
from kverify.checks.given.room import LARGE, room_for, room_proved
from kverify.checks.given.storage import Volumes, pinned, volumes_of
from kverify.checks.given.subject import Subject
from kverify.cluster.admission.created import pods_wanted
from kverify.cluster.bundle import describe, key_of
from kverify.cluster.fields import is_modelled
from kverify.engines.budget import consult
from kverify.engines.fit.counts import draws
from kverify.engines.fit.decide import DemandAnswer
from kverify.engines.schedulability import Cluster, Demand, Fit, Room, never_binds, placed_in_turn, state_of
from kverify.model.build import hosts_differ
from kverify.model.components.scheduler import bypasses
from kverify.model.components.taint_eviction import seconds_left
from kverify.model.scheduling import (
    node_affinity,
    node_name,
    node_resources_fit,
    node_unschedulable,
    pod_topology_spread,
    taint_toleration,
)
from kverify.model.scheduling.framework import PodGroup, PodInfo, Snapshot
from kverify.model.scheduling.profile import DEFAULT_PROFILE, feasible
from kverify.model.scheduling.state import ClusterState
from kverify.model.scheduling.storage import Storage
from kverify.words import listing

if TYPE_CHECKING:
    from kverify.checks.given.context import Context

RESOURCES = "NodeResourcesFit"
ONE_POD = (
    node_unschedulable.PLUGIN,
    node_name.PLUGIN,
    taint_toleration.PLUGIN,
    node_affinity.PLUGIN,
    node_resources_fit.PLUGIN,
)
"""The filters that say whether a node without pods could take a pod."""

PROVISIONED = "volumes are provisioned where their class allows it"


class Rooms:
    """What a run knows of its nodes. Expensive parts are computed once, when first asked for."""

    def __init__(self, ctx: Context):
        self.ctx = ctx

    @cached_property
    def _same(self) -> Rooms | None:
        """What is known of the rooms of a run in which everybody has the same pods, on the same nodes: one that differs
        in how a workload is rolled out, or in a budget."""
        before = self.ctx.parent
        if before is None or before.supposed != self.ctx.supposed:
            return None
        pairs = zip(self.ctx.subjects, before.subjects, strict=True)
        same = all(
            a is b or (a.object is b.object and a.new is b.new and a.replicas == b.replicas and a.live == b.live)
            for a, b in pairs
        )
        return before.rooms if same else None

    @cached_property
    def pressure(self) -> Pressure:
        """What is known of room when all workloads are at their most."""
        if self.ctx.like is not None:
            return self.ctx.like.rooms.pressure
        chosen = [
            s for s in self.ctx.subjects if not self.ctx.unadmitted(s) and not self.ctx.bound(s) and not self.astray(s)
        ]
        return Pressure(chosen, self.settled_cluster)

    @cached_property
    def many(self) -> bool:
        """Too many workloads and nodes for questions that look at each with each."""
        return len(self.ctx.subjects) * len(self.ctx.nodes) > LARGE

    @cached_property
    def cluster(self) -> Cluster:
        """The nodes, with the pods that belong to no workload of the manifests, and a pod of every DaemonSet on every
        node that it may use."""
        if self._same is not None:
            return self._same.cluster
        stay = {key_of(s.object): s.new for s in self.ctx.subjects if self.ctx.bound(s)}
        ours = {key_of(pod) for s in self.ctx.subjects for pod in self.ctx.bundle.pods_owned_by(s.object)}
        daemons = {key_of(item) for item in self.ctx.bundle.of_kind(DaemonSet)}
        position = {node.name: i for i, node in enumerate(self.ctx.nodes)}
        others = tuple(
            (PodGroup(PodInfo.of(pod), pod.metadata.deletion_timestamp is not None), {position[node]: 1})
            for pod in self.ctx.bundle.live_pods
            if (node := pod.spec.node_name)
            and node in position
            and key_of(pod) not in ours
            and self.ctx.admission.top_owner(pod) not in daemons
        )
        bound = tuple((PodGroup(pod), {position[pod.spec.node_name]: 1}) for pod in stay.values() if pod.spec.node_name)
        bare = Cluster(
            nodes=self.ctx.nodes,
            others=(*others, *bound),
            namespaces=self.ctx.namespaces,
            storage=self.volumes.storage,
        )
        return with_daemons(self.ctx.admission, bare)[0]

    @cached_property
    def volumes(self) -> Volumes:
        """What every claim is bound to, or will be."""
        if self.ctx.parent is not None:
            # It has the same nodes and claims.
            return self.ctx.parent.rooms.volumes
        return volumes_of(self.ctx.admission, self.ctx.nodes)

    @cached_property
    def _pinned(self) -> tuple[Storage, tuple[str, ...]]:
        if self._same is not None:
            return self._same._pinned
        if self.ctx.open:
            return self.volumes.storage, ()
        return pinned(self.volumes, self.ctx.nodes, [s.new for s in self.ctx.subjects])

    @property
    def settled_storage(self) -> Storage:
        """The storage once everybody runs: where a claim can be bound to several volumes, it is bound to one of them,
        as ``volume_assumptions`` say."""
        return self._pinned[0]

    @property
    def settled_cluster(self) -> Cluster:
        """``cluster`` with ``settled_storage``."""
        return evolve(self.cluster, storage=self.settled_storage)

    @cached_property
    def volume_assumptions(self) -> tuple[str, ...]:
        """What was assumed of the claims of the manifests' workloads."""
        if self.ctx.open:
            return ()
        names = [name for s in self.ctx.checked for name in claims_of(s.new)]
        storage = self.volumes.storage
        claims = (storage.ephemeral.get(name) or storage.claims.get(name) for name in names)
        made = (PROVISIONED,) if any(claim is not None and storage.provisions(claim) for claim in claims) else ()
        return (
            *made,
            *dict.fromkeys(self.volumes.assumed[n] for n in names if n in self.volumes.assumed),
            *self._pinned[1],
        )

    def undecided(self, subject: Subject) -> str:
        """Why it is not decided whether the pods of ``subject`` find a node, for reasons of their volumes."""
        names = claims_of(subject.new)
        reasons = (self.volumes.undecided[name] for name in names if name in self.volumes.undecided)
        return "" if self.ctx.open else next(reasons, "")

    def alone(self, subject: Subject) -> Fit:
        """Whether the pods of one workload have room when no other workload is there but its ``company``."""
        for before in (self.ctx.base, None if _waits(subject.new) else self.ctx.parent):
            if before is not None and self._same_company(subject, before):
                # Nothing changed for it: others do not count here.
                return before.rooms.alone(subject)
        if self.pressure.proves(subject):
            return Fit(room=Room.ALWAYS, method=_methods(self.pressure.rows(subject)))
        if self.ctx.base is None and not self.many and self._everything.room is Room.ALWAYS:
            return self._everything
        return self.ctx.memo(("alone", subject.title), lambda: self._alone(subject))

    def _same_company(self, subject: Subject, before: Context) -> bool:
        """``subject`` is in the run ``before`` as it is in this one, and so is its ``company``, at the same counts."""
        if id(subject) not in before.identities:
            return False
        return not _waits(subject.new) or self._company_ids(subject) == before.rooms._company_ids(subject)

    def _company_ids(self, subject: Subject) -> frozenset[int]:
        return self.ctx.memo(("company", subject.title), lambda: frozenset(map(id, self.company(subject))))

    def _alone(self, subject: Subject) -> Fit:
        company = self.company(subject) if _waits(subject.new) else (subject,)
        demands = [Demand(s.new, s.replicas, f"a pod of {s.title}") for s in company]
        answer = room_for(demands, self.cluster, waiting=(0,), limit=self.ctx.options.max_states)
        if answer.room is Room.IMPOSSIBLE and (reason := self.hope(subject)):
            return Fit(room=Room.UNKNOWN, method=answer.method, reason=reason)
        return answer

    def hope(self, subject: Subject) -> str:
        """What may let the pods of ``subject`` in and is not modelled; empty if nothing is."""
        return self.ctx.memo(("hope", subject.title), lambda: self._hope(subject)) if _waits(subject.new) else ""

    def _hope(self, subject: Subject) -> str:
        snapshot = Snapshot(nodes=(), groups=(), counts={}, namespaces=self.ctx.namespaces)
        company = [s.new for s in self.company(subject)]
        found = [
            describe(item)
            for item in self.ctx.bundle.objects
            # The pods of DaemonSets are on their nodes already.
            if not is_modelled(item)
            and not isinstance(item, DaemonSet)
            and pods_wanted(item)
            and (pod := pod_info(self.ctx.admission, item)) is not None
            and any(draws(one, pod, snapshot) for one in company)
        ]
        return f"pods of {listing(found)} may let its pods in, and those are not modelled" if found else ""

    def company(self, subject: Subject) -> tuple[Subject, ...]:
        """A workload and those whose pods may let its pods in, and so on: a required affinity of it asks for them, or a
        hard spread constraint counts them."""
        snapshot = Snapshot(nodes=(), groups=(), counts={}, namespaces=self.ctx.namespaces)
        found = [subject]
        for one in found:
            others = self.ctx.subjects if one.new.affinity else self._counted_by(one)
            found += [
                s
                for s in others
                if s not in found
                and not self.ctx.unadmitted(s)
                and not self.ctx.bound(s)
                and draws(one.new, s.new, snapshot)
            ]
        return tuple(found)

    def _counted_by(self, subject: Subject) -> list[Subject]:
        """The workloads that a hard spread constraint of ``subject`` may count."""
        pod = subject.new
        titles = {
            describe(item)
            for constraint in pod_topology_spread.hard(pod)
            for item in self.ctx.bundle.templates_matching(pod.namespace, constraint.label_selector)
        }
        return self.ctx.named(titles)

    @cached_property
    def _everything(self) -> Fit:
        """All workloads together. If every order fits them all, every order fits each: the others may come later."""
        if self._same is not None:
            return self._same._everything
        demands = [Demand(s.new, s.replicas, f"a pod of {s.title}") for s in self.ctx.subjects if not self.ctx.bound(s)]
        return room_proved(demands, self.cluster)

    @cached_property
    def placeable(self) -> tuple[Subject, ...]:
        """The workloads whose pods are admitted and have room at least alone; only these are asked about further."""
        if self._same is not None:
            pairs = zip(self.ctx.subjects, self._same.ctx.subjects, strict=True)
            return tuple(s for s, before in pairs if id(before) in self._same._placeable_identities)
        return tuple(s for s in self.ctx.subjects if self._is_placeable(s))

    @cached_property
    def _placeable_identities(self) -> frozenset[int]:
        return frozenset(id(s) for s in self.placeable)

    def _is_placeable(self, subject: Subject) -> bool:
        before = self.ctx.parent
        if before is not None and id(subject) in before.identities and not _waits(subject.new):
            # Nothing that counts here changed for it.
            return id(subject) in before.rooms._placeable_identities
        if self.ctx.unadmitted(subject) or self.ctx.bound(subject) or self.astray(subject):
            return False
        if self.ctx.open:
            return True
        room = self.alone(subject).room
        return room is not Room.IMPOSSIBLE and not (room is Room.UNKNOWN and self.hope(subject))

    def obstacle(self, subject: Subject) -> str:
        """Why nothing further is asked about a workload that is not ``placeable``."""
        if self.ctx.unadmitted(subject):
            return "not all of its pods are admitted (KV3003, KV3004)"
        if self.expelling(subject):
            return "its pods may be deleted from their nodes again and again (KV4012)"
        if self.forced_on(subject) is not None:
            return "its pods name a node whose taints or cordon would keep them away; only KV4012 is asked of them"
        if self.alone(subject).room is Room.UNKNOWN and (reason := self.hope(subject)):
            return reason
        return "not all of its pods find a node (KV3001)"

    def forced_on(self, subject: Subject) -> int | None:
        """The node that the template names in spite of its taints or cordon, if there is one: no scheduler is asked."""
        pod = subject.new
        if not subject.managed or pod.spec.node_name not in self.ctx.node_names:
            return None
        return next((n for n in range(len(self.ctx.nodes)) if bypasses(pod, n, self.ctx.nodes)), None)

    def expelling(self, subject: Subject) -> tuple[int, ...]:
        """The nodes where pods of ``subject`` can be bound and are then deleted because of a NoExecute taint."""
        if not subject.managed:
            return ()

        def find() -> tuple[int, ...]:
            pod, forced = subject.new, self.forced_on(subject)
            # What a node asks of a pod is the same for all nodes with these taints, as long as nothing else is asked.
            chosen = range(len(self.ctx.nodes)) if forced is None else (forced,)
            leaving = [
                n
                for n in chosen
                if self.ctx.nodes[n].taints and seconds_left(pod, self.ctx.nodes[n].taints) is not None
            ]
            snapshot = Snapshot(nodes=self.ctx.nodes, namespaces=self.ctx.namespaces)
            return tuple(n for n in leaving if n == forced or feasible(pod, n, snapshot, ONE_POD) is not False)

        return self.ctx.memo(("expelling", subject.title), find)

    def astray(self, subject: Subject) -> bool:
        """Its pods do not come to rest on nodes that a scheduler would give them."""
        return bool(self.expelling(subject)) or self.forced_on(subject) is not None

    def demands(self, surging: Subject | None = None) -> tuple[Demand, ...]:
        """Every workload's pods: at its replicas, but ``surging`` at the most it can have during a rollout."""
        return tuple(
            Demand(s.new, s.most if s is surging else s.replicas, f"a pod of {s.title}") for s in self.placeable
        )

    @cached_property
    def steady(self) -> Fit:
        """Whether all replicas of all placeable workloads have room together."""
        if self._same is not None and (self.ctx.like is not None or not self.many):
            return self._same.steady
        if self.many and all(self.pressure.proves(s) for s in self.placeable):
            return Fit(room=Room.ALWAYS, method=_methods(row for s in self.placeable for row in self.pressure.rows(s)))
        return room_for(self.demands(), self.cluster, limit=self.ctx.options.max_states)

    def has_room(self, subject: Subject, *, without: int | None = None) -> bool:
        """It is proved that, in every order, ``subject`` always finds room: for its surge, or (``without`` a node)
        for its replicas after that node is lost. Others hold up to the most replicas they may have, anywhere.
        """

        def prove() -> bool:
            if self.pressure.proves(subject, without=without):
                return True
            if self.many:
                return False
            cluster, demands, asked, limits = self._pressed(subject, without)
            if any(s.scaled for s in self.placeable if s is not subject) and _crowded(demands, cluster, asked):
                return False
            # Other runs may ask the same: those with another strategy, or another count, of one workload.
            pods = tuple((demand.pod, demand.count) for demand in demands)
            stays = tuple((s.title, s.new) for s in self.ctx.subjects)
            key = pods, tuple(asked), tuple(node.name for node in self.ctx.nodes), without, stays
            if key not in self.ctx.known.rooms:
                found = room_proved(demands, cluster, waiting=asked, limits=limits)
                consult()  # What was cut short is not kept.
                self.ctx.known.rooms[key] = found.room is Room.ALWAYS
            return self.ctx.known.rooms[key]

        return self.ctx.memo(("room", subject.title, without), prove)

    def resources_suffice(self, subject: Subject, *, without: int | None = None) -> bool:
        """It is proved that no node that may take a pod of ``subject`` is ever short of resources for it."""

        def prove() -> bool:
            if self.many:
                return False
            cluster, demands, asked, limits = self._pressed(subject, without)
            return never_binds(RESOURCES, demands, cluster, waiting=asked, limits=limits)

        return self.ctx.memo(("resources", subject.title, without), prove)

    def _pressed(
        self, subject: Subject, without: int | None
    ) -> tuple[Cluster, list[Demand], list[int], list[tuple[Sequence[int], int]]]:
        """The cluster, and the most that may be there at once while ``subject`` rolls out or has lost a node: demands,
        which of them are the subject's, and what bounds them together."""
        cluster = self.settled_cluster if without is None else self.settled_cluster.without(without)
        demands = [
            demand if s is subject else evolve(demand, count=s.ceiling)
            for demand, s in zip(self.demands(subject if without is None else None), self.placeable, strict=True)
        ]
        index = self.placeable.index(subject)
        if without is not None:
            return cluster, demands, [index], []
        demands.append(Demand(subject.old, subject.replicas, f"an old pod of {subject.title}"))
        both = (index, len(demands) - 1)
        return cluster, demands, list(both), [(both, demands[index].count)]

    def home(self, subject: Subject) -> Mapping[int, int]:
        """Where the pods of ``subject`` are when it is not the one asked about: live, or one way to place everybody."""
        return self._homes.get(subject.title, {})

    @cached_property
    def _homes(self) -> dict[str, dict[int, int]]:
        if self._same is not None and not self.many:
            return self._same._homes
        if self.ctx.like is not None and self.many:
            return self.ctx.like.rooms._homes
        position = {node.name: i for i, node in enumerate(self.ctx.nodes)}
        placement = self.steady.placement
        if placement is None:
            placement = placed_in_turn(self.demands(), self.cluster)
        homes: dict[str, dict[int, int]] = {s.title: {} for s in self.placeable}
        for (d, n), number in sorted(placement.items()):
            if number:
                homes[self.placeable[d].title][n] = number
        for subject in self.placeable:
            if subject.live is not None and all(name in position for name in subject.live):
                homes[subject.title] = {position[name]: n for name, n in subject.live.items()}
        return homes

    @cached_property
    def hosts_differ(self) -> bool:
        """Every node has a host name of its own."""
        return hosts_differ(self.ctx.nodes)

    @cached_property
    def _settled_state(self) -> ClusterState:
        """Everybody at home, and all filters but those that count pods by zone."""
        plain = tuple(plugin for plugin in DEFAULT_PROFILE if plugin.name != pod_topology_spread.NAME)
        state = state_of(self.demands(), evolve(self.settled_cluster, profile=plain))
        for subject in self.placeable:
            for node, number in self.home(subject).items():
                state.bind(subject.new, node, number)
        return state

    @contextmanager
    def beside(self, moving: Sequence[Subject]) -> Iterator[ClusterState]:
        """The cluster with everybody at home but ``moving``, for questions about single nodes: spreading is not asked.
        It has to be left as it was."""
        if self.ctx.like is not None and self.many:
            with self.ctx.like.rooms.beside(moving) as state:
                yield state
            return
        titles, state = {s.title for s in moving}, self._settled_state
        gone = [(s.new, node, n) for s in self.ctx.named(titles) for node, n in self._homes.get(s.title, {}).items()]
        for pod, node, number in gone:
            state.unbind(pod, node, number)
        try:
            yield state
        finally:
            for pod, node, number in gone:
                state.bind(pod, node, number)


def _waits(pod: PodInfo) -> bool:
    """Pods of others may let ``pod`` in."""
    return bool(pod.affinity) or any(pod_topology_spread.hard(pod))


def _crowded(demands: Sequence[Demand], cluster: Cluster, asked: Sequence[int]) -> bool:
    """The others alone, bound one after the other, can leave no node to the pods that are ``asked`` about: a quick way
    to see that there is nothing to prove."""
    others = [evolve(d, count=0) if i in asked else d for i, d in enumerate(demands)]
    state = state_of(demands, cluster)
    for (d, n), number in placed_in_turn(others, cluster).items():
        state.bind(demands[d].pod, n, number)
    return any(not state.feasible_nodes(demands[i].pod) for i in asked)


def _methods(rows: Iterable[DemandAnswer]) -> str:
    return "; ".join(dict.fromkeys(row.method for row in rows))
