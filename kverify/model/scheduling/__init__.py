"""The scheduler's filters, each written once for concrete and for symbolic pod counts."""

from kverify.model.scheduling.framework import (
    AffinityTerm,
    HostPort,
    NodeInfo,
    Plugin,
    PodGroup,
    PodInfo,
    Requirement,
    Snapshot,
)
from kverify.model.scheduling.profile import (
    DEFAULT_PROFILE,
    compose,
    feasible,
    feasible_nodes,
    message,
    reject,
    reported,
    requirements,
    with_nominated,
)
from kverify.model.scheduling.state import ClusterState

__all__ = [
    "DEFAULT_PROFILE",
    "AffinityTerm",
    "ClusterState",
    "HostPort",
    "NodeInfo",
    "Plugin",
    "PodGroup",
    "PodInfo",
    "Requirement",
    "Snapshot",
    "compose",
    "feasible",
    "feasible_nodes",
    "message",
    "reject",
    "reported",
    "requirements",
    "with_nominated",
]
