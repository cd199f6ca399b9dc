"""What keeps the actions of a system from happening in one state: the parts of their guards that do not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from attrs import frozen

from kverify.engines.verdict import Trace
from kverify.model.components import scheduler
from kverify.model.expr import Condition, Expr, Op, evaluate, integer, lift, rebuild, to_text, total
from kverify.model.legend import Legend


@frozen
class Unmet:
    """A part of a guard that does not hold. ``left`` and ``right`` are what the sides of a comparison are worth, None
    for what is none."""

    text: str
    left: int | None = None
    right: int | None = None


@frozen
class Held:
    """Actions of one component that have something to do and may not, all for the same reason."""

    component: str
    actions: tuple[str, ...]
    unmet: tuple[Unmet, ...]


def held_up(trace: Trace) -> tuple[Held, ...]:
    """The actions that wait for ever at the end of ``trace``; none where something still happens.

    An action has nothing to do where the first part of its guard does not hold, which says what there is to do (too
    few pods, too many), or where what it acts on is not there (a part over one variable). Disturbances wait for
    nothing. The scheduler's are left out: why a node takes no pod is the filters' to say (``Finding.refusals``). A sum
    over all places is written as one variable without place.
    """
    if trace.loop is not None:
        return ()
    view = trace.system.view(trace.final)
    acting = [action for action in trace.system.actions if not action.environment]
    if any(evaluate(action.guard, view) for action in acting):
        return ()
    everywhere = _everywhere(trace.system.legend)
    found: dict[tuple[str, tuple[Unmet, ...]], list[str]] = {}
    for action in acting:
        if action.component == scheduler.COMPONENT:
            continue
        parts = list(_parts(action.guard))
        needs = [part for i, part in enumerate(parts) if i == 0 or len(part.variables()) == 1]
        if all(evaluate(part, view) for part in needs):
            unmet = tuple(_unmet(part, view, everywhere) for part in parts if not evaluate(part, view))
            found.setdefault((action.component, unmet), []).append(action.name)
    return tuple(Held(component, tuple(names), unmet) for (component, unmet), names in found.items())


def _parts(guard: Condition) -> Iterator[Expr]:
    tree = lift(guard)
    if tree.op is Op.AND:
        yield from tree.args
    else:
        yield tree


def _unmet(part: Expr, view: Mapping[str, int | bool], everywhere: Mapping[str, tuple[str, int]]) -> Unmet:
    if part.op not in (Op.EQ, Op.LT, Op.LE) or any(side.boolean for side in part.args):
        return Unmet(to_text(_summed(part, everywhere)))
    sides = _balanced(*part.args)
    left, right = (int(evaluate(side, view)) for side in sides)
    return Unmet(f" {part.op.value} ".join(to_text(_summed(side, everywhere)) for side in sides), left, right)


def _balanced(left: Expr, right: Expr) -> tuple[Expr, Expr]:
    """Both sides of a comparison with nothing subtracted: ``1 <= 4 - a - b`` as ``a + b <= 3``."""
    factors: dict[Expr, int] = {}
    rest = 0
    for sign, side in ((1, right), (-1, left)):
        for arg in side.args if side.op is Op.ADD else (side,):
            if arg.value is not None:
                rest += sign * int(arg.value)
            else:
                atom, factor = _scaled(arg)
                factors[atom] = factors.get(atom, 0) + sign * factor
    below = total(-factor * atom for atom, factor in factors.items() if factor < 0)
    above = total(factor * atom for atom, factor in factors.items() if factor > 0)
    # A number alone is easier to compare with than one that is added to something.
    if rest < 0 or (isinstance(above, int) and above == 0):
        return (lift(below - rest), lift(above)) if rest < 0 else (lift(below), lift(rest))
    return lift(below), lift(above + rest)


def _scaled(arg: Expr) -> tuple[Expr, int]:
    """A term of a sum without its factor, and the factor."""
    if arg.op is Op.MUL and arg.args[1].value is not None:
        return arg.args[0], int(arg.args[1].value)
    return arg, 1


def _everywhere(legend: Legend | None) -> dict[str, tuple[str, int]]:
    """For each variable of pods at a place: how the sum over all places is called, and how many variables it has."""
    groups: dict[str, set[str]] = {}
    for workload in legend.workloads if legend is not None else ():
        for revision in workload.revisions:
            for pods in revision.pods:
                if pods.place:
                    groups.setdefault(f"{revision.key}.{pods.phase}", set()).add(pods.variable)
    return {name: (whole, len(names)) for whole, names in groups.items() for name in names}


def _summed(tree: Expr, everywhere: Mapping[str, tuple[str, int]]) -> Expr:
    if tree.op is None:
        return tree
    args = [_summed(arg, everywhere) for arg in tree.args]
    if tree.op is not Op.ADD:
        return lift(rebuild(tree.op, list(args)))
    terms = [(arg, *_scaled(arg)) for arg in args]
    known = [(arg, factor, *everywhere.get(atom.name or "", ("", 0))) for arg, atom, factor in terms]
    present = Counter((whole, factor) for _, factor, whole, _ in known)
    shown: dict[Expr | tuple[str, int], Expr] = {}
    for arg, factor, whole, number in known:
        if whole and present[whole, factor] == number:
            shown[whole, factor] = lift(factor * integer(whole))
        else:
            shown[arg] = arg
    return lift(total(shown.values()))
