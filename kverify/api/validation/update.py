"""What an update may not change (``ValidateXxxUpdate``), on defaulted objects."""

from __future__ import annotations

from typing import Any

import attrs

from kverify.api.types.pod import Pod
from kverify.api.validation.report import IMMUTABLE, Path, Report

_SPEC = Path().child("spec")


def _unchanged(old: object, new: object, path: Path, report: Report, mend: str = "") -> None:
    report.unchanged(path, old, new, mend)


def update_pod(new: Pod, old: Pod, report: Report) -> None:
    """``ValidatePodUpdate``: images, shorter deadlines, more tolerations, fewer gates and a grace period set to 1.

    A gated pod (``schedulingGates``) may also narrow where it can run.
    """
    if len(old.spec.containers) != len(new.spec.containers):
        _unchanged(old.spec.containers, new.spec.containers, _SPEC.child("containers"), report)
        return
    if old.spec.tolerations != new.spec.tolerations[: len(old.spec.tolerations)]:
        tolerations = _SPEC.child("tolerations")
        report.error(IMMUTABLE, tolerations, "Tolerations of a pod can only be added.", "add, do not change or remove")
    old_deadline, new_deadline = old.spec.active_deadline_seconds, new.spec.active_deadline_seconds
    if old_deadline is not None and (new_deadline is None or new_deadline > old_deadline):
        here = _SPEC.child("activeDeadlineSeconds")
        report.error(IMMUTABLE, here, "The deadline of a pod can only be brought forward.")
    gates = set(old.spec.scheduling_gates)
    if not set(new.spec.scheduling_gates) <= gates:
        here = _SPEC.child("schedulingGates")
        report.error(IMMUTABLE, here, "Scheduling gates of a pod can only be removed.")
    allowed: dict[str, Any] = {
        "containers": tuple(
            attrs.evolve(container, image=other.image)
            for container, other in zip(old.spec.containers, new.spec.containers, strict=True)
        ),
        "init_containers": new.spec.init_containers
        if _only_images(old.spec.init_containers, new.spec.init_containers)
        else old.spec.init_containers,
        "tolerations": new.spec.tolerations,
        "active_deadline_seconds": new_deadline,
        "scheduling_gates": new.spec.scheduling_gates,
    }
    if gates:
        allowed |= {"node_selector": new.spec.node_selector, "affinity": new.spec.affinity}
    if new.spec.termination_grace_period_seconds == 1 and (old.spec.termination_grace_period_seconds or 0) < 0:
        allowed["termination_grace_period_seconds"] = 1
    permitted = attrs.evolve(old.spec, **allowed)
    if permitted != new.spec:
        for attribute in attrs.fields(type(new.spec)):
            if getattr(permitted, attribute.name) != getattr(new.spec, attribute.name):
                _unchanged(old, new, _SPEC.child(_json(attribute)), report)


def _only_images(old: tuple[Any, ...], new: tuple[Any, ...]) -> bool:
    return len(old) == len(new) and all(
        attrs.evolve(before, image=after.image) == after for before, after in zip(old, new, strict=True)
    )


def _json(attribute: attrs.Attribute[Any]) -> str:
    from kverify.api.base import json_name

    return json_name(attribute)
