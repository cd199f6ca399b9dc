"""Temporal properties of the user, and policies over reachable states: decided by the same engines as everything else.

Each property is asked for every choice of objects that its ``for`` clauses make, under every scenario it names (without
``under``: a rollout, a drain, and the loss of a node). What the model does not know is *unknown*, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from attrs import evolve, frozen

from kverify.api.registry import AnyObject
from kverify.api.types.policy import PodDisruptionBudget
from kverify.api.types.service import Service
from kverify.checks.deciding import decide, theorems
from kverify.checks.deciding.case import Case
from kverify.checks.deciding.scenes import ANYWHERE, TooManyPlacements
from kverify.checks.deciding.stuck import explain, opening
from kverify.checks.declared.scenarios import cases
from kverify.checks.declared.specs import Specs, chosen, instances, lowered, names, place, proof, severity, title, why
from kverify.checks.finding import Answer, Cause, Certainty, Finding, Proof, Repair
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.cluster.objects import endpoint_labels, key_of, namespace_of
from kverify.engines.starts import initial_states
from kverify.engines.symmetry import respected
from kverify.engines.verdict import Outcome, Trace, Verdict, not_asked
from kverify.model.expr import Expr as ModelExpr
from kverify.model.expr import evaluate
from kverify.model.system import TransitionSystem
from kverify.model.workload import Recreate
from kverify.spec.compile import Script, question
from kverify.spec.language import syntax
from kverify.spec.language.blame import fields
from kverify.spec.language.checker import walk
from kverify.spec.language.evaluate import Environment, condition, value_of
from kverify.spec.language.formatter import format_expr
from kverify.spec.language.functions import Stage
from kverify.spec.language.syntax import Declaration, Formula, Shape
from kverify.spec.language.values import Item, NotModelled, plain
from kverify.spec.property import Always, Eventually, EventuallyAlways, Property, Until
from kverify.spec.state import WorldState
from kverify.words import count, listing, sentences

DEFAULT_SCENARIOS = ("rollout", "drain", "node-loss")
ALREADY = "the goal holds at every start already"
"""What a proof of ``eventually`` or ``until`` says where nothing has to happen for it."""


def asked(ctx: Context, specs: Specs, declaration: Declaration) -> Sequence[Asked]:
    """Every choice of objects with every scenario."""
    env = specs.environment(ctx)
    scenarios = specs.checked.library.scenarios
    named = [s.name for s in declaration.scenarios] or ctx.options.scenarios or DEFAULT_SCENARIOS
    scripts = [Script.of(scenarios[name]) for name in named if ctx.options.under(name)]
    found: list[Asked] = []
    for instance in instances(declaration.quantifiers, env):
        items = chosen(declaration, instance)
        if not items or any(ctx.speaks_of(item.root) for item in items):
            found += [Asked(ctx, specs, declaration, script, instance) for script in scripts]
    return found


def formulas(declaration: Declaration) -> tuple[Formula, ...]:
    """What has to be decided: the formula of a property; of a policy, that every requirement always holds."""
    if declaration.kind == "property":
        return declaration.formulas
    return tuple(
        Formula(Shape.NEVER if r.forbidden else Shape.ALWAYS, (r.condition,), span=r.span)
        for r in declaration.requirements
    )


def decided(ctx: Context, case: Case, prop: Property) -> Verdict:
    """The answer of the engines for one case.

    Raises ``NotModelled`` for a question that tells nodes apart which are alike: a scene starts from one of several
    placements that differ in such nodes only, and that one may be the wrong one for the question.
    """
    if case.lemmas:
        if not isinstance(prop, Always):
            raise NotModelled("while nodes are maintained one after another only always and never are decided")
        return decide.inductive(case.system, evolve(prop, lemmas=(*prop.lemmas, *case.lemmas)), ctx.options)
    chosen_placements = any(s.live is None for s in case.scene.subjects)
    if chosen_placements and respected(case.system, prop) != case.system.symmetry:
        raise NotModelled("it tells nodes apart that are alike; say it of every node: forall n in Node: ...")
    theorem = _theorem(case, prop) if ctx.options.engine in ("", "ranking") else None
    return decide.answer(case.system, prop, ctx.options, certain=True) if theorem is None else theorem


def _theorem(case: Case, prop: Property) -> Verdict | None:
    """That a rollout completes, where nodes need not be told apart, is proved once for every size."""
    world = case.scene.world
    if not isinstance(prop, EventuallyAlways) or world.places != (ANYWHERE,) or len(world.workloads) != 1:
        return None
    (workload,) = world.workloads
    strategy, target = workload.strategy, workload.target
    undisturbed = not any(action.environment for action in case.system.actions)
    if strategy is None or target != 1 or not undisturbed or not all(r.ready for r in workload.revisions):
        return None
    if prop.goal is not world.complete(workload):
        return None
    found = theorems.completion_theorem(isinstance(strategy, Recreate), workload.min_ready)
    return found if found.outcome is Outcome.HOLDS else None


def _met(system: TransitionSystem, prop: Property) -> bool:
    """``prop`` asks for a goal once, and every run begins with it."""
    if not isinstance(prop, Eventually | Until):
        return False
    return all(evaluate(prop.goal, system.view(start)) for start in initial_states(system))


def premise_of(formula: Formula) -> syntax.Expr | None:
    """What has to be true somewhere for the formula to say anything."""
    if not formula.conditions:
        return None
    first = formula.conditions[0]
    if formula.shape in (Shape.LEADS_TO, Shape.ONCE):
        return first
    if formula.shape is Shape.ALWAYS and isinstance(first, syntax.Binary) and first.operator == "implies":
        return first.left
    return None


def premised(prop: Property, formula: Formula, env: Environment) -> Property:
    """``always P implies Q`` with its premise, so that it is vacuous where P is never true."""
    premise = premise_of(formula)
    if isinstance(prop, Always) and premise is not None:
        return evolve(prop, premise=condition(premise, env))
    return prop


@frozen(eq=False)
class Asked:
    """One property, for one choice of objects, under one scenario."""

    ctx: Context
    specs: Specs
    declaration: Declaration
    script: Script
    env: Environment

    @property
    def items(self) -> tuple[Item, ...]:
        return chosen(self.declaration, self.env)

    @property
    def object(self) -> str:
        return names(self.items) or "the cluster"

    @property
    def message(self) -> str:
        return f"{title(self.declaration)} ({self.script.name})"

    @property
    def title(self) -> str:
        """The objects and the scenario."""
        return f"{self.object} ({self.script.name})"

    def answers(self) -> Iterator[Answer]:
        """One answer for each formula."""
        for formula in formulas(self.declaration):
            yield self._answer(formula)

    def _proof(self, verdict: Verdict) -> Proof:
        return proof(self.declaration, self.object, self.message, verdict)

    def _answer(self, formula: Formula) -> Answer:
        subjects = self._subjects()
        placeable = [s for s in subjects if self._can_be_asked(s)]
        if subjects and not placeable:
            reason = self.ctx.rooms.obstacle(subjects[0])
            return self._proof(not_asked(reason))
        if self.ctx.open and any(
            isinstance(part, syntax.Name) and part.name == "Node" for c in formula.conditions for part in walk(c)
        ):
            reason = "it asks of nodes, and no nodes were given"
            return self._proof(not_asked(reason, Outcome.UNKNOWN))
        placed = self.specs.checked.stages[self.declaration.name] is Stage.PLACED
        answers: list[tuple[Case, Environment, Verdict]] = []
        try:
            for first in self._cases(placeable, placed=placed):
                case, env, state, verdict = self._decided(first, formula)
                if verdict.outcome is Outcome.VACUOUS and (premise := premise_of(formula)) is not None:
                    verdict = evolve(verdict, reason=f"{format_expr(premise)} is never true")
                stay = (f"{listing(sorted(state.used))} stay as they are",) if state.used else ()
                counts = tuple(f"{s.title} has {s.replicas} of {s.range}" for s in placeable if s.scaled)
                assumptions = (*case.assumptions, *stay, *counts, *verdict.assumptions)
                answers.append((case, env, evolve(verdict, scope=case.scope, assumptions=assumptions)))
        except NotModelled as error:
            where = f" ({error.span})" if error.span is not None else ""
            return self._proof(not_asked(f"{error}{where}", Outcome.UNKNOWN))
        except TooManyPlacements as error:
            return self._proof(Verdict(outcome=Outcome.UNKNOWN, method="exhaustive search", reason=str(error)))
        if not answers:
            reason = f"nothing of it can happen under {self.script.name}"
            return self._proof(not_asked(reason))
        kept = [answer for answer in answers if answer[2].outcome is not Outcome.VACUOUS]
        # What is met in one case is not vacuous because it is not met in another.
        case, env, worst = max(kept or answers, key=lambda answer: (answer[2].outcome, answer[2].certain))
        if worst.outcome is Outcome.VIOLATED:
            return self._finding(formula, case, env, worst)
        scopes = dict.fromkeys(verdict.scope for _, _, verdict in answers)
        states = sum(verdict.states for _, _, verdict in answers)
        if worst.outcome is Outcome.HOLDS and all(_met(c.system, self._question(formula, e)) for c, e, _ in answers):
            # With the method it is shown for each proof, also where several are told together.
            worst = evolve(worst, method=f"{worst.method}; {ALREADY}")
        return self._proof(evolve(worst, scope="; ".join(scopes), states=states))

    def _decided(self, case: Case, formula: Formula) -> tuple[Case, Environment, WorldState, Verdict]:
        """The answer for one case, and the case that gave it."""

        def ask(one: Case) -> tuple[Case, Environment, WorldState, Verdict]:
            env, state = self._seen(one)
            return one, env, state, decided(self.ctx, one, self._question(formula, env))

        found = ask(case)
        if not case.lemmas or found[3].outcome is not Outcome.UNKNOWN:
            return found
        for other in case.otherwise:
            told = ask(other)
            if told[3].outcome is Outcome.VIOLATED:
                return told
        reason = "it is not proved for any nodes, and no two nodes break it"
        return (*found[:3], evolve(found[3], reason=reason))

    def _question(self, formula: Formula, env: Environment) -> Property:
        return premised(question(title(self.declaration), formula, env), formula, env)

    def questions(self, case: Case) -> Iterator[tuple[Property, Callable[[Trace], str]]]:
        """What every formula asks of the world of a case, and how the end of a run that breaks it is told.

        Raises ``NotModelled``.
        """
        env, _ = self._seen(case)
        for formula in formulas(self.declaration):
            yield self._question(formula, env), partial(self._outcome, formula, case, env)

    def within(self, case: Case) -> bool:
        """The case has every workload that this is about, and there is one."""
        subjects = self._subjects()
        return bool(subjects) and all(any(s is other for other in case.scene.subjects) for s in subjects)

    def _cases(self, subjects: Sequence[Subject], *, placed: bool) -> tuple[Case, ...]:
        key = ("cases", self.script.name, tuple(s.title for s in subjects), placed)
        return self.ctx.memo(key, lambda: tuple(cases(self.ctx, self.script, subjects, placed=placed)))

    def _can_be_asked(self, subject: Subject) -> bool:
        """What is created need not find a node; all else begins with pods that run."""
        if self.script.starts == "create":
            return subject in self.ctx.checked and not self.ctx.unadmitted(subject) and subject.replicas > 0
        return subject in self.ctx.rooms.placeable

    def _subjects(self) -> list[Subject]:
        """The workloads that the chosen objects are, make pods for, or select; all of them when they are neither."""
        found: dict[str, Subject] = {}
        for item in self.items:
            for subject in _concerned(self.ctx, item):
                found[subject.title] = subject
        return list(found.values()) or [s for s in self.ctx.checked if s.replicas]

    def _seen(self, case: Case) -> tuple[Environment, WorldState]:
        """The environment in which functions of the state are those of a case's world."""
        inside = {key_of(s.object): case.scene.workload(s) for s in case.scene.subjects}
        settled = {key_of(s.object): s.replicas for s in self.ctx.rooms.placeable if key_of(s.object) not in inside}
        state = WorldState(
            world=case.scene.world,
            workloads=inside,
            settled=settled,
            drains="cordon" not in (self.script.starts, *self.script.at_most),
            behind=lambda service: _behind(self.ctx, service),
            autoscaled={key_of(s.object): case.autoscaled[s.title] for s in case.scene.subjects if case.autoscaled},
        )
        return evolve(self.env, state=state), state

    # -- findings ------------------------------------------------------------------------------------------------

    def _finding(self, formula: Formula, case: Case, env: Environment, verdict: Verdict) -> Finding:
        trace = verdict.trace
        declaration = self.declaration
        found = dict.fromkeys(
            place(item)
            for whole in formula.conditions
            for item in fields(whole, env)
            if item.path and item.root.source.document is not None
        )
        verb = "breaks" if verdict.certain else "may break"
        fix = declaration.meta("fix")
        return Finding(
            id=declaration.meta("id") or declaration.name,
            severity=severity(declaration),
            object=self.object,
            message=f"it {verb} {declaration.name} under {self.script.name}"
            + (f": {lowered(title(declaration))}" if declaration.title else ""),
            property=declaration.name,
            scenario=self.script.name,
            causes=(*found, Cause(formula.span, declaration.name, f"the {declaration.kind}")),
            certainty=Certainty.CERTAIN if verdict.certain else Certainty.POSSIBLE,
            opening=sentences(opening(case.scene, trace), case.begins) if trace is not None else sentences(case.begins),
            steps=tuple(trace.sentences()) if trace is not None else (),
            outcome=self._outcome(formula, case, env, trace),
            why=why(declaration) or declaration.meta("explanation"),
            repairs=(Repair(text=fix),) if fix else (),
            verdict=verdict,
        )

    def _outcome(self, formula: Formula, case: Case, env: Environment, trace: Trace | None) -> str:
        if trace is None:
            return "No run ever comes to a state like that."
        safety = formula.shape in (Shape.ALWAYS, Shape.NEVER, Shape.ONCE)
        parts = [f"now {listing(tuple(_worth(formula, env, trace)))}"] if formula.conditions else []
        if trace.loop is not None and trace.loop < len(trace.steps):
            parts.append(f"the last {count(len(trace.steps) - trace.loop, 'step')} repeat for ever")
        elif not safety:
            parts += [*explain(case.scene, trace).sentences, "nothing moves any more"]
        return sentences(*parts)


