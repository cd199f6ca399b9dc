"""What the functions of the state mean: each as an expression over the variables of a ``World``.

Every count is the model's own (``World``, the disruption controller, EndpointSlices, the spread filter); nothing here
says again what Kubernetes does. What the world does not hold is refused with a reason, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import field, frozen

from kverify.api.types.apps import Deployment
from kverify.cluster.objects import Key, describe, key_of
from kverify.manifest.span import Span
from kverify.model.components import disruption, endpoints
from kverify.model.components.scheduler import snapshot_of
from kverify.model.environment.drain import drained
from kverify.model.expr import Condition, Number, all_of, implies, integer, ite, maximum, minimum, substitute, total
from kverify.model.scheduling import pod_topology_spread
from kverify.model.workload import Revision, RollingUpdate, Workload
from kverify.model.world import ANSWERING, LIVE, SERVING, NodeStatus, Phase, Place, World
from kverify.spec.language import manifest
from kverify.spec.language.values import Item, NotModelled, plain

_OVER = (*ANSWERING, NodeStatus.REMOVED)


@frozen(eq=False, kw_only=True)
class WorldState:
    """The functions of the state over one world.

    ``workloads`` finds the model's workload of an object; ``settled`` has the replicas of workloads that are not part
    of the world and stay as they are; ``autoscaled`` what autoscalers had come to before an apply; ``behind`` lists
    the workloads whose pods a Service selects.
    """

    world: World
    workloads: Mapping[Key, Workload]
    settled: Mapping[Key, int] = field(factory=dict)
    autoscaled: Mapping[Key, int] = field(factory=dict)
    drains: bool = True
    """Somebody drains the cordoned node, if there is one."""
    behind: Callable[[Any], Iterable[Any]]
    used: set[str] = field(factory=set)
    """Titles of the settled workloads that an answer counted."""

    def call(self, function: str, arguments: tuple[Any, ...], span: Span) -> Any:
        """The value of a function of the state. Raises ``NotModelled``."""
        for argument in arguments:
            if argument is None or plain(argument) is None:
                raise NotModelled(f"an argument of {function} is absent", span)
        method = getattr(self, f"_{function}", None)
        try:
            if method is not None:
                return method(*arguments)
            return self._counted(function, arguments[0])
        except NotModelled as error:
            raise NotModelled(str(error), error.span or span) from None

    def fencepost(self, function: str, workload: Item) -> Any:
        """``max_surge`` or ``max_unavailable`` of a workload that rolls out in the model, otherwise None."""
        known = self.workloads.get(key_of(workload.root))
        if known is None or not isinstance(known.strategy, RollingUpdate):
            return None
        return known.strategy.surge if function == "max_surge" else known.strategy.unavailable

    # -- workloads -----------------------------------------------------------------------------------------------

    def _workload(self, item: Item) -> Workload:
        found = self.workloads.get(key_of(item.root))
        if found is None:
            raise NotModelled(f"{describe(item.root)} has no pods in this scene")
        return found

    def _rests(self, item: Item) -> int | None:
        """The replicas of a workload that only stays as it is."""
        key = key_of(item.root)
        if key in self.workloads:
            return None
        if key in self.settled:
            self.used.add(describe(item.root))
            return self.settled[key]
        kind = item.root.kind
        if kind not in ("Deployment", "ReplicaSet", "Pod"):
            raise NotModelled(f"the pods of a {kind} are not modelled yet")
        raise NotModelled(f"{describe(item.root)} has no pods in this scene")

    def _counted(self, function: str, item: Item) -> Any:
        """The numbers of a workload's status."""
        rests = self._rests(item)
        if rests is not None:
            return rests if function in ("desired", "wanted", "replicas", "ready", "available", "updated") else 0
        workload = self._workload(item)
        world = self.world

        def of(count: Callable[[Revision], Number]) -> Number:
            return total(count(revision) for revision in workload.revisions)

        match function:
            case "desired":
                return workload.replicas
            case "wanted":
                return of(lambda r: integer(world.spec(r)))
            case "replicas":
                return of(world.live)
            case "ready":
                return of(lambda r: world.count(r, SERVING))
            case "available":
                return of(world.available)
            case "unavailable":
                return of(world.live) - of(world.available)
            case "updated":
                return total(
                    ite(workload.target == index, world.live(revision), 0)
                    for index, revision in enumerate(workload.revisions)
                )
            case "pending":
                return of(lambda r: integer(world.pending(r)))
            case "starting":
                return of(lambda r: world.count(r, (Phase.STARTING,)))
            case "terminating":
                return of(lambda r: world.count(r, (Phase.TERMINATING,)))
        raise NotModelled(f"the model does not know {function} yet")

    def _autoscaled(self, item: Item) -> int:
        found = self.autoscaled.get(key_of(item.root))
        if found is None:
            raise NotModelled(f"no apply changes what an autoscaler made of {describe(item.root)} in this scene")
        return found

    def _complete(self, item: Item) -> Condition:
        return True if self._rests(item) is not None else self.world.complete(self._workload(item))

    def _condition(self, item: Item, name: Any) -> Condition:
        asked = plain(name)
        if asked != "Available" or not isinstance(item.root, Deployment):
            raise NotModelled(f"the model does not know the condition {asked} of a {item.root.kind}")
        available, desired = self._counted("available", item), self._counted("desired", item)
        unavailable = self.fencepost("max_unavailable", item)
        if unavailable is None:
            recreate = item.root.spec.strategy.type == "Recreate"
            unavailable = 0 if recreate else manifest.call("max_unavailable", (item,))
        result: Condition = available >= desired - unavailable
        return result

    # -- places --------------------------------------------------------------------------------------------------

    def _places(self) -> Mapping[str, Place]:
        if any(place.node is None for place in self.world.places):
            raise NotModelled("the nodes are not told apart here")
        return {place.name: place for place in self.world.places}

    def _on(self, item: Item, node: Item) -> Number:
        workload = self._workload(item)
        place = self._places().get(node.value.metadata.name)
        if place is None:
            raise NotModelled(f"{describe(node.root)} is not part of this scene")
        return total(self.world.count(revision, LIVE, (place,)) for revision in workload.revisions)

    def _skew(self, item: Item, key: Any) -> Number:
        workload, domains = self._workload(item), dict[str, list[Place]]()
        for place in self._places().values():
            assert place.node is not None
            value = self.world.nodes[place.node].labels.get(plain(key))
            if value is not None:
                domains.setdefault(value, []).append(place)
        if not domains:
            raise NotModelled(f"no node has the label {plain(key)}")
        counts = [
            total(self.world.count(revision, LIVE, places) for revision in workload.revisions)
            for places in domains.values()
        ]
        return maximum(counts) - minimum(counts)

    def _spread_kept(self, item: Item) -> Condition:
        workload = self._workload(item)
        self._places()
        return spread_holds(self.world, workload)

    # -- Services and budgets ------------------------------------------------------------------------------------

    def _revisions_behind(self, item: Item) -> tuple[list[Revision], int]:
        """The revisions in the world that a Service selects, and the pods of workloads that stay as they are."""
        revisions: list[Revision] = []
        resting = 0
        for workload in self.behind(item.root):
            known = self.workloads.get(key_of(workload))
            if known is not None:
                selector = item.value.spec.selector
                revisions += [
                    r
                    for r in known.revisions
                    if r.pod is None or all(r.pod.labels.get(key) == value for key, value in selector.items())
                ]
            else:
                resting += self._rests(Item(workload, workload)) or 0
        return revisions, resting

    def _ready_endpoints(self, item: Item) -> Number:
        revisions, resting = self._revisions_behind(item)
        listed = bool(item.value.spec.publish_not_ready_addresses)
        return endpoints.answering(self.world, revisions, publish_not_ready=listed) + resting

    def _endpoints(self, item: Item) -> Number:
        revisions, resting = self._revisions_behind(item)
        phases = LIVE if item.value.spec.publish_not_ready_addresses else SERVING
        return total(self.world.count(revision, phases) for revision in revisions) + resting

    def _budget(self, item: Item) -> Any:
        for budget in self.world.budgets:
            if budget.name == describe(item.root):
                return budget
        raise NotModelled(f"{describe(item.root)} has no part in this scene")

    def _healthy(self, item: Item) -> Number:
        return disruption.healthy(self.world, self._budget(item))

    def _disruptions_allowed(self, item: Item) -> Number:
        budget = self._budget(item)
        spare = disruption.healthy(self.world, budget) - budget.desired
        return maximum([0, spare]) if budget.expected >= 1 else 0

    # -- the scenario --------------------------------------------------------------------------------------------

    def _drained(self) -> Condition:
        cordoned = self.world.disturbance is NodeStatus.CORDONED
        if not (cordoned and self.drains):
            raise NotModelled("no node is drained in this scenario")
        return drained(self.world)

    def _disturbance_over(self) -> Condition:
        if self.world.disturbed is None:
            return True
        return self.world.has_status(self.world.disturbed[0], *_OVER)


def spread_holds(world: World, workload: Workload) -> Condition:
    """Every pod of the newest revision could be bound again where it is: the filter's own rule, one pod taken away."""
    new = workload.revisions[-1]
    if new.pod is None:
        return True
    snapshot = snapshot_of(world, world.nodes)
    parts: list[Condition] = []
    for place in world.places:
        assert place.node is not None
        name = world.at(Phase.AVAILABLE, new, place)
        rules = all_of(r.holds for r in pod_topology_spread.PLUGIN.requirements(new.pod, place.node, snapshot))
        here = world.count(new, LIVE, (place,))
        parts.append(implies(here >= 1, substitute(rules, {name: integer(name) - 1})))
    return all_of(parts)
