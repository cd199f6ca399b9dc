"""DefaultIngressClass: an Ingress that names no class gets the cluster's default one.

Source: ``plugin/pkg/admission/network/defaultingressclass``.
"""

from __future__ import annotations

import attrs

from kverify.api.types.networking import Ingress, IngressClass
from kverify.cluster.admission.classes import newest
from kverify.cluster.admission.request import Admitted, Request

MARKS = ("ingressclass.kubernetes.io/is-default-class",)
ANNOTATION = "kubernetes.io/ingress.class"
"""How a class was named before ``spec.ingressClassName``."""


def admit(request: Request) -> Admitted:
    """Name the newest class that is marked as the default."""
    ingress = request.object
    if not isinstance(ingress, Ingress) or not request.creates:
        return Admitted(ingress)
    if ingress.spec.ingress_class_name is not None or ANNOTATION in ingress.metadata.annotations:
        return Admitted(ingress)
    default = newest(request.view.of_kind(IngressClass), MARKS)
    if default is None:
        return Admitted(ingress)
    return Admitted(attrs.evolve(ingress, spec=attrs.evolve(ingress.spec, ingress_class_name=default.metadata.name)))
