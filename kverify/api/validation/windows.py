"""What pods of one operating system may say: Windows options, and fields that mean nothing there (``validateOS``)."""

from __future__ import annotations

import re

from kverify.api.types.container import Container, SecurityContext, WindowsSecurityContextOptions
from kverify.api.types.pod import PodSecurityContext, PodSpec
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format
from kverify.api.validation.report import OUT_OF_RANGE, Path, Report
from kverify.naming import snake_case

SYSTEMS = ("linux", "windows")
MAX_CREDENTIAL_BYTES = 64 * 1024
MAX_DOMAIN, MAX_USER = 256, 104
_POD_FIELDS = (
    *("appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup", "fsGroupChangePolicy", "sysctls"),
    *("runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy"),
)
_CONTAINER_FIELDS = (
    *("appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem"),
    *("privileged", "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup"),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NETBIOS = re.compile(r'[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}')
_DNS = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*")
_BAD_USER = re.compile(r'["/\\:;|=,+*?<>@\[\]]|^[. ]+$')


def check_windows_options(options: WindowsSecurityContextOptions | None, path: Path, report: Report) -> None:
    """``validateWindowsSecurityContextOptions``."""
    if options is None:
        return
    if options.gmsa_credential_spec_name is not None:
        here = path.child("gmsaCredentialSpecName")
        check_format(options.gmsa_credential_spec_name, here, report, formats.dns_subdomain)
    if options.gmsa_credential_spec is not None:
        here = path.child("gmsaCredentialSpec")
        if not options.gmsa_credential_spec:
            report.invalid(here, "An empty credential spec is none.", "remove it")
        elif len(options.gmsa_credential_spec.encode()) > MAX_CREDENTIAL_BYTES:
            report.error(OUT_OF_RANGE, here, f"The credential spec is larger than {MAX_CREDENTIAL_BYTES} bytes.")
    if options.run_as_user_name is not None:
        check_format(options.run_as_user_name, path.child("runAsUserName"), report, _user_name)


def _user_name(text: str) -> str:
    """``DOMAIN\\USER`` or ``USER``."""
    if not text:
        return "it is empty"
    if _CONTROL.search(text):
        return "it must not contain control characters"
    if text.count("\\") > 1:
        return "it must not contain more than one backslash"
    domain, backslash, user = text.rpartition("\\")
    if len(domain.encode()) >= MAX_DOMAIN:
        return f"its domain must be shorter than {MAX_DOMAIN} characters"
    if backslash and not (_NETBIOS.fullmatch(domain) or _DNS.fullmatch(domain)):
        return "its domain is neither a NetBIOS nor a DNS name"
    if not user or len(user.encode()) > MAX_USER:
        return f"its user must have 1 to {MAX_USER} characters"
    return "its user contains characters that Windows does not allow" if _BAD_USER.search(user) else ""


def check_host_processes(spec: PodSpec, containers: list[tuple[Path, Container]], path: Path, report: Report) -> None:
    """``validateWindowsHostProcessPod``: all containers are host processes, or none is."""
    context = spec.security_context
    of_pod = context.windows_options.host_process if context is not None and context.windows_options else None
    count = 0
    for here, container in containers:
        security = container.security_context
        own = security.windows_options.host_process if security is not None and security.windows_options else None
        if of_pod is not None and own is not None and own != of_pod:
            place = here.child("securityContext", "windowsOptions", "hostProcess")
            report.invalid(place, "The pod and the container do not say the same.", "remove one of them")
        count += bool(of_pod if own is None else own)
    if count and count != len(containers):
        message = "Some containers are host processes and others are not."
        report.invalid(path, message, "set hostProcess on the pod")
    if count and not spec.host_network:
        report.invalid(path.child("hostNetwork"), "Host processes use the node's network.", "set hostNetwork: true")


def check_os(spec: PodSpec, containers: list[tuple[Path, Container]], path: Path, report: Report) -> None:
    if spec.os is None:
        return
    here = path.child("os")
    if not spec.os.name:
        report.required(here.child("name"))
    elif spec.os.name not in SYSTEMS:
        # The API server prints os, not its name.
        report.unsupported(here.child("name").printed(str(here)), spec.os.name, SYSTEMS)
    elif spec.os.name == "linux":
        _check_linux(spec, containers, path, report)
    else:
        _check_windows(spec, containers, path, report)


def _check_linux(spec: PodSpec, containers: list[tuple[Path, Container]], path: Path, report: Report) -> None:
    message = "A pod on Linux has no Windows options."
    if spec.security_context is not None and spec.security_context.windows_options is not None:
        report.forbidden(path.child("securityContext", "windowsOptions"), message, "remove them")
    for here, container in containers:
        if container.security_context is not None and container.security_context.windows_options is not None:
            report.forbidden(here.child("securityContext", "windowsOptions"), message, "remove them")


def _check_windows(spec: PodSpec, containers: list[tuple[Path, Container]], path: Path, report: Report) -> None:
    for name, given in (
        ("hostUsers", spec.host_users is not None),
        ("hostPID", bool(spec.host_pid)),
        ("hostIPC", bool(spec.host_ipc)),
        ("shareProcessNamespace", spec.share_process_namespace is not None),
    ):
        if given:
            report.forbidden(path.child(name), f"{name} means nothing on Windows.", "remove it")
    _refuse(spec.security_context, _POD_FIELDS, path.child("securityContext"), report)
    for here, container in containers:
        _refuse(container.security_context, _CONTAINER_FIELDS, here.child("securityContext"), report)


def _refuse(
    context: PodSecurityContext | SecurityContext | None, names: tuple[str, ...], path: Path, report: Report
) -> None:
    for name in names:
        # False and 0 are given as well; an empty list is not.
        if getattr(context, snake_case(name), None) not in (None, ()):
            report.forbidden(path.child(name), f"{name} means nothing on Windows.", "remove it")
