"""What a reference is, and the words for it."""

from __future__ import annotations

from attrs import frozen

from kverify.api.registry import AnyObject
from kverify.cluster.objects import Key

PASSIVE = {
    "reads": "read by",
    "mounts": "mounted by",
    "runs as": "the identity of",
    "runs with": "the runtime of",
    "has priority": "the priority of",
    "pulls images with": "used to pull images by",
    "claims": "claimed by",
    "is provisioned by": "the storage class of",
    "is bound to": "bound to",
    "is copied from": "the data source of",
    "routes to": "routed to by",
    "terminates TLS with": "the certificate of",
    "is served by": "the class of",
    "scales": "scaled by",
    "measures": "measured by",
    "grants": "granted by",
    "grants to": "a subject of",
    "is governed by": "the headless Service of",
    "carries": "carried by",
    "calls": "called by",
    "enforces": "enforced by",
    "takes parameters from": "the parameters of",
    "belongs to": "what belongs to it is",
    "runs on": "the node of",
    "is attached by": "the driver of",
    "selects": "selected by",
    "is owned by": "the owner of",
}
"""Every relation as it reads from ``by`` to the target, and from the target to ``by``."""

WIRING = frozenset({"routes to", "scales", "grants", "is governed by", "calls", "enforces", "belongs to"})
"""Relations of objects that are delivered together: the target missing is worth a word even if nothing else of its kind
is in the input. Of the others (Secrets, classes, service accounts, ...) anybody may have made the target before."""


@frozen(kw_only=True)
class Reference:
    """``by`` names another object. ``relation`` reads as "by <relation> target" and is a key of :data:`PASSIVE`.

    ``path`` is the field of ``by`` that names it. ``item`` is the key that is read of a ConfigMap or Secret, or the
    port of a Service, empty for the whole object; ``item_path`` is its field where that is not ``path``. ``optional``:
    nothing fails without the target.
    """

    by: AnyObject
    target: Key
    relation: str
    path: str
    item: str = ""
    item_path: str = ""
    optional: bool = False


@frozen
class Need:
    """A reference as a field of some object states it, before it is known whose field that is.

    ``namespace`` is None where the target lives beside the object that names it.
    """

    kind: str
    name: str
    relation: str
    path: str
    item: str = ""
    optional: bool = False
    namespace: str | None = None
    group: str | None = None
    """The API group of the target, None where ``kind`` is built in and says it."""
    item_path: str = ""
