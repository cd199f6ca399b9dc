"""What the state machine knows of a workload: its revisions, its strategy, the pods they create."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from kverify.api.languages.percentages import scaled
from kverify.model.expr import Condition, Number, all_of, ite, lift, minimum

if TYPE_CHECKING:
    from kverify.model.scheduling.framework import PodInfo


@frozen
class RollingUpdate:
    """``spec.strategy.rollingUpdate`` with both fenceposts resolved to numbers (or left symbolic)."""

    surge: Number
    unavailable: Number


@frozen
class Recreate:
    """All old pods are gone before the first new one is created."""


Strategy: TypeAlias = "RollingUpdate | Recreate"


@frozen(eq=False)
class Revision:
    """One ReplicaSet: pods from one template, which nothing but their node and phase can tell apart.

    ``key`` prefixes the revision's variables and is unique in a model; ``title`` is for people. ``ready`` is false for
    a template whose containers never become ready (an image that cannot be pulled, a probe that always fails);
    ``pulled`` is false if that is because an image cannot be pulled: then its pods stay in phase Pending, also once
    they are bound.
    """

    key: str
    title: str
    pod: PodInfo | None = None
    ready: bool = True
    pulled: bool = True


@frozen(eq=False)
class Workload:
    """A Deployment (several revisions, in order of creation) or a bare ReplicaSet (one revision, no strategy).

    ``target`` is the index of the revision that the template asks for: fixed, or an expression when somebody may
    change the template during the run. ``claims`` are ReadWriteOnce claims that all its pods mount.

    Where ``replicas`` may change, ``annotated`` is the number that its active ReplicaSets were last told (the
    annotation ``deployment.kubernetes.io/desired-replicas``) and ``annotated_surge`` maxSurge at that time.
    ``paused`` is ``spec.paused``, where that may change.
    """

    name: str
    replicas: Number
    revisions: tuple[Revision, ...]
    strategy: Strategy | None = None
    target: Number = 0
    min_ready: bool = False
    claims: tuple[str, ...] = ()
    annotated: Number | None = None
    annotated_surge: Number = 0
    paused: Condition = False


def template(workload: Workload) -> str:
    """The variable that holds what was applied last, where a template may change and its controller lags behind."""
    return f"{workload.name}.template"


def resolve_fenceposts(max_surge: int | str, max_unavailable: int | str, replicas: Number) -> RollingUpdate:
    """``maxSurge`` and ``maxUnavailable`` as numbers of pods, for a number of replicas that may be open.

    Surge rounds up, unavailable rounds down; if both come to 0, unavailable becomes 1, because a surge may be
    impossible (quota) and a rollout must be able to move. Source: ``ResolveFenceposts`` in
    pkg/controller/deployment/util/deployment_util.go.
    """
    surge: Number = scaled(max_surge, replicas, up=True)
    unavailable: Number = scaled(max_unavailable, replicas, up=False)
    neither = all_of([lift(surge) == 0, lift(unavailable) == 0])
    return RollingUpdate(surge, minimum([ite(neither, 1, unavailable), replicas]))
