"""Faults seeded into controllers, one at a time. The suite has to notice each of them.

``python -m tests.engines.mutants`` tries every oracle on every fault and prints who notices what.
"""

from __future__ import annotations

from . import controllers, disturbances, nodes
from .seeding import Mutant, Stale, seeded

__all__ = ["MUTANTS", "Mutant", "Stale", "seeded", "table"]

MUTANTS: tuple[Mutant, ...] = (*controllers.MUTANTS, *nodes.MUTANTS, *disturbances.MUTANTS)


def table() -> str:
    """The faults as a table in Markdown, each with an oracle that notices it."""
    rows = ["| fault | in | noticed by |", "| --- | --- | --- |"]
    for mutant in MUTANTS:
        place = mutant.module.removeprefix("kverify.model.").replace(".", "/")
        rows.append(f"| {mutant.fault} | `{place}.py` | {mutant.oracle} |")
    return "\n".join(rows) + "\n"
