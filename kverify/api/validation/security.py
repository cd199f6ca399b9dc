"""Security contexts of pods and containers (``ValidateSecurityContext``, ``ValidatePodSecurityContext``, pod OS)."""

from __future__ import annotations

import re

from kverify.api.types.container import AppArmorProfile, Container, SeccompProfile
from kverify.api.types.pod import PodSpec
from kverify.api.validation.report import Path, Report

MAX_ID = 2**31 - 1
_SYSCTL = re.compile(r"[a-z0-9]([-_a-z0-9]*[a-z0-9])?([\./][a-z0-9]([-_a-z0-9]*[a-z0-9])?)*")


def check_container_security(container: Container, spec: PodSpec, path: Path, report: Report) -> None:
    context = container.security_context
    if context is None:
        return
    report.between(path.child("runAsUser"), context.run_as_user, 0, MAX_ID)
    report.between(path.child("runAsGroup"), context.run_as_group, 0, MAX_ID)
    report.choice(path.child("procMount"), context.proc_mount, ("Default", "Unmasked"))
    if context.proc_mount == "Unmasked" and spec.host_users is not False:
        message = "An unmasked /proc needs a user namespace."
        report.invalid(path.child("procMount"), message, "set spec.hostUsers: false")
    if context.allow_privilege_escalation is False:
        added = context.capabilities.add if context.capabilities is not None else ()
        if context.privileged:
            report.invalid(path, "A privileged container cannot forbid privilege escalation.", "drop one of the two")
        if "CAP_SYS_ADMIN" in added:
            report.invalid(path, "CAP_SYS_ADMIN implies privilege escalation.", "drop one of the two")
    _check_seccomp(context.seccomp_profile, path.child("seccompProfile"), report)
    _check_apparmor(context.app_armor_profile, path.child("appArmorProfile"), report)


def check_pod_security(spec: PodSpec, path: Path, report: Report) -> None:
    """``path`` is the pod spec's: host namespaces live there and print under the security context."""
    place = path.child("securityContext")
    if spec.share_process_namespace and spec.host_pid:
        here = path.child("shareProcessNamespace").printed(f"{place}.shareProcessNamespace")
        report.invalid(here, "shareProcessNamespace and hostPID exclude each other.", "drop one of the two")
    if spec.host_users is False:
        for name, value in (("hostNetwork", spec.host_network), ("hostPID", spec.host_pid), ("hostIPC", spec.host_ipc)):
            if value:
                message = f"{name} cannot be used when hostUsers is false."
                report.forbidden(path.child(name), message, "drop one of the two")
    context = spec.security_context
    if context is None:
        return
    for name, number in (
        ("runAsUser", context.run_as_user),
        ("runAsGroup", context.run_as_group),
        ("fsGroup", context.fs_group),
    ):
        report.between(place.child(name), number, 0, MAX_ID)
        if number is not None and spec.os is not None and spec.os.name == "windows":
            report.forbidden(place.child(name), f"{name} means nothing on Windows.", "remove it")
    for here, group in place.child("supplementalGroups").each(context.supplemental_groups):
        report.between(here, group, 0, MAX_ID)
    report.choice(place.child("fsGroupChangePolicy"), context.fs_group_change_policy, ("Always", "OnRootMismatch"))
    report.choice(place.child("supplementalGroupsPolicy"), context.supplemental_groups_policy, ("Merge", "Strict"))
    names: set[str] = set()
    for here, sysctl in place.child("sysctls").each(context.sysctls):
        if not sysctl.name:
            report.required(here.child("name"))
        elif not _SYSCTL.fullmatch(sysctl.name):
            report.invalid(here.child("name"), f"{sysctl.name!r} is not the name of a sysctl.")
        elif sysctl.name in names:
            report.duplicate(here.child("name"), sysctl.name)
        names.add(sysctl.name)
    _check_seccomp(context.seccomp_profile, place.child("seccompProfile"), report)
    _check_apparmor(context.app_armor_profile, place.child("appArmorProfile"), report)


def _check_seccomp(profile: SeccompProfile | None, path: Path, report: Report) -> None:
    if profile is not None:
        _check_profile(profile.type, profile.localhost_profile, path, report)


def _check_apparmor(profile: AppArmorProfile | None, path: Path, report: Report) -> None:
    if profile is not None:
        _check_profile(profile.type, profile.localhost_profile, path, report)


def _check_profile(type: str, localhost: str | None, path: Path, report: Report) -> None:
    here = path.child("type")
    if not type:
        report.required(here)
    else:
        report.choice(here, type, ("Localhost", "RuntimeDefault", "Unconfined"))
    if type == "Localhost" and not localhost:
        report.required(path.child("localhostProfile"), "A Localhost profile needs localhostProfile.")
    elif type != "Localhost" and localhost is not None:
        report.invalid(path.child("localhostProfile"), "localhostProfile is only for type Localhost.", "remove it")
