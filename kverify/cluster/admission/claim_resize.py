"""PersistentVolumeClaimResize: a claim grows only when its class lets it.

Source: ``plugin/pkg/admission/storage/persistentvolume/resize``.
"""

from __future__ import annotations

from kverify.api.quantity import Quantity
from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.storage import StorageClass
from kverify.api.validation.report import Path
from kverify.cluster.admission.request import Because, Problem, Request
from kverify.cluster.admission.usage import storage_class_of
from kverify.cluster.codes import RESIZE

NAME = "PersistentVolumeClaimResize"
_SIZE = Path().child("spec", "resources", "requests").key("storage")


def validate(request: Request) -> tuple[Problem, ...]:
    """Refuse a bigger claim that is not bound, or whose class does not allow expansion."""
    new, old = request.object, request.old
    if not isinstance(new, PersistentVolumeClaim) or not isinstance(old, PersistentVolumeClaim):
        return ()
    none = Quantity.of(0)
    before, after = (claim.spec.resources.requests.get("storage", none) for claim in (old, new))
    if after <= before:
        return ()
    if old.status.phase != "Bound":
        message = f"The claim cannot grow from {before} to {after} before it is bound."
        return (_problem(message, "wait until it is bound, or make a new claim"),)
    name = storage_class_of(new)
    found = request.view.find("StorageClass", "", name) if name and name == storage_class_of(old) else None
    if isinstance(found, StorageClass):
        if found.allow_volume_expansion:
            return ()
        because = (Because(object=found, path="allowVolumeExpansion", note="volumes of this class cannot grow"),)
        message = f"The claim cannot grow from {before} to {after}: its class {name} does not allow expansion."
        return (_problem(message, "set allowVolumeExpansion of the StorageClass", because),)
    if name and request.view.presumes("StorageClass", "", name):
        return ()
    message = f"The claim cannot grow from {before} to {after}: it has no StorageClass that allows expansion."
    return (_problem(message, "make a new, bigger claim"),)


def _problem(message: str, mend: str, because: tuple[Because, ...] = ()) -> Problem:
    return Problem(plugin=NAME, id=RESIZE, message=message, path=_SIZE, mend=mend, because=because)
