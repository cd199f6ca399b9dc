"""What an update may change of a pod (``ValidatePodUpdate``): images, a nearer deadline, more tolerations, fewer gates.

A pod that is gated may also be narrowed in where it can run. Resources and ephemeral containers change through
subresources only, which no manifest reaches. That images are given, and well, is the validation of the new pod.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import attrs

from kverify.api.base import json_name, model_fields
from kverify.api.defaults.creation import APPARMOR_CONTAINER
from kverify.api.types.affinity import Affinity, NodeAffinity, NodeSelectorTerm, Toleration
from kverify.api.types.container import Container
from kverify.api.types.pod import Pod, PodSpec
from kverify.api.validation.placement import REQUIRED_RULES
from kverify.api.validation.pod_annotations import MIRROR
from kverify.api.validation.report import IMMUTABLE, Path, Report

AGAIN = "delete the pod and create it again"
C = TypeVar("C", bound=Container)
_METADATA = Path().child("metadata")
_SPEC = Path().child("spec")


def update_pod(new: Pod, old: Pod, report: Report) -> None:
    _check_annotations(new.metadata.annotations, old.metadata.annotations, report)
    before, after = old.spec, new.spec
    for name, one, other in (
        ("containers", before.containers, after.containers),
        ("initContainers", before.init_containers, after.init_containers),
    ):
        if len(one) != len(other):
            message = "Containers cannot be added to a pod or removed from it."
            report.error(IMMUTABLE, _SPEC.child(name), message, AGAIN)
            return
    if not _deadline_may_change(before.active_deadline_seconds, after.active_deadline_seconds, report):
        return
    _check_tolerations(after.tolerations, before.tolerations, report)
    for here, gate in _SPEC.child("schedulingGates").each(after.scheduling_gates):
        if gate.name not in {known.name for known in before.scheduling_gates}:
            message = f"The gate {gate.name} cannot be added: gates are there from the beginning, or not at all."
            report.error(IMMUTABLE, here.child("name"), message, "remove it")
    _check_rest(after, before, report)


def _check_annotations(new: Mapping[str, str], old: Mapping[str, str], report: Report) -> None:
    """``ValidatePodSpecificAnnotationUpdates``."""
    for key in {**old, **new}:
        if old.get(key) != new.get(key) and (key == MIRROR or key.startswith(APPARMOR_CONTAINER)):
            here = _METADATA.child("annotations").key(key)
            report.error(IMMUTABLE, here, "This annotation of a pod cannot be changed.", AGAIN)


def _deadline_may_change(old: int | None, new: int | None, report: Report) -> bool:
    """Whether the rest is looked at: not when the deadline is put off."""
    here = _SPEC.child("activeDeadlineSeconds")
    if new is None and old is not None:
        report.error(IMMUTABLE, here, "The deadline of a pod cannot be taken away.", AGAIN)
    if new is not None and old is not None and new > old:
        report.error(IMMUTABLE, here, "The deadline of a pod can only be brought forward.", f"at most {old}")
        return False
    return True


def _check_tolerations(new: tuple[Toleration, ...], old: tuple[Toleration, ...], report: Report) -> None:
    """``validateOnlyAddedTolerations``: the time is free."""
    timeless = {attrs.evolve(toleration, toleration_seconds=None) for toleration in new}
    if not timeless.issuperset(attrs.evolve(toleration, toleration_seconds=None) for toleration in old):
        message = "Of the tolerations of a pod only tolerationSeconds can be changed; others can be added."
        report.error(IMMUTABLE, _SPEC.child("tolerations"), message, AGAIN)


def _check_rest(new: PodSpec, old: PodSpec, report: Report) -> None:
    """Everything else stays; the API server prints the spec, and the place is the first field that differs."""
    grace = new.termination_grace_period_seconds
    if grace == 1 and (old.termination_grace_period_seconds or 0) < 0:
        grace = old.termination_grace_period_seconds
    rest = attrs.evolve(
        new,
        containers=_with_images(new.containers, old.containers),
        init_containers=_with_images(new.init_containers, old.init_containers),
        active_deadline_seconds=old.active_deadline_seconds,
        scheduling_gates=old.scheduling_gates,
        tolerations=old.tolerations,
        termination_grace_period_seconds=grace,
    )
    if old.scheduling_gates:
        rest = _check_narrowing(rest, old, report)
    for attribute in model_fields(PodSpec):
        if getattr(rest, attribute.name) != getattr(old, attribute.name):
            name = json_name(attribute)
            message = f"{name} of a pod cannot be changed: only images, deadline, tolerations and gates can."
            report.error(IMMUTABLE, _SPEC.inside(name), message, AGAIN)
            return


def _with_images(new: tuple[C, ...], old: tuple[C, ...]) -> tuple[C, ...]:
    return tuple(attrs.evolve(after, image=before.image) for after, before in zip(new, old, strict=True))


def _check_narrowing(new: PodSpec, old: PodSpec, report: Report) -> PodSpec:
    """``new`` with the node selector and node affinity of ``old``, once it is said what is wrong with its own."""
    if any(new.node_selector.get(key) != value for key, value in old.node_selector.items()):
        message = "The node selector of a gated pod can only be added to."
        report.error(IMMUTABLE, _SPEC.child("nodeSelector"), message, "keep what is there")
    before = old.affinity.node_affinity if old.affinity is not None else None
    after = new.affinity.node_affinity if new.affinity is not None else None
    affinity = new.affinity
    if before != after:
        _check_node_affinity(after, before, _SPEC.child("affinity", "nodeAffinity"), report)
        affinity = attrs.evolve(affinity or Affinity(), node_affinity=before)
        if old.affinity is None and affinity == Affinity():
            affinity = None
    return attrs.evolve(new, node_selector=old.node_selector, affinity=affinity)


def _check_node_affinity(new: NodeAffinity | None, old: NodeAffinity | None, path: Path, report: Report) -> None:
    """``validateNodeAffinityMutation``: each term that must hold may be added to, and preferences are free."""
    before, after = _required_terms(old), _required_terms(new)
    terms = path.child(REQUIRED_RULES, "nodeSelectorTerms")
    if before and len(before) != len(after):
        message = "Terms can neither be added to the node affinity of a gated pod nor removed from it."
        report.error(IMMUTABLE, terms, message, "add requirements to the terms that are there")
    elif before:
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            if not _only_added(other, one):
                message = "Requirements can only be added, behind those that are there."
                report.error(IMMUTABLE, terms.index(index), message, "keep what is there")


def _required_terms(affinity: NodeAffinity | None) -> tuple[NodeSelectorTerm, ...]:
    required = affinity.required_during_scheduling_ignored_during_execution if affinity is not None else None
    return required.node_selector_terms if required is not None else ()


def _only_added(new: NodeSelectorTerm, old: NodeSelectorTerm) -> bool:
    if old == NodeSelectorTerm():
        # A term without requirements matches no node, and shall match none.
        return new == NodeSelectorTerm()
    kept = (
        new.match_expressions[: len(old.match_expressions)],
        new.match_fields[: len(old.match_fields)],
    )
    return kept == (old.match_expressions, old.match_fields)
