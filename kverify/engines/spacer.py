"""Proofs by Horn clauses: Z3's Spacer finds the invariant itself.

The question is one of existence: is there a relation that holds initially, that every step keeps, and that implies the
property? Spacer runs in a process of its own (``spacer_worker.py``), because it cannot always be stopped from within
and has been seen to hang; the process is limited in CPU time and memory, and killed when it exceeds them. What it
answers is never taken on trust: an invariant is read back into the model's expressions and checked by
``induction.recheck``, three plain queries over SMT-LIB text; a refutation counts only with a run that bounded search
finds and replays.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import evolve, frozen

from kverify.engines.bounded import runs, violated
from kverify.engines.budget import consult, left, why_stopped
from kverify.engines.errors import CertificateError, Undecided
from kverify.engines.houdini import small
from kverify.engines.induction import premised, recheck
from kverify.engines.ranges import conjuncts
from kverify.engines.smt import as_condition, as_number, ranges, require_start, scope, translate
from kverify.engines.smt_reader import Untranslatable, read
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.expr import Condition, all_of, negate, to_text
from kverify.model.system import TransitionSystem, Variable
from kverify.spec.property import Always

METHOD = "Horn clauses (Spacer)"
SECONDS = 20
"""CPU seconds after which the process is killed. Unlike the effort of other queries this is a time, because Spacer does
not keep to Z3's own limits; a slow machine may get ``unknown`` where a fast one gets a proof, never another answer."""
GAVE_UP = "Spacer gave up"
"""How the reason begins where it was not the clock that ended it."""
MEMORY = 2 << 30
"""Bytes of address space that the process may use."""


@frozen
class Answer:
    """What Spacer said: ``safe`` with an invariant as an SMT-LIB term over ``v0``, ``v1``, ...; ``unsafe``; or neither
    (``safe`` is None), with the reason."""

    safe: bool | None
    text: str = ""


def check(
    system: TransitionSystem,
    prop: Always,
    *,
    known: Sequence[Condition] = (),
    seconds: float = SECONDS,
    memory: int = MEMORY,
    depth: int = 12,
    effort: int | None = None,
) -> Verdict:
    """Prove or refute ``prop``; ``depth`` bounds the search for the run of a refutation, ``effort`` its queries.

    ``known`` are conditions that are inductive together (``houdini.inductive`` finds some): Spacer need not find them
    again, which is the difference between seconds and never for models with many counters. They become part of the
    invariant and are checked with it.

    Raises ``ModelError`` when there is no initial state and ``CertificateError`` if Spacer's invariant is none.
    """
    verdict = Verdict(outcome=Outcome.UNKNOWN, method=METHOD, scope=scope(system))
    try:
        require_start(system, effort=effort)
        answer = ask(horn(system, prop, known), seconds=seconds, memory=memory)
        if answer.safe is None:
            return evolve(verdict, reason=answer.text)
        if not answer.safe:
            return _refuted(system, prop, verdict, depth, effort)
        found = read(answer.text, _names(system))
        invariant = all_of([found, *known])
        try:
            if known:
                invariant = all_of(small(system, prop.condition, conjuncts(invariant), effort=effort))
            recheck(system, invariant, prop, effort=effort)
        except CertificateError as failure:
            raise CertificateError(f"Spacer's invariant {to_text(found)} does not hold, {failure}") from failure
        proved = evolve(verdict, outcome=Outcome.HOLDS, evidence=f"invariant: {to_text(invariant)}")
        return premised(system, prop, proved, invariant=invariant, effort=effort)
    except Untranslatable as untranslatable:
        if known:
            # What it need not find again it may put in terms of a step back; left to itself it has to say it all.
            return check(system, prop, seconds=seconds, memory=memory, depth=depth, effort=effort)
        return evolve(verdict, reason=f"Spacer found an invariant that cannot be checked again: {untranslatable}")
    except (Undecided, KeyboardInterrupt) as stop:
        return evolve(verdict, reason=why_stopped(stop))


