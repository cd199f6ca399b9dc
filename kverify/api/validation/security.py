"""Security contexts of pods and containers (``ValidateSecurityContext``, ``validatePodSpecSecurityContext``)."""

from __future__ import annotations

import re

from kverify.api.types.container import AppArmorProfile, Container, SeccompProfile
from kverify.api.types.pod import PodSecurityContext, PodSpec
from kverify.api.validation import formats
from kverify.api.validation.claims import check_given_choice
from kverify.api.validation.metadata import check_format
from kverify.api.validation.report import OUT_OF_RANGE, Path, Report
from kverify.api.validation.windows import check_windows_options
from kverify.api.versions import enabled

MAX_ID = 2**31 - 1
MAX_SYSCTL = 253
MAX_PROFILE_BYTES = 4095
PROFILE_TYPES = ("Localhost", "RuntimeDefault", "Unconfined")
_SYSCTL = re.compile(r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?")
_IPC_SYSCTLS = frozenset({"kernel.sem"})
_IPC_PREFIXES = ("kernel.shm", "kernel.msg", "fs.mqueue.")


def check_container_security(container: Container, spec: PodSpec, path: Path, report: Report) -> None:
    context = container.security_context
    if context is None:
        return
    report.between(path.child("runAsUser"), context.run_as_user, 0, MAX_ID)
    report.between(path.child("runAsGroup"), context.run_as_group, 0, MAX_ID)
    check_given_choice(context.proc_mount, ("Default", "Unmasked"), path.child("procMount"), report)
    if context.proc_mount == "Unmasked" and spec.host_users is not False:
        message = "An unmasked /proc needs a user namespace."
        report.invalid(path.child("procMount"), message, "set spec.hostUsers: false")
    check_seccomp(context.seccomp_profile, path.child("seccompProfile"), report)
    if context.allow_privilege_escalation is False:
        added = context.capabilities.add if context.capabilities is not None else ()
        if context.privileged:
            report.invalid(path, "A privileged container cannot forbid privilege escalation.", "drop one of the two")
        if "CAP_SYS_ADMIN" in added:
            report.invalid(path, "CAP_SYS_ADMIN implies privilege escalation.", "drop one of the two")
    check_windows_options(context.windows_options, path.child("windowsOptions"), report)
    check_apparmor(context.app_armor_profile, path.child("appArmorProfile"), report)


def check_pod_security(spec: PodSpec, path: Path, report: Report) -> None:
    """``path`` is the pod spec's: shareProcessNamespace lives there and prints under the security context."""
    place = path.child("securityContext")
    if spec.share_process_namespace and spec.host_pid:
        here = path.child("shareProcessNamespace").printed(f"{place}.shareProcessNamespace")
        report.invalid(here, "shareProcessNamespace and hostPID exclude each other.", "drop one of the two")
    context = spec.security_context
    if context is None:
        return
    report.between(place.child("fsGroup"), context.fs_group, 0, MAX_ID)
    report.between(place.child("runAsUser"), context.run_as_user, 0, MAX_ID)
    report.between(place.child("runAsGroup"), context.run_as_group, 0, MAX_ID)
    for here, group in place.child("supplementalGroups").each(context.supplemental_groups):
        report.between(here, group, 0, MAX_ID)
    _check_sysctls(context, spec, place.child("sysctls"), report)
    changes = ("Always", "OnRootMismatch")
    check_given_choice(context.fs_group_change_policy, changes, place.child("fsGroupChangePolicy"), report)
    check_seccomp(context.seccomp_profile, place.child("seccompProfile"), report)
    check_windows_options(context.windows_options, place.child("windowsOptions"), report)
    check_apparmor(context.app_armor_profile, place.child("appArmorProfile"), report)
    policies = ("Merge", "Strict")
    check_given_choice(context.supplemental_groups_policy, policies, place.child("supplementalGroupsPolicy"), report)
    labelling = ("MountOption", "Recursive") if enabled("SELinuxMount", report.version) else ("Recursive",)
    check_given_choice(context.se_linux_change_policy, labelling, place.child("seLinuxChangePolicy"), report)


def _check_sysctls(context: PodSecurityContext, spec: PodSpec, path: Path, report: Report) -> None:
    names: set[str] = set()
    for here, sysctl in path.each(context.sysctls):
        name = here.child("name")
        if not sysctl.name:
            report.required(name)
        elif len(sysctl.name.encode()) > MAX_SYSCTL or not _SYSCTL.fullmatch(sysctl.name):
            report.invalid(name, f"{sysctl.name!r} is not the name of a sysctl.")
        elif sysctl.name in names:
            report.duplicate(name, sysctl.name, "keep one of them")
        names.add(sysctl.name)
        dotted = _dotted(sysctl.name)
        if spec.host_network and dotted.startswith("net."):
            report.invalid(name, f"{sysctl.name} would be set on the node, because of hostNetwork.", "remove it")
        elif spec.host_ipc and (dotted in _IPC_SYSCTLS or dotted.startswith(_IPC_PREFIXES)):
            report.invalid(name, f"{sysctl.name} would be set on the node, because of hostIPC.", "remove it")


def _dotted(name: str) -> str:
    """``NormalizeName``: the separator that comes first is the separator; the other one is swapped with it."""
    slash, dot = name.find("/"), name.find(".")
    if slash < 0 or (0 <= dot < slash):
        return name
    return name.translate(str.maketrans("/.", "./"))


def check_host_users(spec: PodSpec, path: Path, report: Report) -> None:
    """``validateHostUsers``: a user namespace of one's own beside the node's other ones."""
    if spec.host_users is not False:
        return
    refused = [("hostPID", "HostPID", spec.host_pid), ("hostIPC", "HostIPC", spec.host_ipc)]
    if not enabled("UserNamespacesHostNetworkSupport", report.version):
        refused.insert(0, ("hostNetwork", "hostNetwork", spec.host_network))
    for name, printed, value in refused:
        if value:
            here = path.child(name).printed(f"{path}.{printed}")
            report.forbidden(here, f"{name} cannot be used when hostUsers is false.", "drop one of the two")


def check_seccomp(profile: SeccompProfile | None, path: Path, report: Report) -> None:
    """``validateSeccompProfileField``."""
    if profile is None:
        return
    _check_type(profile.type, path.child("type"), report)
    here = path.child("localhostProfile")
    if profile.type != "Localhost":
        if profile.localhost_profile is not None:
            report.invalid(here, "localhostProfile is only for type Localhost.", "remove it")
    elif profile.localhost_profile is None:
        report.required(here, "A Localhost profile needs localhostProfile.")
    else:
        check_format(profile.localhost_profile, here, report, formats.relative_path)


def check_apparmor(profile: AppArmorProfile | None, path: Path, report: Report) -> None:
    """``ValidateAppArmorProfileField``: with a type that is none, nothing is said about the rest."""
    if profile is None:
        return
    here, name = path.child("localhostProfile"), profile.localhost_profile
    if profile.type not in PROFILE_TYPES:
        _check_type(profile.type, path.child("type"), report)
    elif profile.type != "Localhost":
        if name is not None:
            report.invalid(here, "localhostProfile is only for type Localhost.", "remove it")
    elif not (name or "").strip():
        report.required(here, "A Localhost profile needs localhostProfile.")
    else:
        assert name is not None
        if name != name.strip():
            report.invalid(here, "The profile has leading or trailing blanks.", f"write {name.strip()}")
        if len(name.encode()) > MAX_PROFILE_BYTES:
            report.error(OUT_OF_RANGE, here, f"The profile's name is longer than {MAX_PROFILE_BYTES} bytes.")


def _check_type(type: str, path: Path, report: Report) -> None:
    if not type:
        report.required(path)
    elif type not in PROFILE_TYPES:
        report.unsupported(path, type, PROFILE_TYPES)
