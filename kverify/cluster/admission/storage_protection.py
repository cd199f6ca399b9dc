"""StorageObjectInUseProtection: what is in use is not deleted under its user.

Source: ``plugin/pkg/admission/storage/storageobjectinuseprotection``.
"""

from __future__ import annotations

import attrs

from kverify.cluster.admission.request import Admitted, Request

FINALIZERS = {
    "PersistentVolumeClaim": "kubernetes.io/pvc-protection",
    "PersistentVolume": "kubernetes.io/pv-protection",
    "VolumeAttributesClass": "kubernetes.io/vac-protection",
}


def admit(request: Request) -> Admitted:
    """Add the finalizer of the kind."""
    item = request.object
    finalizer = FINALIZERS.get(item.kind)
    if finalizer is None or not request.creates or finalizer in item.metadata.finalizers:
        return Admitted(item)
    metadata = attrs.evolve(item.metadata, finalizers=(*item.metadata.finalizers, finalizer))
    return Admitted(attrs.evolve(item, metadata=metadata))
