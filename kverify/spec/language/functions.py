"""The functions of the property language: what they take, what they are, and what they ask.

A function of the *manifest* asks nothing but objects. One of the *state* asks where pods stand in a state of the model
(``placed``: also on which nodes). ``node`` asks where a pod may be bound. What each computes is in ``manifest`` and
``state`` beside this file.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache

from attrs import frozen

from kverify.api.types.container import Container
from kverify.spec.language.types import (
    AMOUNT,
    CONDITION,
    NUMBER,
    TEXT,
    ListType,
    MapType,
    ObjectType,
    Type,
    kinds,
)


class Stage(IntEnum):
    """What has to be known to compute a value. Ordered: the stage of an expression is the greatest of its parts."""

    CONSTANT = 0
    MANIFEST = 1
    BINDING = 2
    """Where pods may be bound, by the rules that look at pod and node alone."""
    STATE = 3
    PLACED = 4
    """The state, with nodes told apart."""


@frozen
class OneOf:
    """An argument that is an object of one of these kinds."""

    kinds: tuple[str, ...]
    words: str = ""

    def __str__(self) -> str:
        return self.words or f"a {' or '.join(self.kinds)}"


@frozen
class AnyOf:
    """An argument of one of these types; None stands for everything."""

    words: str
    types: tuple[Type, ...] | None = None
    sized: bool = False
    """Anything that has a size: a list, a map, a text."""
    selector: bool = False
    """A ``LabelSelector``, or a map of labels."""

    def __str__(self) -> str:
        return self.words


Wanted = OneOf | AnyOf

MAKES_PODS = OneOf(
    ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicationController", "Pod"),
    "a workload (Deployment, ReplicaSet, Pod, ...)",
)
SERVICE = OneOf(("Service",))
BUDGET = OneOf(("PodDisruptionBudget",))
NODE = OneOf(("Node",))
AUTOSCALER = OneOf(("HorizontalPodAutoscaler",))
SELECTS = OneOf(
    ("Service", "PodDisruptionBudget", "NetworkPolicy", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"),
    "an object with a selector (Service, PodDisruptionBudget, ...)",
)
SELECTOR = AnyOf("a selector (matchLabels, matchExpressions) or a map of labels", selector=True)
A_TEXT = AnyOf("a text", (TEXT,))
A_NUMBER = AnyOf("a number", (NUMBER,))
A_LIST = AnyOf("a list, map or text", sized=True)
LABELS = AnyOf("labels", (MapType(TEXT),))
ANYTHING = AnyOf("a field")


@frozen
class Signature:
    """A function. ``rest`` is the type of any further arguments. ``rule`` names the source of what it computes."""

    name: str
    parameters: tuple[Wanted, ...]
    result: Type
    stage: Stage
    doc: str
    rule: str = ""
    rest: Wanted | None = None
    unmodelled: str = ""
    """Why the model does not know it; a property that asks it is undecided for this reason."""

    @property
    def arity(self) -> str:
        """``2 arguments (a Service, a Node)``."""
        number = len(self.parameters)
        more = " or more" if self.rest else ""
        words = f"{number or 'no'}{more} argument{'' if number == 1 and not more else 's'}"
        return f"{words} ({', '.join(map(str, self.parameters))})" if self.parameters else words


def _all() -> list[Signature]:
    manifest, state, placed = Stage.MANIFEST, Stage.STATE, Stage.PLACED
    node_type = kinds()["Node"]
    containers = ListType(ObjectType(Container, "Container"))
    status = "status of a Deployment; pkg/controller/deployment/sync.go"
    return [
        # What manifests say.
        Signature("has", (ANYTHING,), CONDITION, manifest, "The field is there (and not an empty list, map or text)."),
        Signature("size", (A_LIST,), NUMBER, manifest, "How many items or characters."),
        Signature("starts_with", (A_TEXT, A_TEXT), CONDITION, manifest, "The first text begins with the second."),
        Signature("ends_with", (A_TEXT, A_TEXT), CONDITION, manifest, "The first text ends with the second."),
        Signature("contains", (A_TEXT, A_TEXT), CONDITION, manifest, "The second text is part of the first."),
        Signature("like", (A_TEXT, A_TEXT), CONDITION, manifest, "The text fits the pattern, in which * is any text."),
        Signature(
            "image_registry", (A_TEXT,), TEXT, manifest, "The registry of an image: docker.io where none is named."
        ),
        Signature(
            "image_repository", (A_TEXT,), TEXT, manifest, "The name of an image without registry, tag and digest."
        ),
        Signature(
            "image_tag", (A_TEXT,), TEXT, manifest, "The tag of an image; latest where neither tag nor digest is."
        ),
        Signature("image_digest", (A_TEXT,), TEXT, manifest, "The digest of an image, empty where none is named."),
        Signature("min", (A_NUMBER,), NUMBER, Stage.CONSTANT, "The least of several numbers.", rest=A_NUMBER),
        Signature("max", (A_NUMBER,), NUMBER, Stage.CONSTANT, "The greatest of several numbers.", rest=A_NUMBER),
        Signature(
            "scaled_up",
            (AnyOf("a number or percentage", (AMOUNT, NUMBER)), A_NUMBER),
            NUMBER,
            Stage.CONSTANT,
            "A number as it is; a percentage as that part of the second argument, rounded up.",
            "intstr.GetScaledValueFromIntOrPercent",
        ),
        Signature(
            "scaled_down",
            (AnyOf("a number or percentage", (AMOUNT, NUMBER)), A_NUMBER),
            NUMBER,
            Stage.CONSTANT,
            "A number as it is; a percentage as that part of the second argument, rounded down.",
            "intstr.GetScaledValueFromIntOrPercent",
        ),
        Signature(
            "containers", (MAKES_PODS,), containers, manifest, "Init containers and containers of the pod (template)."
        ),
        Signature("pod_labels", (MAKES_PODS,), MapType(TEXT), manifest, "The labels of the pods it makes."),
        Signature("has_selector", (SELECTS,), CONDITION, manifest, "It has a selector that is not empty."),
        Signature(
            "selects",
            (SELECTS, MAKES_PODS),
            CONDITION,
            manifest,
            "The first selects the pods of the second (same namespace).",
        ),
        Signature(
            "autoscales",
            (AUTOSCALER, MAKES_PODS),
            CONDITION,
            manifest,
            "The first scales the second: it is its scaleTargetRef.",
            "pkg/controller/podautoscaler/horizontal.go",
        ),
        Signature(
            "matches",
            (SELECTOR, LABELS),
            CONDITION,
            manifest,
            "The selector matches the labels.",
            "labels.Requirement.Matches",
        ),
        Signature(
            "max_surge",
            (MAKES_PODS,),
            NUMBER,
            manifest,
            "maxSurge of a Deployment as a number of pods (0 for Recreate).",
            "ResolveFenceposts, deployment_util.go",
        ),
        Signature(
            "max_unavailable",
            (MAKES_PODS,),
            NUMBER,
            manifest,
            "maxUnavailable of a Deployment as a number of pods (all of them for Recreate).",
            "ResolveFenceposts, deployment_util.go",
        ),
        Signature(
            "node", (MAKES_PODS,), node_type, Stage.BINDING, "A node its pods may be bound to: every one is asked."
        ),
        # What the state of the cluster is.
        Signature("wanted", (MAKES_PODS,), NUMBER, state, "Pods its ReplicaSets want: the sum of their spec.replicas."),
        Signature(
            "desired", (MAKES_PODS,), NUMBER, state, "Pods wanted: spec.replicas, or what an autoscaler asks for."
        ),
        Signature(
            "autoscaled",
            (MAKES_PODS,),
            NUMBER,
            state,
            "Under apply: the pods its autoscaler had come to (at most minReplicas, if less is applied).",
        ),
        Signature(
            "replicas", (MAKES_PODS,), NUMBER, state, "Pods created and not terminating.", f"status.replicas, {status}"
        ),
        Signature(
            "ready",
            (MAKES_PODS,),
            NUMBER,
            state,
            "Ready pods that are not terminating.",
            f"status.readyReplicas, {status}",
        ),
        Signature(
            "available",
            (MAKES_PODS,),
            NUMBER,
            state,
            "Pods Ready for minReadySeconds.",
            f"status.availableReplicas, {status}",
        ),
        Signature(
            "updated",
            (MAKES_PODS,),
            NUMBER,
            state,
            "Pods of the revision that is rolled out.",
            f"status.updatedReplicas, {status}",
        ),
        Signature(
            "unavailable",
            (MAKES_PODS,),
            NUMBER,
            state,
            "Pods that are there and not available.",
            f"status.unavailableReplicas, {status}",
        ),
        Signature("pending", (MAKES_PODS,), NUMBER, state, "Pods created that no node has taken."),
        Signature("starting", (MAKES_PODS,), NUMBER, state, "Bound pods that are not Ready."),
        Signature(
            "terminating", (MAKES_PODS,), NUMBER, state, "Pods with a deletionTimestamp that still hold their node."
        ),
        Signature(
            "complete",
            (MAKES_PODS,),
            CONDITION,
            state,
            "The rollout is over.",
            "DeploymentComplete, deployment_util.go",
        ),
        Signature(
            "endpoints",
            (SERVICE,),
            NUMBER,
            state,
            "Pods listed for a Service: with publishNotReadyAddresses all bound ones.",
            "pkg/controller/endpointslice",
        ),
        Signature(
            "ready_endpoints",
            (SERVICE,),
            NUMBER,
            state,
            "Endpoints that answer: listed, on a node that is alive.",
            "pkg/controller/endpointslice",
        ),
        Signature(
            "healthy",
            (BUDGET,),
            NUMBER,
            state,
            "Ready pods the budget selects.",
            "status.currentHealthy, pkg/controller/disruption",
        ),
        Signature(
            "disruptions_allowed",
            (BUDGET,),
            NUMBER,
            state,
            "How many pods may be evicted now.",
            "status.disruptionsAllowed, pkg/controller/disruption",
        ),
        Signature(
            "condition",
            (MAKES_PODS, A_TEXT),
            CONDITION,
            state,
            'The condition is True; of a Deployment "Available" is modelled.',
            "HasMinimumAvailability, deployment_util.go",
        ),
        Signature(
            "drained",
            (),
            CONDITION,
            state,
            "The pods that were on the node being drained have left it; true before a drain begins.",
        ),
        Signature("disturbance_over", (), CONDITION, state, "The node that was disturbed is up, cordoned, or removed."),
        Signature("on", (MAKES_PODS, NODE), NUMBER, placed, "Its pods on the node that are not terminating."),
        Signature(
            "skew",
            (MAKES_PODS, A_TEXT),
            NUMBER,
            placed,
            "The most of its pods in a domain of the label, less the fewest.",
        ),
        Signature(
            "spread_kept",
            (MAKES_PODS,),
            CONDITION,
            placed,
            "Each new pod could be bound again where it is.",
            "podtopologyspread, filtering.go",
        ),
        Signature(
            "restarts",
            (MAKES_PODS,),
            NUMBER,
            state,
            "How often containers were restarted.",
            unmodelled="the model does not count restarts of containers",
        ),
    ]


@cache
def functions() -> dict[str, Signature]:
    """Every function by its name."""
    return {signature.name: signature for signature in _all()}
