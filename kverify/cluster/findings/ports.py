"""Ports that are named and not there (KV2005): of Services, and of the pods behind them."""

from __future__ import annotations

from collections.abc import Iterator

from kverify.api.registry import AnyObject
from kverify.api.types.container import ContainerPort
from kverify.api.types.pod import PodSpec
from kverify.api.types.service import Service, ServicePort
from kverify.cluster.codes import MISSING_PORT
from kverify.cluster.objects import describe, namespace_of, templates_of
from kverify.cluster.references.existence import Existence
from kverify.cluster.references.graph import needed_by
from kverify.cluster.references.reference import Reference
from kverify.manifest.diagnostics import Diagnostic, Related, Severity


def missing_ports(existence: Existence) -> Iterator[Diagnostic]:
    """Routes and webhooks to a port that the Service lacks, and named target ports that selected pods lack."""
    for item in existence.bundle.wanted:
        for reference in needed_by(item):
            target = existence.find(reference.target)
            if isinstance(target, Service) and reference.item:
                yield from _service_port(reference, target)
        if isinstance(item, Service) and item.spec.type != "ExternalName":
            yield from _target_ports(existence, item)


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
    if not named or not service.spec.selector:
        return
    bundle, namespace = existence.bundle, namespace_of(service)
    pods = (
        *bundle.templates_matching(namespace, service.spec.selector),
        *bundle.foreign_matching(namespace, service.spec.selector),
    )
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
