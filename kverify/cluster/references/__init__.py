"""Who refers to whom: owners, selectors, and everything that is named."""

from kverify.cluster.references.existence import Existence, External
from kverify.cluster.references.graph import graph, needed_by, references, references_of
from kverify.cluster.references.reference import PASSIVE, WIRING, Reference

__all__ = [
    "PASSIVE",
    "WIRING",
    "Existence",
    "External",
    "Reference",
    "graph",
    "needed_by",
    "references",
    "references_of",
]
