"""What the API server does to a new pod after the defaults and before it validates: ``PrepareForCreate`` of
pkg/registry/core/pod/strategy.go. A pod that has a uid was created before and has all of it."""

from __future__ import annotations

from typing import Any, TypeVar

import attrs

from kverify.api.defaults import apply_defaults
from kverify.api.defaults.label_keys import merge_affinity_keys, merge_spread_keys
from kverify.api.object import KubeObject
from kverify.api.resources import qos_class
from kverify.api.types.container import AppArmorProfile, Container, SecurityContext
from kverify.api.types.node import Node
from kverify.api.types.pod import Pod, PodSpec
from kverify.api.types.pod_status import PodStatus
from kverify.api.versions import enabled

T = TypeVar("T", bound=KubeObject)
C = TypeVar("C", bound=Container)
APPARMOR_CONTAINER = "container.apparmor.security.beta.kubernetes.io/"
"""The annotation of a container's AppArmor profile, followed by the container's name."""


def prepare_for_create(obj: T, version: str) -> T:
    """``obj``, which has been defaulted, as it is validated and stored."""
    if not isinstance(obj, Pod) or obj.metadata.uid:
        return obj
    labels, spec = obj.metadata.labels, obj.spec
    if labels:
        spec = merge_affinity_keys(spec, labels)
        if enabled("MatchLabelKeysInPodTopologySpreadSelectorMerge", version):
            spec = merge_spread_keys(spec, labels)
    profiles = {
        key.removeprefix(APPARMOR_CONTAINER): text
        for key, text in obj.metadata.annotations.items()
        if key.startswith(APPARMOR_CONTAINER)
    }
    if profiles and not (spec.os is not None and spec.os.name == "windows"):
        spec = _with_profiles(spec, profiles)
    return obj if spec is obj.spec else attrs.evolve(obj, spec=spec)


def new_status(obj: T) -> T:
    """A new object has the status of its kind, whatever its manifest says; only nodes keep theirs. ``obj`` has been
    defaulted."""
    if not hasattr(obj, "status") or isinstance(obj, Node):
        return obj
    if isinstance(obj, Pod):
        return attrs.evolve(obj, status=PodStatus(phase="Pending", qos_class=qos_class(obj.spec)))
    changed: dict[str, Any] = {"status": attrs.fields_dict(type(obj))["status"].default}
    return apply_defaults(attrs.evolve(obj, **changed))


def _with_profiles(spec: PodSpec, profiles: dict[str, str]) -> PodSpec:
    """``applyAppArmorVersionSkew``: an annotation fills the field of a container that has none."""
    pod = spec.security_context.app_armor_profile if spec.security_context is not None else None

    def filled(container: C) -> C:
        profile = _profile(profiles.get(container.name, ""))
        context = container.security_context or SecurityContext()
        if profile is None or profile == pod or context.app_armor_profile is not None:
            return container
        return attrs.evolve(container, security_context=attrs.evolve(context, app_armor_profile=profile))

    return attrs.evolve(
        spec,
        containers=tuple(map(filled, spec.containers)),
        init_containers=tuple(map(filled, spec.init_containers)),
        ephemeral_containers=tuple(map(filled, spec.ephemeral_containers)),
    )


def _profile(text: str) -> AppArmorProfile | None:
    """The field that says what the annotation says; None for one that says nothing or nothing valid."""
    if text == "unconfined":
        return AppArmorProfile(type="Unconfined")
    if text == "runtime/default":
        return AppArmorProfile(type="RuntimeDefault")
    name = text.removeprefix("localhost/")
    if name == text or not name or name != name.strip():
        return None
    return AppArmorProfile(type="Localhost", localhost_profile=name)
