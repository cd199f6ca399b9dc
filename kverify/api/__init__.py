"""Typed Kubernetes objects: decoded with exact positions, defaulted and validated as the API server does it.

    manifest.Document → decode → Decoded(object, diagnostics)

Classes are in the modules of their API group: ``core`` (``pod``, ``container``, ``volume``, ``service``, ``node``,
``config``), ``apps``, ``policy``, ``scheduling``; what they share is in ``meta``.
"""

from kverify.api.decode import Decoded, DecodedAll, decode, decode_all, structure
from kverify.api.object import KubeObject, OtherObject
from kverify.api.quantity import Quantity, QuantityError, parse_quantity
from kverify.api.registry import AnyObject
from kverify.api.source import Source
from kverify.api.types.meta import LabelSelector, ObjectMeta
from kverify.api.validation import validate_update
from kverify.api.versions import DEFAULT_VERSION, VERSIONS

__all__ = [
    "DEFAULT_VERSION",
    "VERSIONS",
    "AnyObject",
    "Decoded",
    "DecodedAll",
    "KubeObject",
    "LabelSelector",
    "ObjectMeta",
    "OtherObject",
    "Quantity",
    "QuantityError",
    "Source",
    "decode",
    "decode_all",
    "parse_quantity",
    "structure",
    "validate_update",
]
