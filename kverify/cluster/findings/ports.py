"""Ports that are named and not there (KV2005): of Services, of the pods behind them, and of probed containers."""

from __future__ import annotations

from collections.abc import Iterator

from kverify.api.registry import AnyObject
from kverify.api.types.container import Container, ContainerPort, Lifecycle, LifecycleHandler, Probe
from kverify.api.types.pod import PodSpec
from kverify.api.types.service import Service, ServicePort
from kverify.cluster.codes import MISSING_PORT
from kverify.cluster.objects import controller_of, describe, endpoint_labels, namespace_of, templates_of
from kverify.cluster.references.existence import Existence
from kverify.cluster.references.graph import needed_by
from kverify.cluster.references.reference import Reference
from kverify.manifest.diagnostics import Diagnostic, Related, Severity


def missing_ports(existence: Existence) -> Iterator[Diagnostic]:
    """Routes and webhooks to a port that the Service lacks, named target ports that selected pods lack, and probes
    and hooks that ask at a port which their container lacks.
    """
    for item in existence.bundle.wanted:
        for reference in needed_by(item):
            target = existence.find(reference.target)
            if isinstance(target, Service) and reference.item:
                yield from _service_port(reference, target)
        if isinstance(item, Service):
            yield from _target_ports(existence, item)
        if controller_of(item) is None:
            for path, template in templates_of(item):
                yield from _asked_ports(item, f"{path}.spec".lstrip("."), template.spec)


def _service_port(reference: Reference, service: Service) -> Iterator[Diagnostic]:
    if service.spec.type == "ExternalName" or any(
        reference.item in (port.name, str(port.port)) for port in service.spec.ports
    ):
        return
    here = reference.item_path or reference.path
    known = ", ".join(f"{port.name} ({port.port})" if port.name else str(port.port) for port in service.spec.ports)
    yield Diagnostic(
        id=MISSING_PORT,
        severity=Severity.WARNING,
        message=f"{describe(service)} has no port {reference.item}.",
        span=reference.by.source.span(here),
        path=here,
        object=describe(reference.by),
        mend=f"it has {known}" if known else "give the Service this port",
        related=(Related(service.source.span("spec.ports"), "these are its ports", "spec.ports"),),
    )


def _target_ports(existence: Existence, service: Service) -> Iterator[Diagnostic]:
    """A pod without the named port is no endpoint for it (``podutil.FindPort``)."""
    named = [(n, port) for n, port in enumerate(service.spec.ports) if isinstance(port.target_port, str)]
    labels = endpoint_labels(service)
    if not named or labels is None:
        return
    bundle, namespace = existence.bundle, namespace_of(service)
    pods = (*bundle.templates_matching(namespace, labels), *bundle.foreign_matching(namespace, labels))
    for number, port in named:
        for item in pods:
            for path, template in templates_of(item):
                if not any(_answers(known, port) for known in ports_of(template.spec)):
                    yield _without(service, number, port, f"{path}.spec.containers".lstrip("."), item, template.spec)


def _answers(known: ContainerPort, port: ServicePort) -> bool:
    return known.name == port.target_port and (known.protocol or "TCP") == (port.protocol or "TCP")


def ports_of(spec: PodSpec) -> Iterator[ContainerPort]:
    """The ports at which a pod can be reached: those of its containers and sidecars."""
    for container in (*spec.containers, *(init for init in spec.init_containers if init.is_sidecar)):
        yield from container.ports


def _without(service: Service, number: int, port: ServicePort, path: str, item: AnyObject, spec: PodSpec) -> Diagnostic:
    here = f"spec.ports[{number}].targetPort"
    names = sorted({known.name for known in ports_of(spec) if known.name})
    return Diagnostic(
        id=MISSING_PORT,
        severity=Severity.WARNING,
        message=f"No container of {describe(item)} has a port named {port.target_port}, so its pods are no endpoints "
        f"of port {port.port}.",
        span=service.source.span(here),
        path=here,
        object=describe(service),
        mend=f"its ports are called {', '.join(names)}" if names else f"name a containerPort {port.target_port}",
        related=(Related(item.source.span(path), "these are its containers", path),),
    )


def _asked_ports(item: AnyObject, path: str, spec: PodSpec) -> Iterator[Diagnostic]:
    """The kubelet looks a name up among the ports of the same container (``ResolveContainerPort`` in
    ``pkg/probe/util.go``, ``resolvePort`` in ``pkg/kubelet/lifecycle/handlers.go``); without one the probe fails.
    """
    for place, containers in (("initContainers", spec.init_containers), ("containers", spec.containers)):
        for number, container in enumerate(containers):
            here = f"{path}.{place}[{number}]"
            names = sorted({port.name for port in container.ports if port.name})
            for field, port in _asked(container):
                if isinstance(port, str) and port not in names:
                    yield _unanswered(item, here, field, port, names)


def _asked(container: Container) -> Iterator[tuple[str, int | str | None]]:
    """The ports that the kubelet asks at for a container, and the fields that say so."""
    for name, probe in (
        ("livenessProbe", container.liveness_probe),
        ("readinessProbe", container.readiness_probe),
        ("startupProbe", container.startup_probe),
    ):
        yield from _handled(name, probe)
        if probe is not None and probe.tcp_socket is not None:
            yield f"{name}.tcpSocket.port", probe.tcp_socket.port
    hooks = container.lifecycle or Lifecycle()
    yield from _handled("lifecycle.postStart", hooks.post_start)
    yield from _handled("lifecycle.preStop", hooks.pre_stop)


def _handled(name: str, handler: Probe | LifecycleHandler | None) -> Iterator[tuple[str, int | str | None]]:
    if handler is not None and handler.http_get is not None:
        yield f"{name}.httpGet.port", handler.http_get.port


def _unanswered(item: AnyObject, container: str, field: str, port: str, names: list[str]) -> Diagnostic:
    here = f"{container}.{field}"
    return Diagnostic(
        id=MISSING_PORT,
        severity=Severity.WARNING,
        message=f"The container has no port named {port}, so its {'hook' if 'lifecycle' in field else 'probe'} fails.",
        span=item.source.span(here),
        path=here,
        object=describe(item),
        mend=f"its ports are called {', '.join(names)}" if names else f"name a containerPort {port}",
        related=(Related(item.source.span(container), "this is the container", container),),
    )
