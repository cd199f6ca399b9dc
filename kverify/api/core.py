"""``core/v1`` under one roof: the kinds, from the modules they live in."""

from kverify.api.config import ConfigMap, Secret
from kverify.api.container import Container
from kverify.api.node import Namespace, Node, Taint
from kverify.api.pod import Pod, PodSpec, PodTemplateSpec
from kverify.api.service import Service, ServicePort
from kverify.api.volume import PersistentVolumeClaim, Volume

__all__ = [
    "ConfigMap",
    "Container",
    "Namespace",
    "Node",
    "PersistentVolumeClaim",
    "Pod",
    "PodSpec",
    "PodTemplateSpec",
    "Secret",
    "Service",
    "ServicePort",
    "Taint",
    "Volume",
]
