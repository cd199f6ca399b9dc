"""A fingerprint of a question: the same for the same system, property and fairness, whenever and wherever it is taken.

It is how a trace that was written down is matched with the model it was taken from, without any search.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from attrs import fields_dict

from kverify.model.expr import Condition, Expr, Number, lift, walk
from kverify.model.system import TransitionSystem
from kverify.spec.property import DECLARED, Fair, Property


def fingerprint(system: TransitionSystem, prop: Property, fair: Fair = DECLARED) -> str:
    """64 hexadecimal digits. Lemmas and symmetry, which no answer depends on, do not count."""
    trees = Trees()
    variables = [(v.name, v.low, v.high, v.initial, v.values, v.truth) for v in (*system.variables, *system.parameters)]
    actions = [
        (
            a.name,
            a.component,
            trees.of(a.guard),
            sorted((name, trees.of(update)) for name, update in a.updates.items()),
            a.fairness.value,
            a.environment,
        )
        for a in system.actions
    ]
    begin = (trees.of(system.initial), sorted(system.starts or ()), system.starts is None, trees.of(system.assume))
    asked = [
        (name, trees.of(getattr(prop, name))) for name in fields_dict(type(prop)) if name not in ("name", "lemmas")
    ]
    kind = (type(prop).__name__, prop.name, asked, str(fair))
    return _digest([repr(part) for part in (system.name, variables, actions, begin, kind)])


class Trees:
    """Digests of expressions; shared parts are looked at once."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}
        self._kept: list[Expr] = []
        """A tree must live as long as its number is in the table."""

    def of(self, root: Number | Condition) -> str:
        """The digest of ``root``."""
        tree = lift(root)
        for expr in walk(tree):
            if id(expr) not in self._known:
                op = expr.op.value if expr.op is not None else ""
                below = [self._known[id(arg)] for arg in expr.args]
                self._known[id(expr)] = _digest([op, repr(expr.name), repr(expr.value), str(expr.boolean), *below])
        self._kept.append(tree)
        return self._known[id(tree)]


def _digest(parts: Iterable[str]) -> str:
    return sha256("\x00".join(parts).encode()).hexdigest()
