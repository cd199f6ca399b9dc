"""From a ``World`` to a ``TransitionSystem``: every component declares its variables and yields its actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, cast

from kverify.api.labels import HOSTNAME
from kverify.api.types.affinity import NodeSelectorTerm
from kverify.model.components import deployment, kubelet, node_lifecycle, replica_set, scheduler, taint_eviction
from kverify.model.environment import drain, node_removal
from kverify.model.expr import Condition, Number, all_of, integer, lift, substitute
from kverify.model.legend import legend_of
from kverify.model.scheduling import pod_topology_spread
from kverify.model.scheduling.framework import NodeInfo, PodInfo
from kverify.model.scheduling.volumes import signatures
from kverify.model.system import Action, State, TransitionSystem, Variable
from kverify.model.workload import Revision
from kverify.model.world import Phase, Place, World


class Component(Protocol):
    """A module in ``kverify.model.components`` or ``kverify.model.environment``."""

    def variables(self, world: World) -> Iterator[Variable]: ...

    def actions(self, world: World) -> Iterator[Action]: ...


COMPONENTS = cast(
    "tuple[Component, ...]",
    (deployment, replica_set, scheduler, kubelet, node_lifecycle, taint_eviction, drain, node_removal),
)


def build(
    name: str,
    world: World,
    *,
    starts: Iterable[Mapping[str, int]] | None = None,
    initial: Condition = True,
    parameters: tuple[Variable, ...] = (),
    assume: Condition = True,
    without: frozenset[str] = frozenset(),
    beside: Iterable[Component] = (),
) -> TransitionSystem:
    """The transition system of ``world``.

    ``starts`` gives the initial states by variable name; what a start leaves out is the variable's own initial
    value, or 0. Without ``starts`` the system begins wherever ``initial`` holds. ``without`` names components that
    do nothing, ``beside`` adds some to those that every system has.
    """
    components = (*COMPONENTS, *beside)
    variables = tuple(v for component in components for v in component.variables(world))
    actions = tuple(
        action
        for component in components
        for action in component.actions(world)
        if action.guard is not False and action.component not in without
    )
    return TransitionSystem(
        name,
        variables=variables,
        actions=actions,
        initial=initial,
        starts=None if starts is None else tuple(_state(variables, start) for start in starts),
        parameters=parameters,
        assume=assume,
        symmetry=symmetry(world),
        legend=legend_of(world),
    )


def _state(variables: tuple[Variable, ...], values: Mapping[str, int]) -> State:
    unknown = values.keys() - {v.name for v in variables}
    if unknown:
        raise ValueError(f"no variables called {', '.join(sorted(unknown))}")
    return tuple(values.get(v.name, v.initial or 0) for v in variables)


def symmetry(world: World) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Groups of places that nothing tells apart, each place as the block of its variables.

    Two nodes are alike when the labels that some filter looks at (but for the node's own name), taints, allocatable,
    and the pods on them that do not move are equal. The hostname label may differ as long as it is each node's own and
    no pod asks for a node by name.
    """
    return tuple(tuple(_block(world, place) for place in places) for places in alike(world) if len(places) > 1)


def alike(world: World, also: Iterable[PodInfo] = ()) -> tuple[tuple[Place, ...], ...]:
    """The places in classes that nothing tells apart; the disturbed place is in none. ``also`` are further pods whose
    filters may tell nodes apart."""
    pods = (*(r.pod for r in world.revisions if r.pod is not None), *also)
    undisturbed = [p for p in world.places if world.disturbed is None or world.disturbed[0] is not p]
    if world.nodes and _asks_by_name(pods):
        return tuple((place,) for place in undisturbed)
    classes: dict[object, list[Place]] = {}
    volumes = signatures(world.nodes, (*pods, *(group.pod for group, _ in world.others)), world.storage)
    asked = _keys_asked(world, pods)
    for place in undisturbed:
        seen = () if place.node is None else volumes[place.node]
        classes.setdefault((_signature(world, place, asked), seen), []).append(place)
    return tuple(tuple(places) for places in classes.values())


RESOURCES = "NodeResourcesFit"


def _required_terms(pod: PodInfo) -> tuple[NodeSelectorTerm, ...]:
    affinity = pod.spec.affinity and pod.spec.affinity.node_affinity
    required = affinity and affinity.required_during_scheduling_ignored_during_execution
    return required.node_selector_terms if required else ()


def _asks_by_name(pods: Iterable[PodInfo]) -> bool:
    """Some pod names a node, by ``nodeName``, by field, or by the hostname label."""
    return any(
        pod.spec.node_name
        or HOSTNAME in pod.spec.node_selector
        or any(t.match_fields or any(e.key == HOSTNAME for e in t.match_expressions) for t in _required_terms(pod))
        for pod in pods
    )


