"""Objects that do not go together: references that lead nowhere, and those that lead to two places."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from kverify.cluster.bundle import Bundle
from kverify.cluster.findings.ambiguous import ambiguous
from kverify.cluster.findings.autoscalers import unmeasured
from kverify.cluster.findings.budgets import scaleless_budgets
from kverify.cluster.findings.names import Missing, missing
from kverify.cluster.findings.nodes import silent_nodes, unknown_topologies
from kverify.cluster.findings.ports import missing_ports
from kverify.cluster.findings.selectors import selecting_nothing
from kverify.cluster.references.existence import OPEN, Boundary, Existence
from kverify.collector import paused
from kverify.manifest.diagnostics import Diagnostic

__all__ = ["OPEN", "Boundary", "CrossObject", "Missing", "cross_object"]


@frozen
class CrossObject:
    """``diagnostics`` are KV20xx; ``assumed`` are sentences: what is named, not in the input, and may well exist."""

    diagnostics: tuple[Diagnostic, ...]
    assumed: tuple[str, ...]


def cross_object(bundle: Bundle, diagnostics: Iterable[Diagnostic] = (), boundary: Boundary = OPEN) -> CrossObject:
    """What is wrong between the wanted objects and everything there is.

    ``diagnostics`` are those of reading the bundle: nothing is said of a reference to an object that was refused, nor
    of selectors in a namespace where something that makes pods was refused, because the pods they look for may be its.
    The work grows with the objects and their references, not with pairs of objects.
    """
    refused = tuple(d for d in diagnostics if d.refuses)
    existence = Existence(bundle, boundary.externals)
    with paused():
        named = missing(existence, boundary, refused)
        selecting = selecting_nothing(bundle, refused, boundary)
        return CrossObject(
            (
                *selecting.diagnostics,
                *named.diagnostics,
                *missing_ports(existence),
                *ambiguous(bundle),
                *scaleless_budgets(bundle),
                *unmeasured(bundle),
                *silent_nodes(bundle),
                *unknown_topologies(bundle),
            ),
            (*named.assumed, *selecting.assumed),
        )
