"""Probes and lifecycle hooks (``validateProbe``, ``validateHandler``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from kverify.api.languages.ports import check_port_name
from kverify.api.types.container import (
    Container,
    ExecAction,
    GRPCAction,
    HTTPGetAction,
    Probe,
    SleepAction,
    TCPSocketAction,
)
from kverify.api.types.pod import PodSpec
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format
from kverify.api.validation.report import OUT_OF_RANGE, PROBE, Path, Report
from kverify.api.validation.texts import check_text
from kverify.api.versions import enabled


def check_port_number_or_name(port: int | str, path: Path, report: Report) -> None:
    """``ValidatePortNumOrName``."""
    if isinstance(port, int):
        report.between(path, port, 1, 65535)
    else:
        check_text(port, path, report, check_port_name)


def check_probes(container: Container, path: Path, report: Report) -> None:
    """All three probes of one container."""
    _probe(container.liveness_probe, path.child("livenessProbe"), report, once=True)
    _probe(container.readiness_probe, path.child("readinessProbe"), report, once=False)
    _probe(container.startup_probe, path.child("startupProbe"), report, once=True)
    if container.readiness_probe is not None and container.readiness_probe.termination_grace_period_seconds is not None:
        here = path.child("readinessProbe", "terminationGracePeriodSeconds")
        report.invalid(here, "A failing readiness probe ends nothing, so it has no grace period.", "remove it")


def _probe(probe: Probe | None, path: Path, report: Report, *, once: bool) -> None:
    """``once``: success cannot be asked for twice, because the first success already counts."""
    if probe is None:
        return
    handlers = {"exec": probe.exec, "httpGet": probe.http_get, "tcpSocket": probe.tcp_socket, "grpc": probe.grpc}
    _check_handlers(handlers, None, path, report)
    report.at_least(path.child("initialDelaySeconds"), probe.initial_delay_seconds, 0)
    report.at_least(path.child("timeoutSeconds"), probe.timeout_seconds, 0)
    report.at_least(path.child("periodSeconds"), probe.period_seconds, 0)
    report.at_least(path.child("successThreshold"), probe.success_threshold, 0)
    report.at_least(path.child("failureThreshold"), probe.failure_threshold, 0)
    grace = probe.termination_grace_period_seconds
    if grace is not None and grace <= 0:
        report.error(OUT_OF_RANGE, path.child("terminationGracePeriodSeconds"), f"{grace} seconds is not above 0.")
    if once and probe.success_threshold not in (None, 1):
        here = path.child("successThreshold")
        report.error(PROBE, here, f"{here} must be 1 for liveness and startup probes.", "remove it")


def check_lifecycle(container: Container, path: Path, spec: PodSpec, report: Report) -> None:
    """Hooks of one container; a sleep fits into the pod's ``terminationGracePeriodSeconds``."""
    if container.lifecycle is None:
        return
    place = path.child("lifecycle")
    for name, hook in (("postStart", container.lifecycle.post_start), ("preStop", container.lifecycle.pre_stop)):
        if hook is not None:
            handlers = {"exec": hook.exec, "httpGet": hook.http_get, "tcpSocket": hook.tcp_socket, "sleep": hook.sleep}
            _check_handlers(handlers, spec.termination_grace_period_seconds, place.child(name), report)


Handler: TypeAlias = ExecAction | HTTPGetAction | TCPSocketAction | GRPCAction | SleepAction


def _check_handlers(handlers: Mapping[str, Handler | None], grace: int | None, path: Path, report: Report) -> None:
    """``validateHandler``: exactly one, looked for in this order."""
    given = [(name, handler) for name, handler in handlers.items() if handler is not None]
    if not given:
        report.required(path, f"{path} has no handler.", f"add one of {', '.join(handlers)}")
    for number, (name, handler) in enumerate(given):
        here = path.child(name)
        if number:
            message = f"A probe or hook has one handler only, and {given[0][0]} is given."
            report.forbidden(here, message, "keep one of them")
        elif isinstance(handler, ExecAction):
            if not handler.command:
                report.required(here.child("command"))
        elif isinstance(handler, HTTPGetAction):
            _http(handler, here, report)
        elif isinstance(handler, TCPSocketAction):
            check_port_number_or_name(handler.port, here.child("port"), report)
        elif isinstance(handler, SleepAction):
            _sleep(handler.seconds, grace, here, report)
        else:
            report.between(here.child("port"), handler.port, 1, 65535)


def _sleep(seconds: int, grace: int | None, path: Path, report: Report) -> None:
    shortest = 0 if enabled("PodLifecycleSleepActionAllowZero", report.version) else 1
    if grace is not None and not shortest <= seconds <= grace:
        message = f"The sleep of {seconds} s does not fit into terminationGracePeriodSeconds ({grace})."
        report.error(OUT_OF_RANGE, path, message, "sleep less, or raise terminationGracePeriodSeconds")


def _http(action: HTTPGetAction, path: Path, report: Report) -> None:
    if not action.path:
        report.required(path.child("path"))
    check_port_number_or_name(action.port, path.child("port"), report)
    report.choice(path.child("scheme"), action.scheme, ("HTTP", "HTTPS"))
    headers = path.child("httpHeaders")
    for index, header in enumerate(action.http_headers):
        check_format(header.name, headers.inside(index, "name"), report, formats.http_header)
