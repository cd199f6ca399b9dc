"""Ingresses and network policies (``networking.k8s.io/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from kverify.api.base import Int32, IntOrString, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.types.meta import LabelSelector
from kverify.api.types.references import TypedLocalObjectReference


@frozen(kw_only=True, eq=False, repr=False)
class ServiceBackendPort(Typed):
    ATOMIC: ClassVar[bool] = True
    name: str | None = api_field(None, omit_zero=True)
    number: Int32 | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class IngressServiceBackend(Typed):
    name: str = ""
    port: ServiceBackendPort = ServiceBackendPort()


@frozen(kw_only=True, eq=False, repr=False)
class IngressBackend(Typed):
    resource: TypedLocalObjectReference | None = None
    service: IngressServiceBackend | None = None


@frozen(kw_only=True, eq=False, repr=False)
class HTTPIngressPath(Typed):
    backend: IngressBackend = IngressBackend()
    path: str | None = api_field(None, omit_zero=True)
    path_type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class HTTPIngressRuleValue(Typed):
    paths: tuple[HTTPIngressPath, ...] = api_field((), null=True)
    pass


@frozen(kw_only=True, eq=False, repr=False)
class IngressRule(Typed):
    host: str | None = api_field(None, omit_zero=True)
    http: HTTPIngressRuleValue | None = None


@frozen(kw_only=True, eq=False, repr=False)
class IngressTLS(Typed):
    hosts: tuple[str, ...] = ()
    secret_name: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class IngressSpec(Typed):
    default_backend: IngressBackend | None = None
    ingress_class_name: str | None = None
    rules: tuple[IngressRule, ...] = ()
    tls: tuple[IngressTLS, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class IngressPortStatus(Typed):
    error: str | None = None
    port: Int32 = 0
    protocol: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class IngressLoadBalancerIngress(Typed):
    hostname: str | None = api_field(None, omit_zero=True)
    ip: str | None = api_field(None, omit_zero=True)
    ports: tuple[IngressPortStatus, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class IngressLoadBalancerStatus(Typed):
    ingress: tuple[IngressLoadBalancerIngress, ...] = ()
    pass


@frozen(kw_only=True, eq=False, repr=False)
class IngressStatus(Typed):
    load_balancer: IngressLoadBalancerStatus = IngressLoadBalancerStatus()
    pass


@frozen(kw_only=True, eq=False, repr=False)
class Ingress(KubeObject):
    api_version: str = "networking.k8s.io/v1"
    kind: str = "Ingress"
    spec: IngressSpec = IngressSpec()
    status: IngressStatus = IngressStatus()


@frozen(kw_only=True, eq=False, repr=False)
class IngressClassParametersReference(Typed):
    kind: str = ""
    api_group: str | None = None
    name: str = ""
    namespace: str | None = None
    scope: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class IngressClassSpec(Typed):
    controller: str | None = api_field(None, omit_zero=True)
    parameters: IngressClassParametersReference | None = None


@frozen(kw_only=True, eq=False, repr=False)
class IngressClass(KubeObject):
    api_version: str = "networking.k8s.io/v1"
    kind: str = "IngressClass"
    spec: IngressClassSpec = IngressClassSpec()


@frozen(kw_only=True, eq=False, repr=False)
class NetworkPolicyPort(Typed):
    end_port: Int32 | None = None
    port: IntOrString | None = None
    protocol: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class IPBlock(Typed):
    cidr: str = ""
    except_: tuple[str, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class NetworkPolicyPeer(Typed):
    ip_block: IPBlock | None = None
    namespace_selector: LabelSelector | None = None
    pod_selector: LabelSelector | None = None


@frozen(kw_only=True, eq=False, repr=False)
class NetworkPolicyEgressRule(Typed):
    ports: tuple[NetworkPolicyPort, ...] = ()
    to: tuple[NetworkPolicyPeer, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class NetworkPolicyIngressRule(Typed):
    from_: tuple[NetworkPolicyPeer, ...] = ()
    ports: tuple[NetworkPolicyPort, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class NetworkPolicySpec(Typed):
    egress: tuple[NetworkPolicyEgressRule, ...] = ()
    ingress: tuple[NetworkPolicyIngressRule, ...] = ()
    pod_selector: LabelSelector = LabelSelector()
    policy_types: tuple[str, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class NetworkPolicy(KubeObject):
    api_version: str = "networking.k8s.io/v1"
    kind: str = "NetworkPolicy"
    spec: NetworkPolicySpec = NetworkPolicySpec()
