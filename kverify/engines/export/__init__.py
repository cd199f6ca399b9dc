"""Transition systems in the languages of other model checkers: TLA+ (TLC), Promela (SPIN) and SMT-LIB (Horn clauses).

The same expressions are printed, nothing is modelled anew. Symmetry is not exported: another tool sees every state, so
its count is that of a search without symmetry.
"""

from kverify.engines.export.promela import promela
from kverify.engines.export.smtlib import smtlib
from kverify.engines.export.tla import tla, tlc_configuration

__all__ = ["promela", "smtlib", "tla", "tlc_configuration"]
