"""Annotations that pods and templates are held to (``ValidatePodSpecificAnnotations``), and those that fields replace:
both must say the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from kverify.api.defaults.creation import APPARMOR_CONTAINER
from kverify.api.types.affinity import Toleration
from kverify.api.types.container import AppArmorProfile, SeccompProfile
from kverify.api.types.pod import PodSpec
from kverify.api.validation import formats
from kverify.api.validation.containers import visit_containers
from kverify.api.validation.metadata import check_format
from kverify.api.validation.placement import check_toleration
from kverify.api.validation.report import Path, Report

MIRROR = "kubernetes.io/config.mirror"
"""On pods that a kubelet made from a file."""

TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations"
DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
LOCALHOST = "localhost/"
_COST = re.compile(r"0|[1-9][0-9]*|-[0-9]+")


def check_pod_annotations(annotations: Mapping[str, str], spec: PodSpec, path: Path, report: Report) -> None:
    if not annotations:
        return
    if MIRROR in annotations and not spec.node_name:
        message = "A pod that mirrors a static pod runs on a node already."
        report.invalid(path.key(MIRROR), message, "remove the annotation")
    if annotations.get(TOLERATIONS):
        _check_tolerations(annotations[TOLERATIONS], path, report)
    cost = annotations.get(DELETION_COST)
    if cost is not None and not (_COST.fullmatch(cost) and -(2**31) <= int(cost) < 2**31):
        message = f"{cost!r} is not a deletion cost, which is a whole number of 32 bits."
        report.invalid(path.key(DELETION_COST), message, "write a number in quotes, such as '100'")
    for key, profile in annotations.items():
        if key == SECCOMP_POD or key.startswith(SECCOMP_CONTAINER):
            _check_seccomp(profile, path.child(key), report)
    names = {container.name for _, container in visit_containers(spec, Path())}
    for key, profile in annotations.items():
        if key.startswith(APPARMOR_CONTAINER):
            _check_apparmor(key.removeprefix(APPARMOR_CONTAINER), profile, names, path.key(key), report)


def _check_tolerations(text: str, path: Path, report: Report) -> None:
    """A list in JSON. Nothing reads it any more, and it is still held to the rules."""
    tolerations = _read_tolerations(text)
    if tolerations is None:
        message = f"The annotation {TOLERATIONS} is not a list of tolerations in JSON."
        report.invalid(path.inside(TOLERATIONS), message, "use spec.tolerations")
        return
    here = path.child(TOLERATIONS)
    for index, toleration in enumerate(tolerations):
        check_toleration(toleration, here.printed(f"{here}[{index}]"), report)


def _read_tolerations(text: str) -> list[Toleration] | None:
    try:
        items = json.loads(text)
    except ValueError:
        return None
    if items is None:
        return []
    if not isinstance(items, list) or not all(isinstance(item, dict) or item is None for item in items):
        return None
    tolerations = []
    for item in items:
        fields: dict[str, Any] = {str(name).lower(): value for name, value in (item or {}).items()}
        texts = [fields.get(name) or "" for name in ("key", "operator", "value", "effect")]
        seconds = fields.get("tolerationseconds")
        if not all(isinstance(value, str) for value in texts) or not isinstance(seconds, int | None):
            return None
        key, operator, value, effect = texts
        tolerations.append(
            Toleration(key=key, operator=operator, value=value, effect=effect, toleration_seconds=seconds)
        )
    return tolerations


def _check_seccomp(profile: str, path: Path, report: Report) -> None:
    """``ValidateSeccompProfile``."""
    if profile.startswith(LOCALHOST):
        check_format(profile.removeprefix(LOCALHOST), path, report, formats.relative_path)
    elif profile not in ("runtime/default", "docker/default", "unconfined"):
        mend = "use runtime/default, unconfined or localhost/<file>, or better the field seccompProfile"
        report.invalid(path, f"{profile!r} is not a seccomp profile.", mend)


def _check_apparmor(name: str, profile: str, names: set[str], path: Path, report: Report) -> None:
    """``ValidateAppArmorPodAnnotations``."""
    if name not in names:
        report.invalid(path, f"The pod has no container {name!r}.", "remove the annotation")
    if profile not in ("", "runtime/default", "unconfined") and not profile.startswith(LOCALHOST):
        mend = "use runtime/default, unconfined or localhost/<profile>, or better the field appArmorProfile"
        report.invalid(path, f"{profile!r} is not an AppArmor profile.", mend)


def check_profiles(annotations: Mapping[str, str], spec: PodSpec, path: Path, report: Report) -> None:
    """An annotation and the field that replaces it say the same (``validateSeccompAnnotationsAndFields``,
    ``validateAppArmorAnnotationsAndFieldsMatchOnCreate``)."""
    if not annotations:
        return
    pod = spec.security_context
    if pod is not None and pod.seccomp_profile is not None and SECCOMP_POD in annotations:
        here = path.child("securityContext", "seccompProfile")
        _check_match(annotations[SECCOMP_POD], pod.seccomp_profile, here, report)
    for here, container in visit_containers(spec, path):
        context = container.security_context
        seccomp = context.seccomp_profile if context is not None else None
        annotation = annotations.get(SECCOMP_CONTAINER + container.name)
        if seccomp is not None and annotation is not None:
            _check_match(annotation, seccomp, here.child("securityContext", "seccompProfile"), report)
        apparmor = context.app_armor_profile if context is not None else None
        if apparmor is None and pod is not None:
            apparmor = pod.app_armor_profile
        annotation = annotations.get(APPARMOR_CONTAINER + container.name)
        windows = spec.os is not None and spec.os.name == "windows"
        if apparmor is not None and annotation is not None and not windows:
            _check_match(annotation, apparmor, here.child("securityContext", "appArmorProfile"), report)


def _check_match(annotation: str, profile: SeccompProfile | AppArmorProfile, path: Path, report: Report) -> None:
    defaults = ("runtime/default", "docker/default") if isinstance(profile, SeccompProfile) else ("runtime/default",)
    expected = {"Unconfined": ("unconfined",), "RuntimeDefault": defaults}.get(profile.type)
    mend = "remove the annotation"
    if profile.type == "Localhost" and annotation.startswith(LOCALHOST):
        if annotation.removeprefix(LOCALHOST) != profile.localhost_profile:
            message = f"The annotation names the profile {annotation.removeprefix(LOCALHOST)!r}."
            report.forbidden(path.child("localhostProfile"), message, mend)
    elif profile.type == "Localhost" or (expected is not None and annotation not in expected):
        report.forbidden(path.child("type"), f"The annotation says {annotation!r}.", mend)
