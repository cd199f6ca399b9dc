"""DefaultStorageClass: a claim that names no class gets the cluster's default one.

Source: ``plugin/pkg/admission/storage/storageclass/setdefault``, ``pkg/volume/util.GetDefaultClass``.
"""

from __future__ import annotations

import attrs

from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.storage import StorageClass
from kverify.cluster.admission.classes import newest
from kverify.cluster.admission.request import Admitted, Request
from kverify.cluster.admission.usage import CLASS_ANNOTATION

MARKS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")


def admit(request: Request) -> Admitted:
    """Name the newest class that is marked as the default. An empty name was given on purpose and stays."""
    claim = request.object
    if not isinstance(claim, PersistentVolumeClaim) or not request.creates:
        return Admitted(claim)
    if claim.spec.storage_class_name is not None or CLASS_ANNOTATION in claim.metadata.annotations:
        return Admitted(claim)
    default = newest(request.view.of_kind(StorageClass), MARKS)
    if default is None:
        return Admitted(claim)
    return Admitted(attrs.evolve(claim, spec=attrs.evolve(claim.spec, storage_class_name=default.metadata.name)))
