"""What can go wrong inside an engine. None of these is ever turned into a verdict that looks like an answer."""

from __future__ import annotations


class EngineError(Exception):
    """The base of everything the engines raise on purpose."""


class ModelError(EngineError):
    """The transition system itself is wrong: a variable leaves its range, a divisor is zero, a parameter is open."""


class TooLarge(ModelError):
    """An expression is too large for what an engine would make of it. The ladder turns this into ``unknown``."""


class SymmetryError(ModelError):
    """Blocks were declared interchangeable that are not."""


class ReplayError(EngineError):
    """A counterexample is not a run of the system, or does not violate the property: a bug in kverify."""


class CertificateError(EngineError):
    """An invariant does not stand up to being checked again: a bug in kverify, or a certificate somebody changed."""


class Undecided(EngineError):
    """Z3 gave up on a query. Engines turn this into ``unknown``, with Z3's reason."""
