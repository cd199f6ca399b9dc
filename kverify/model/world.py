"""The part of a cluster that one question is about, and the names of its variables.

Pods are counted: for every revision there is one variable ``pending`` (created, not bound) and, for every place, one
variable per phase. A place is a node, or a set of nodes that need not be told apart (``node is None``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from attrs import field, frozen

from kverify.model.expr import Condition, Expr, Number, all_of, any_of, integer, total
from kverify.model.scheduling.storage import Storage
from kverify.model.system import Variable
from kverify.model.workload import Revision, Workload, template

if TYPE_CHECKING:
    from kverify.api.types.node import Taint
    from kverify.model.scheduling.framework import NodeInfo, PodGroup


class Phase(Enum):
    """Where a bound pod stands. Created pods that no node has taken are counted apart, as ``pending``."""

    STARTING = "starting"
    """Bound and not Ready: pulling, starting, waiting for its probe, or on a node that lost contact."""
    READY = "ready"
    """Ready, but not yet for ``minReadySeconds``; without ``minReadySeconds`` nobody stays here."""
    AVAILABLE = "available"
    TERMINATING = "terminating"
    """``deletionTimestamp`` is set; the pod still holds its node's resources until the kubelet has stopped it."""


LIVE = (Phase.STARTING, Phase.READY, Phase.AVAILABLE)
SERVING = (Phase.READY, Phase.AVAILABLE)


class NodeStatus(Enum):
    """What the control plane, and the node itself, are up to. Declared in the order a lost node runs through; what
    comes after is no loss."""

    UP = "up"
    CORDONED = "cordoned"
    SILENT = "silent"
    """The kubelet is gone but its lease has not run out: nobody knows yet."""
    UNREACHABLE = "unreachable"
    REMOVED = "removed"
    TAINTED = "tainted"
    """Somebody has given the node a NoExecute taint (``taint_eviction.ADDED``). A lost node never has this status."""

    @property
    def number(self) -> int:
        """What the variable of a place's status is worth."""
        return list(NodeStatus).index(self)

    @classmethod
    def numbered(cls, number: int) -> NodeStatus:
        """The status for which that variable has this number."""
        return list(cls)[number]


ANSWERING = (NodeStatus.UP, NodeStatus.CORDONED, NodeStatus.TAINTED)
"""The node's kubelet does its work, and everybody knows."""


@frozen(eq=False)
class Place:
    """A node, or (``node`` is None) any of the nodes that need not be told apart. With ``node`` and ``many`` it is any
    of the nodes that the filters asked here do not tell from that one: all of a zone, say, where only zones count.

    ``taints`` are NoExecute taints that these all have, where it matters. ``room`` says of several nodes how many pods
    of this question they take together: exact where every node takes the same number whichever of them come, because
    then some node has room as long as they are fewer.
    """

    name: str
    node: int | None = None
    room: Number | None = None
    taints: tuple[Taint, ...] = ()
    many: bool = False

    @property
    def single(self) -> bool:
        """It is one node."""
        return self.node is not None and not self.many


@frozen(eq=False, kw_only=True)
class Budget:
    """A PodDisruptionBudget over the revisions it selects, with ``expected`` and ``desired`` already computed.

    ``always_allow`` is ``unhealthyPodEvictionPolicy: AlwaysAllow``. ``beside`` are healthy pods it selects that are not
    in this question.
    """

    name: str
    revisions: tuple[Revision, ...]
    expected: Number
    desired: Number
    always_allow: bool = False
    beside: int = 0