def _refuted(system: TransitionSystem, prop: Always, verdict: Verdict, depth: int, effort: int | None) -> Verdict:
    """A refutation with its shortest run, or ``unknown`` if bounded search does not find one."""
    for _, run in zip(range(depth + 1), runs(system, negate(prop.condition), effort=effort), strict=False):
        if run is not None:
            return violated(system, prop, run, METHOD)
    return evolve(verdict, reason=f"Spacer says violated, but no run of up to {depth} steps shows it")


# -- the question --------------------------------------------------------------------------------------------------


def _names(system: TransitionSystem) -> dict[str, Variable]:
    """The arguments of the relation, in order. Plain names need no quoting anywhere."""
    return {f"v{i}": v for i, v in enumerate((*system.variables, *system.parameters))}


def horn(system: TransitionSystem, prop: Always, known: Sequence[Condition] = ()) -> str:
    """The question as Horn clauses in SMT-LIB: satisfiable means that the property holds.

    One clause for the start, one for each action (and, as in induction, no declared range is taken for granted), one
    for the property. The relation is called ``Reachable``. What is ``known`` is added to every premise.
    """
    import z3

    solver = z3.SolverFor("HORN")
    for clause in _clauses(system, prop, known):
        solver.add(clause)
    return f"(set-logic HORN)\n{solver.sexpr()}"


def _clauses(system: TransitionSystem, prop: Always, known: Sequence[Condition]) -> Iterator[Any]:
    import z3

    arguments = _names(system)
    terms = {v.name: z3.Bool(name) if v.truth else z3.Int(name) for name, v in arguments.items()}
    sorts = [term.sort() for term in terms.values()]
    reachable = z3.Function("Reachable", *sorts, z3.BoolSort())
    everything = list(terms.values())
    here = reachable(*everything)

    def condition(what: Condition) -> Any:
        return as_condition(translate(what, terms))

    given = condition(all_of([system.assume, *ranges(system.parameters)]))
    lemmas = condition(all_of(known))
    if system.starts is None:
        yield z3.ForAll(everything, z3.Implies(z3.And(given, condition(system.initial_condition)), here))
    else:
        for start in system.starts:
            at = all_of(v.equals(x) for v, x in zip(system.variables, start, strict=True))
            yield z3.ForAll(everything, z3.Implies(z3.And(given, condition(at)), here))
    for action in system.actions:
        after = []
        for v in (*system.variables, *system.parameters):
            update = translate(action.updates[v.name], terms) if v.name in action.updates else terms[v.name]
            after.append(as_condition(update) if v.truth else as_number(update))
        step = z3.Implies(z3.And(here, lemmas, condition(action.guard)), reachable(*after))
        yield z3.ForAll(everything, step)
    yield z3.ForAll(everything, z3.Implies(z3.And(here, lemmas, condition(negate(prop.condition))), z3.BoolVal(False)))


def ask(text: str, *, seconds: float = SECONDS, memory: int = MEMORY) -> Answer:
    """Put Horn clauses to Spacer in a process of its own."""
    command = [sys.executable, "-m", "kverify.engines.spacer_worker", str(seconds), str(memory)]
    # CPU time is limited inside; the clock only guards against a process that does not even use CPU.
    clock = 60 + 20 * seconds
    consult()
    remaining = left()
    if remaining is not None:
        clock = min(clock, remaining)
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=clock, check=False)
    except subprocess.TimeoutExpired:
        consult()
        return Answer(None, f"Spacer was stopped after {clock:g} seconds")
    except OSError as error:
        return Answer(None, f"Spacer could not be started: {error.strerror}")
    first, _, rest = done.stdout.partition("\n")
    if first == "safe":
        return Answer(True, rest)
    if first == "unsafe":
        return Answer(False)
    if first == "unknown":
        return Answer(None, f"{GAVE_UP}: {rest.strip()}")
    if done.returncode < 0:
        return Answer(None, f"Spacer was stopped after {seconds:g} CPU seconds")
    return Answer(None, f"Spacer ended without an answer: {done.stderr.strip().splitlines()[-1:] or done.returncode}")