def _keys_asked(world: World, pods: tuple[PodInfo, ...]) -> tuple[str, ...]:
    """The node labels that some filter can look at: by selectors of the pods, or as topology of anybody's terms. The
    host name is none of them where it is each node's own."""
    keys: set[str] = set()
    for pod in pods:
        keys.update(pod.spec.node_selector)
        keys.update(e.key for t in _required_terms(pod) for e in t.match_expressions)
        # ScheduleAnyway only scores, and scores never decide here.
        keys.update(c.topology_key for c in pod_topology_spread.hard(pod))
    for pod in (*pods, *(group.pod for group, _ in world.others)):
        keys.update(t.topology_key for t in (*pod.affinity, *pod.anti_affinity))
    if HOSTNAME in keys and hosts_differ(world.nodes):
        keys.remove(HOSTNAME)
    return tuple(sorted(keys))


def hosts_differ(nodes: tuple[NodeInfo, ...]) -> bool:
    """Every node has a host name of its own."""
    names = [node.labels.get(HOSTNAME) for node in nodes]
    return len(set(names)) == len(names) and None not in names


def _signature(world: World, place: Place, asked: tuple[str, ...]) -> object:
    if place.node is None:
        return "unbounded"
    node = world.nodes[place.node]
    labels = tuple(node.labels.get(key) for key in asked)
    fixed = tuple(by_node.get(place.node, 0) for _, by_node in world.others)
    allocatable = None if RESOURCES in world.ignored else node.allocatable
    return labels, node.taints, node.unschedulable, allocatable, fixed, place.many


def _block(world: World, place: Place) -> tuple[str, ...]:
    return tuple(
        world.at(phase, revision, place)
        for workload in world.workloads
        for revision in workload.revisions
        for phase in world.phases(workload)
    )


def settled_states(
    world: World, placements: Iterable[Mapping[tuple[str, str], int]], running: Iterable[Revision]
) -> Iterator[dict[str, int]]:
    """Start states in which every revision in ``running`` has its pods available, as ``placements`` has them.

    A placement maps (revision key, place name) to a number of pods.
    """
    revisions = tuple(running)
    for placement in placements:
        start: dict[str, int] = {}
        for revision in revisions:
            here = {p: placement.get((revision.key, p.name), 0) for p in world.places}
            start[world.spec(revision)] = sum(here.values())
            for place, number in here.items():
                start[world.at(Phase.AVAILABLE, revision, place)] = number
            if world.stale:
                start[world.seen(revision)] = sum(here.values())
            if world.disturbed is not None and world.coming is None and drain.comes_back(world, revision):
                start[drain.listed(revision)] = here[world.disturbed[0]]
        status = world.status_variable()
        if status is not None and status.initial is not None:
            start[status.name] = status.initial
        yield start


def placing(world: World, revisions: Iterable[Revision]) -> TransitionSystem:
    """The scheduler alone, from nothing: every way in which pods of ``revisions`` can come to their nodes.

    Only numbers on nodes matter here, so a bound pod is available at once. Its final states are the placements the
    scheduler can produce; those with pods still pending are where scheduling got stuck.
    """
    chosen, seen = tuple(revisions), scheduler.seen_in(world)
    own = {world.at(Phase.STARTING, revision, place) for revision in chosen for place in world.places}
    variables: list[Variable] = []
    actions: list[Action] = []
    for revision in chosen:
        replicas = world.owner(revision).replicas
        assert isinstance(replicas, int), "placing needs a number of replicas"
        pending = integer(world.pending(revision))
        variables.append(Variable(world.pending(revision), 0, replicas, replicas))
        for place in world.places:
            here = world.at(Phase.STARTING, revision, place)
            variables.append(Variable(here, 0, replicas, 0))
            fits = scheduler.fits_on(world, revision, place, seen)
            # Nobody else has pods yet, and these have only just been bound.
            fits = substitute(fits, dict.fromkeys(lift(fits).variables() - own, 0))
            if fits is not False:
                updates: dict[str, Number | Condition] = {
                    world.pending(revision): pending - 1,
                    here: integer(here) + 1,
                }
                actions.append(
                    Action(
                        f"bind {revision.key}@{place.name}",
                        scheduler.COMPONENT,
                        guard=all_of([pending >= 1, fits]),
                        updates=updates,
                        says=f"The scheduler binds a pod of {revision.title} to {place.name}",
                    )
                )
    blocks = tuple(tuple(tuple(name for name in block if name in own) for block in group) for group in symmetry(world))
    return TransitionSystem("placing", tuple(variables), tuple(actions), symmetry=blocks)
