"""From SMT-LIB text back to the model's expressions: what a solver says, in the words of the system.

Only what the model's expressions can say is read: linear and non-linear integer arithmetic, truth values, ``ite``,
``let``. Quantifiers and anything else raise ``Untranslatable``, because an invariant that cannot be said cannot be
checked again either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kverify.model.expr import Condition, Number, all_of, any_of, ite, lift, negate, times, total
from kverify.model.system import Variable


class Untranslatable(Exception):
    """A term that the expression tree has no words for."""


def read(text: str, names: Mapping[str, Variable]) -> Condition:
    """The condition that an SMT-LIB term states, with ``names`` giving the variable behind each of its symbols.

    Raises ``Untranslatable``.
    """
    import z3

    declared = "".join(f"(declare-const {name} {'Bool' if v.truth else 'Int'})" for name, v in names.items())
    (term,) = z3.parse_smt2_string(f"{declared}(assert {text})")
    return _condition(term, {name: v.expr for name, v in names.items()})


def _condition(root: Any, names: Mapping[str, Any]) -> Condition:
    done: dict[int, Any] = {}
    stack = [(root, False)]
    while stack:
        term, ready = stack.pop()
        key = term.get_id()
        if key in done:
            continue
        if ready:
            done[key] = _apply(term, [done[child.get_id()] for child in term.children()], names)
        else:
            stack.append((term, True))
            stack += [(child, False) for child in term.children()]
    found: Condition = done[root.get_id()]
    return found


def _apply(term: Any, args: list[Any], names: Mapping[str, Any]) -> Any:
    import z3

    if z3.is_quantifier(term) or z3.is_var(term):
        raise Untranslatable("it has a quantifier")
    if z3.is_true(term) or z3.is_false(term):
        return bool(z3.is_true(term))
    if z3.is_int_value(term):
        return int(term.as_long())
    kind = term.decl().kind()
    if kind == z3.Z3_OP_UNINTERPRETED and not args and term.decl().name() in names:
        return names[term.decl().name()]
    match kind:
        case z3.Z3_OP_AND:
            return all_of(args)
        case z3.Z3_OP_OR:
            return any_of(args)
        case z3.Z3_OP_NOT:
            return negate(args[0])
        case z3.Z3_OP_IMPLIES:
            return any_of([negate(args[0]), args[1]])
        case z3.Z3_OP_EQ | z3.Z3_OP_IFF:
            return lift(args[0]) == args[1]
        case z3.Z3_OP_DISTINCT if len(args) == 2:
            return negate(lift(args[0]) == args[1])
        case z3.Z3_OP_ITE:
            return ite(args[0], args[1], args[2])
        case z3.Z3_OP_LE:
            return args[0] <= args[1]
        case z3.Z3_OP_LT:
            return args[0] < args[1]
        case z3.Z3_OP_GE:
            return args[0] >= args[1]
        case z3.Z3_OP_GT:
            return args[0] > args[1]
    number: Number
    match kind:
        case z3.Z3_OP_ADD:
            number = total(args)
        case z3.Z3_OP_SUB:
            number = args[0] - total(args[1:])
        case z3.Z3_OP_UMINUS:
            number = times(-1, args[0])
        case z3.Z3_OP_MUL:
            number = args[0]
            for factor in args[1:]:
                number = times(number, factor)
        case z3.Z3_OP_IDIV if isinstance(args[1], int) and args[1] > 0:
            number = args[0] // args[1]
        case z3.Z3_OP_MOD if isinstance(args[1], int) and args[1] > 0:
            number = args[0] % args[1]
        case _:
            raise Untranslatable(f"it uses {term.decl().name()}")
    return number
