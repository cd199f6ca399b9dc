"""From client-side to server-side apply: what ``kubectl apply --server-side`` does with the managers of an object that
``kubectl apply`` has managed.

Whoever owns the last-applied annotation by an update is taken for client-side apply; its fields become those of the
server-side manager, which then gives up what its manifest does not have.

Sources: ``migrateToSSAIfNecessary`` and ``saveLastApplyAnnotationIfNecessary`` in
``k8s.io/kubectl/pkg/cmd/apply/apply.go``, and ``k8s.io/client-go/util/csaupgrade``.
"""

from __future__ import annotations

from kverify.api.apply.fields import FieldSet, field
from kverify.api.apply.managers import LAST_APPLIED, Manager, Managers, Owned

KEEPER = "kubectl-last-applied"
"""The manager that keeps the annotation when ``kubectl`` itself goes on applying."""

ANNOTATION = (field("metadata"), field("annotations"), field(LAST_APPLIED))


def owners(managers: Managers, operation: str) -> tuple[Manager, ...]:
    """Who owns the annotation by an operation (``Apply`` or ``Update``)."""
    return tuple(m for m, owned in managers.items() if m.operation == operation and ANNOTATION in owned.fields)


def keeper(api_version: str) -> dict[Manager, Owned]:
    """The manager that owns the annotation and nothing else."""
    fields: FieldSet = frozenset({ANNOTATION})
    return {Manager(KEEPER, "Apply"): Owned(fields, api_version)}


def moved(managers: Managers, name: str) -> Managers | None:
    """The managers with client-side apply as part of the server-side manager ``name``; None when there is none."""
    names = {manager.name for manager in owners(managers, "Update")}
    clients = [m for m in managers if m.name in names and m.operation == "Update" and not m.subresource]
    if not clients:
        return None
    server = Manager(name, "Apply")
    known = {manager: owned for manager, owned in managers.items() if manager not in clients}
    for client in clients:
        owned, before = managers[client], known.get(server)
        if before is None:
            known[server] = owned
        elif before.api_version == owned.api_version:
            known[server] = before.over(before.fields | owned.fields)
    return known
