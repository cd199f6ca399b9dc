"""Probes and lifecycle hooks (``validateProbe``, ``validateHandler``)."""

from __future__ import annotations

from kverify.api.types.container import (
    Container,
    ExecAction,
    GRPCAction,
    HTTPGetAction,
    LifecycleHandler,
    Probe,
    TCPSocketAction,
)
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format
from kverify.api.validation.report import OUT_OF_RANGE, PROBE, Path, Report


def check_port_number_or_name(port: int | str, path: Path, report: Report) -> None:
    """``ValidatePortNumOrName``."""
    if isinstance(port, int):
        report.between(path, port, 1, 65535)
    else:
        check_format(port, path, report, formats.port_name)


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
    _handlers(probe.exec, probe.http_get, probe.tcp_socket, probe.grpc, path, report)
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


def check_lifecycle(container: Container, path: Path, grace: int | None, report: Report) -> None:
    """Hooks of one container; ``grace`` is the pod's ``terminationGracePeriodSeconds``."""
    if container.lifecycle is None:
        return
    place = path.child("lifecycle")
    for name, handler in (("postStart", container.lifecycle.post_start), ("preStop", container.lifecycle.pre_stop)):
        if handler is not None:
            _hook(handler, place.child(name), grace, report)


def _hook(handler: LifecycleHandler, path: Path, grace: int | None, report: Report) -> None:
    sleep = handler.sleep
    given = _handlers(handler.exec, handler.http_get, handler.tcp_socket, None, path, report, more=sleep is not None)
    if sleep is None:
        return
    here = path.child("sleep")
    if given:
        report.forbidden(here, "A hook has one handler only.", "keep one of them")
    if grace is not None and not 0 <= sleep.seconds <= grace:
        message = f"The sleep of {sleep.seconds} s does not fit into terminationGracePeriodSeconds ({grace})."
        report.error(OUT_OF_RANGE, here, message, "sleep less, or raise terminationGracePeriodSeconds")


def _handlers(
    exec: ExecAction | None,
    http: HTTPGetAction | None,
    tcp: TCPSocketAction | None,
    grpc: GRPCAction | None,
    path: Path,
    report: Report,
    more: bool = False,
) -> int:
    """Exactly one handler; returns how many there are. ``more``: another kind of handler is checked by the caller."""
    count = 0
    for name, handler in (("exec", exec), ("httpGet", http), ("tcpSocket", tcp), ("grpc", grpc)):
        if handler is None:
            continue
        here = path.child(name)
        count += 1
        if count > 1:
            report.forbidden(here, "A probe or hook has one handler only.", "keep one of them")
            continue
        if isinstance(handler, ExecAction):
            if not handler.command:
                report.required(here.child("command"))
        elif isinstance(handler, HTTPGetAction):
            _http(handler, here, report)
        elif isinstance(handler, TCPSocketAction):
            check_port_number_or_name(handler.port, here.child("port"), report)
        else:
            report.between(here.child("port"), handler.port, 1, 65535)
    if not count and not more:
        message = f"{path} has no handler."
        report.required(path, message, "add one of exec, httpGet, tcpSocket or grpc")
    return count


def _http(action: HTTPGetAction, path: Path, report: Report) -> None:
    if not action.path:
        report.required(path.child("path"))
    check_port_number_or_name(action.port, path.child("port"), report)
    report.choice(path.child("scheme"), action.scheme, ("HTTP", "HTTPS"))
    headers = path.child("httpHeaders")
    for index, header in enumerate(action.http_headers):
        check_format(header.name, headers.inside(index, "name"), report, formats.http_header)