def _worth(formula: Formula, env: Environment, trace: Trace) -> Iterator[str]:
    """What the parts of a formula are worth in the last state of a trace: ``available(d) is 2``."""
    view = trace.system.view(trace.final)
    told: set[str] = set()
    for whole in formula.conditions:
        for part in walk(whole):
            if not isinstance(part, syntax.Call | syntax.Select) or not _free(part) <= set(env.variables):
                continue
            try:
                value = plain(value_of(part, env))
            except NotModelled:  # It was not needed for the answer either.
                continue
            if isinstance(value, ModelExpr):
                value = evaluate(value, view)
            text = format_expr(part)
            if isinstance(value, bool | int) and text not in told:
                told.add(text)
                yield f"{text} is {str(value).lower()}"
    if not told:
        yield "the condition is false"


def _free(expr: syntax.Expr) -> set[str]:
    return {part.name for part in walk(expr) if isinstance(part, syntax.Name)}


def _concerned(ctx: Context, item: Item) -> tuple[Subject, ...]:
    root = item.root
    if isinstance(root, Service):
        return ctx.guards.behind(root)
    if isinstance(root, PodDisruptionBudget):
        return tuple(s for s in ctx.subjects if any(b is root for b in ctx.guards.budgets(s)))
    return tuple(s for s in ctx.subjects if key_of(s.object) == key_of(root))


def _behind(ctx: Context, service: Service) -> list[AnyObject]:
    """What makes the pods that a Service selects, also of kinds that are not modelled."""
    foreign = ctx.bundle.foreign_matching(namespace_of(service), endpoint_labels(service))
    return [*(s.object for s in ctx.guards.behind(service)), *foreign]
