"""Ingresses and network policies (``networking.k8s.io/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from kverify.api.base import Int32, IntOrString, api_field
from kverify.api.object import KubeObject
from kverify.api.types.meta import LabelSelector
from kverify.api.types.references import TypedLocalObjectReference


@frozen(kw_only=True)
class ServiceBackendPort:
    ATOMIC: ClassVar[bool] = True
    name: str | None = api_field(None, omit_zero=True)
    number: Int32 | None = api_field(None, omit_zero=True)


@frozen(kw_only=True)
class IngressServiceBackend:
    name: str = ""
    port: ServiceBackendPort = ServiceBackendPort()


@frozen(kw_only=True)
class IngressBackend:
    resource: TypedLocalObjectReference | None = None
    service: IngressServiceBackend | None = None


@frozen(kw_only=True)
class HTTPIngressPath:
    backend: IngressBackend = IngressBackend()
    path: str | None = api_field(None, omit_zero=True)
    path_type: str = ""


@frozen(kw_only=True)
class HTTPIngressRuleValue:
    paths: tuple[HTTPIngressPath, ...] = api_field((), null=True)
    pass


@frozen(kw_only=True)
class IngressRule:
    host: str | None = api_field(None, omit_zero=True)
    http: HTTPIngressRuleValue | None = None


@frozen(kw_only=True)
class IngressTLS:
    hosts: tuple[str, ...] = ()
    secret_name: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True)
class IngressSpec:
    default_backend: IngressBackend | None = None
    ingress_class_name: str | None = None
    rules: tuple[IngressRule, ...] = ()
    tls: tuple[IngressTLS, ...] = ()


@frozen(kw_only=True)
class IngressPortStatus:
    error: str | None = None
    port: Int32 = 0
    protocol: str = ""


@frozen(kw_only=True)
class IngressLoadBalancerIngress:
    hostname: str | None = api_field(None, omit_zero=True)
    ip: str | None = api_field(None, omit_zero=True)
    ports: tuple[IngressPortStatus, ...] = ()


@frozen(kw_only=True)
class IngressLoadBalancerStatus:
    ingress: tuple[IngressLoadBalancerIngress, ...] = ()
    pass


@frozen(kw_only=True)
class IngressStatus:
    load_balancer: IngressLoadBalancerStatus = IngressLoadBalancerStatus()
    pass


@frozen(kw_only=True)
class Ingress(KubeObject):
    api_version: str = "networking.k8s.io/v1"
    kind: str = "Ingress"
    spec: IngressSpec = IngressSpec()
    status: IngressStatus = IngressStatus()


@frozen(kw_only=True)
class IngressClassParametersReference:
    kind: str = ""
    api_group: str | None = None
    name: str = ""
    namespace: str | None = None
    scope: str | None = None


@frozen(kw_only=True)
class IngressClassSpec:
    controller: str | None = api_field(None, omit_zero=True)
    parameters: IngressClassParametersReference | None = None


@frozen(kw_only=True)
class IngressClass(KubeObject):
    api_version: str = "networking.k8s.io/v1"
    kind: str = "IngressClass"
    spec: IngressClassSpec = IngressClassSpec()


@frozen(kw_only=True)
class NetworkPolicyPort:
    end_port: Int32 | None = None
    port: IntOrString | None = None
    protocol: str | None = None


@frozen(kw_only=True)
class IPBlock:
    cidr: str = ""
    except_: tuple[str, ...] = ()


@frozen(kw_only=True)
class NetworkPolicyPeer:
    ip_block: IPBlock | None = None
    namespace_selector: LabelSelector | None = None
    pod_selector: LabelSelector | None = None


@frozen(kw_only=True)
class NetworkPolicyEgressRule:
    ports: tuple[NetworkPolicyPort, ...] = ()
    to: tuple[NetworkPolicyPeer, ...] = ()


@frozen(kw_only=True)
class NetworkPolicyIngressRule:
    from_: tuple[NetworkPolicyPeer, ...] = ()
    ports: tuple[NetworkPolicyPort, ...] = ()


@frozen(kw_only=True)
class NetworkPolicySpec:
    egress: tuple[NetworkPolicyEgressRule, ...] = ()
    ingress: tuple[NetworkPolicyIngressRule, ...] = ()
    pod_selector: LabelSelector = LabelSelector()
    policy_types: tuple[str, ...] = ()


@frozen(kw_only=True)
class NetworkPolicy(KubeObject):
    api_version: str = "networking.k8s.io/v1"
    kind: str = "NetworkPolicy"
    spec: NetworkPolicySpec = NetworkPolicySpec()
