"""The restricted controls: what current practice of hardening asks for, on top of the baseline.

Source: ``k8s.io/pod-security-admission/policy`` and
https://kubernetes.io/docs/concepts/security/pod-security-standards/.
"""

from __future__ import annotations

from collections.abc import Iterator

from kverify.api.base import json_name, model_fields
from kverify.api.types.meta import ObjectMeta
from kverify.api.types.pod import PodSpec
from kverify.api.types.volume import Volume
from kverify.cluster.admission.pod_security.baseline import CONFINED, added_beyond, proc_mount, seccomp
from kverify.cluster.admission.pod_security.checks import (
    SPEC,
    Control,
    Look,
    Violation,
    containers,
    in_user_namespace,
    is_windows,
)

VOLUMES = (
    *("config_map", "csi", "downward_api", "empty_dir", "ephemeral", "image", "persistent_volume_claim"),
    *("projected", "secret"),
)
"""The kinds of volumes that stay inside the pod or come through a claim. ``image`` is one of them since 1.33,
whichever version of the standards a namespace asks for; before, its feature gate is off."""


def _volumes(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:  # noqa: ARG001 (all looks are called alike)
    for here, volume in SPEC.child("volumes").each(spec.volumes):
        if all(getattr(volume, kind) is None for kind in VOLUMES):
            kind = _kind(volume)
            mend = "use a persistentVolumeClaim, or a volume that stays inside the pod"
            yield Violation(here.child(kind) if kind else here, f"volume {volume.name} is of the kind {kind}", mend)


def _kind(volume: Volume) -> str:
    kinds = ((json_name(field), getattr(volume, field.name)) for field in model_fields(Volume) if field.name != "name")
    return next((name for name, source in kinds if source is not None), "")


def _non_root(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:  # noqa: ARG001
    pod = spec.security_context.run_as_non_root if spec.security_context is not None else None
    mend = "set runAsNonRoot: true for the pod, or for each container"
    if pod is False:
        yield Violation(SPEC.child("securityContext", "runAsNonRoot"), "the pod may run as root", mend)
    for path, container in containers(spec):
        context = container.security_context
        own = context.run_as_non_root if context is not None else None
        if own is False or (own is None and not pod):
            here = path.child("securityContext", "runAsNonRoot")
            yield Violation(here, f"container {container.name} may run as root", mend)


def _user(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:  # noqa: ARG001
    if spec.security_context is not None and spec.security_context.run_as_user == 0:
        here = SPEC.child("securityContext", "runAsUser")
        yield Violation(here, "the pod runs as root (runAsUser 0)", "use another user")
    for path, container in containers(spec):
        if container.security_context is not None and container.security_context.run_as_user == 0:
            here = path.child("securityContext", "runAsUser")
            yield Violation(here, f"container {container.name} runs as root (runAsUser 0)", "use another user")


def _escalation(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:  # noqa: ARG001
    for path, container in containers(spec):
        context = container.security_context
        if context is None or context.allow_privilege_escalation is not False:
            here = path.child("securityContext", "allowPrivilegeEscalation")
            text = f"container {container.name} may gain more privileges than its parent process"
            yield Violation(here, text, "set allowPrivilegeEscalation: false")


def _seccomp(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:
    yield from seccomp(metadata, spec)
    pod = spec.security_context.seccomp_profile if spec.security_context is not None else None
    if pod is not None and pod.type in CONFINED:
        return
    for path, container in containers(spec):
        if container.security_context is None or container.security_context.seccomp_profile is None:
            here = path.child("securityContext", "seccompProfile", "type")
            mend = f"set seccompProfile.type of the pod to one of {', '.join(CONFINED)}"
            yield Violation(here, f"container {container.name} has no seccomp profile", mend)


def _capabilities(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:  # noqa: ARG001
    for path, container in containers(spec):
        context = container.security_context
        dropped = context.capabilities.drop if context is not None and context.capabilities is not None else ()
        if "ALL" not in dropped:
            here = path.child("securityContext", "capabilities", "drop")
            yield Violation(here, f"container {container.name} does not drop all capabilities", 'set drop: ["ALL"]')
    yield from added_beyond(frozenset(("NET_BIND_SERVICE",)), spec)


def _not_on_windows(look: Look) -> Look:
    """Since 1.25 what Windows does not have is not asked of its pods."""

    def look_on_linux(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:
        if not is_windows(spec):
            yield from look(metadata, spec)

    return look_on_linux


def _of_node_users(look: Look) -> Look:
    """Since 1.35 root in a user namespace of its own is nobody on the node."""

    def look_at_node_users(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:
        if not in_user_namespace(spec):
            yield from look(metadata, spec)

    return look_at_node_users


RESTRICTED = (
    Control(id="restrictedVolumes", since=((0, _volumes),), replaces="hostPathVolumes"),
    Control(id="allowPrivilegeEscalation", since=((8, _escalation), (25, _not_on_windows(_escalation)))),
    Control(id="runAsNonRoot", since=((0, _non_root), (35, _of_node_users(_non_root)))),
    Control(id="runAsUser", since=((23, _user), (35, _of_node_users(_user)))),
    Control(
        id="seccompProfile_restricted",
        since=((19, _seccomp), (25, _not_on_windows(_seccomp))),
        replaces="seccompProfile",
    ),
    Control(
        id="capabilities_restricted",
        since=((22, _capabilities), (25, _not_on_windows(_capabilities))),
        replaces="capabilities",
    ),
    Control(id="procMount_restricted", since=((35, proc_mount),), replaces="procMount"),
)