@frozen(eq=False, kw_only=True)
class World:
    """Everything the components read when they declare variables and yield actions.

    ``others`` are pods that do not move in this question: groups of them with a count per node. ``ignored`` are filter
    plugins that need not be asked, because it has been proved that they always let every pod of this question in (or
    because there is no cluster and that is assumed). ``disturbed`` is the place whose status may change, with its first
    status; ``coming`` is what may still happen to it where it is up at first; if it ``returns``, a silent place is back
    before anybody has marked it; a ``forgetful`` kubelet then asks the probes of its pods anew, which may not be Ready
    until they have answered (the default before Kubernetes 1.35). ``failing`` says that readiness may be lost on all
    nodes (``kubelet.OUTAGE``). ``stale`` lets the Deployment controller act on a ReplicaSet status that lags behind its
    pods. ``admitted`` is how many pods of this question admission lets exist at once (a quota counts pods until they
    are gone).
    """

    workloads: tuple[Workload, ...]
    places: tuple[Place, ...]
    nodes: tuple[NodeInfo, ...] = ()
    others: tuple[tuple[PodGroup, Mapping[int, int]], ...] = ()
    namespaces: Mapping[str, Mapping[str, str]] = {}
    storage: Storage = field(factory=Storage)
    ignored: frozenset[str] = frozenset()
    budgets: tuple[Budget, ...] = ()
    disturbed: tuple[Place, NodeStatus] | None = None
    coming: NodeStatus | None = None
    returns: bool = False
    forgetful: bool = False
    failing: bool = False
    stale: bool = False
    admitted: Number | None = None

    @cached_property
    def revisions(self) -> tuple[Revision, ...]:
        """All revisions of all workloads."""
        return tuple(r for w in self.workloads for r in w.revisions)

    # -- names and counts --------------------------------------------------------------------------------------

    @staticmethod
    def spec(revision: Revision) -> str:
        """``spec.replicas`` of the revision's ReplicaSet."""
        return f"{revision.key}.spec"

    @staticmethod
    def pending(revision: Revision) -> str:
        """Pods created and not bound to a node."""
        return f"{revision.key}.pending"

    @staticmethod
    def at(phase: Phase, revision: Revision, place: Place) -> str:
        """Pods of ``revision`` on ``place`` in ``phase``."""
        return f"{revision.key}.{phase.value}@{place.name}"

    @staticmethod
    def seen(revision: Revision) -> str:
        """``status.availableReplicas`` as the Deployment controller last read it."""
        return f"{revision.key}.seen"

    @staticmethod
    def status(place: Place) -> str:
        """The ``NodeStatus`` of a disturbed place."""
        return f"{place.name}.status"

    def phases(self, workload: Workload) -> tuple[Phase, ...]:
        """The phases the pods of ``workload`` can be in: READY has no pods where ``minReadySeconds`` is 0."""
        return tuple(p for p in Phase if p is not Phase.READY or workload.min_ready)

    def owner(self, revision: Revision) -> Workload:
        """The workload that owns ``revision``."""
        return next(w for w in self.workloads if revision in w.revisions)

    def count(self, revision: Revision, phases: Iterable[Phase], places: Iterable[Place] | None = None) -> Number:
        """How many pods of ``revision`` are in one of ``phases`` on one of ``places`` (by default on any)."""
        known = self.phases(self.owner(revision))
        return total(
            integer(self.at(phase, revision, place))
            for place in (self.places if places is None else places)
            for phase in phases
            if phase in known
        )

    def live(self, revision: Revision) -> Number:
        """Pods a ReplicaSet counts: created and not terminating."""
        return integer(self.pending(revision)) + self.count(revision, LIVE)

    def available(self, revision: Revision) -> Number:
        """Available pods, as they are."""
        return self.count(revision, (Phase.AVAILABLE,))

    def reported(self, revision: Revision) -> Number:
        """Available pods, as the Deployment controller sees them."""
        return integer(self.seen(revision)) if self.stale else self.available(revision)

    def complete(self, workload: Workload) -> Condition:
        """The rollout is over: every replica is of the target revision and available, no old pod lives.

        Source: ``DeploymentComplete`` in pkg/controller/deployment/util/deployment_util.go; what was applied last has
        been read (``observedGeneration``).
        """
        lags = self.stale and isinstance(workload.target, Expr)

        def done(target: Revision) -> Condition:
            return all_of(
                [
                    self.available(target) == workload.replicas,
                    *(self.live(r) == (workload.replicas if r is target else 0) for r in workload.revisions),
                ]
            )

        return any_of(
            all_of([workload.target == i, integer(template(workload)) == i if lags else True, done(r)])
            for i, r in enumerate(workload.revisions)
        )

    def deleted(self, revision: Revision, phase: Phase, place: Place) -> dict[str, Number | Condition]:
        """What it changes that a pod is deleted: it is terminating until its kubelet has stopped it."""
        here, gone = self.at(phase, revision, place), self.at(Phase.TERMINATING, revision, place)
        return {here: integer(here) - 1, gone: integer(gone) + 1}

    # -- the disturbed place -----------------------------------------------------------------------------------

    @property
    def disturbance(self) -> NodeStatus | None:
        """What happens to the disturbed place, or has happened when the run begins; None without one."""
        return self.coming or (None if self.disturbed is None else self.disturbed[1])

    def status_variable(self) -> Variable | None:
        """The status of the disturbed place, if there is one."""
        if self.disturbed is None:
            return None
        place, first = self.disturbed
        return Variable.choice(self.status(place), [s.value for s in NodeStatus], first.value)

    def has_status(self, place: Place, *statuses: NodeStatus) -> Condition:
        """``place`` has one of ``statuses``. Undisturbed places are up."""
        if self.disturbed is None or self.disturbed[0] is not place:
            return NodeStatus.UP in statuses
        return any_of(integer(self.status(place)) == s.number for s in statuses)
