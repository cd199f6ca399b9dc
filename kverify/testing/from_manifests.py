"""Situations from manifests: the systems that the checks explore, to be walked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from attrs import evolve, frozen

from kverify.api.versions import DEFAULT_VERSION
from kverify.checks.builtin import drain, node_loss, rollout
from kverify.checks.deciding.case import Case
from kverify.checks.deciding.disturbance import Disturbed, disturb
from kverify.checks.deciding.stuck import explain
from kverify.checks.declared import properties as declared
from kverify.checks.declared.scenarios import cases
from kverify.checks.declared.specs import Specs, instances
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.checks.names import DRAIN_ENDS, NODE_LOSS_SURVIVED, ROLLOUT_COMPLETES
from kverify.checks.options import Options, UnknownProperty
from kverify.cluster.bundle import Bundle
from kverify.engines.verdict import Trace
from kverify.manifest.diagnostics import Severity
from kverify.model.world import NodeStatus
from kverify.report.evidence import Inputs
from kverify.spec.compile import Script
from kverify.spec.language.checker import Checked
from kverify.spec.language.formatter import format_clause
from kverify.spec.language.syntax import Declaration
from kverify.spec.property import Property
from kverify.spec.python import Asked, Scenario, specification
from kverify.testing.verified import Paths, paths_of
from kverify.testing.violation import Situation, Watched
from kverify.words import listing, sentences

_GOALS = {
    "rollout": ("KV4001", ROLLOUT_COMPLETES),
    "drain": ("KV4003", DRAIN_ENDS),
    "node-loss": ("KV4004", NODE_LOSS_SURVIVED),
}
"""What is asked of a scenario by itself."""

_NODES = {
    "drain": (NodeStatus.CORDONED, "is cordoned and its drain begins", drain),
    "node-loss": (NodeStatus.SILENT, "has just stopped answering", node_loss),
}


def situations(
    wanted: Bundle | Paths,
    object: str = "",
    properties: Sequence[str | Asked] = (),
    *,
    scenario: str | Scenario = "rollout",
    scenarios: Sequence[Scenario] = (),
    cluster: Paths = (),
    previous: Paths = (),
    placed: bool = False,
    kubernetes_version: str = DEFAULT_VERSION,
) -> tuple[Situation, ...]:
    """What happens to one workload of ``wanted`` (a bundle, or paths of manifests) under one scenario.

    ``object`` is the workload (``web``, ``shop/web``, ``Deployment shop/web``); it may be left out where there is one.
    ``properties`` are names of built-in ones and objects of ``kverify.spec.python``; without any, what the scenario is
    for: the rollout completes, the drain ends, every replica comes back. There is one situation for each kind of node
    where a node is disturbed. ``placed`` tells all nodes apart, also where that makes no difference to the checks.
    Paths are as for ``kverify.check``.

    Raises ``ValueError`` for input that cannot be used, for a workload or property that is not there, and where there
    is nothing to walk; ``SpecError``, ``NotModelled`` and ``TooManyPlacements`` as the checks do.
    """
    inputs = None
    if isinstance(wanted, Bundle):
        bundle = wanted
    else:
        manifests, live, before = ([str(path) for path in paths_of(part)] for part in (wanted, cluster, previous))
        bundle, diagnostics = Bundle.read(manifests, live, before, kubernetes_version)
        errors = [d for d in diagnostics if d.severity is Severity.ERROR]
        if errors:
            raise ValueError("\n".join(f"{d.span}: {d.message} [{d.id}]" for d in errors))
        inputs = Inputs(
            manifests=tuple(manifests),
            cluster=tuple(live),
            previous=tuple(before),
            kubernetes_version=kubernetes_version,
        )
    own = [one for one in properties if isinstance(one, Asked)]
    known = [*scenarios, *([scenario] if isinstance(scenario, Scenario) else [])]
    name = scenario.name if isinstance(scenario, Scenario) else scenario
    checked = specification(own, known, name)
    if name not in checked.library.scenarios:
        raise ValueError(f"no scenario is called {name}; there are {', '.join(sorted(checked.library.scenarios))}")
    ctx = Context(bundle, Options(kubernetes_version=kubernetes_version))
    asked = _Asked(
        ctx=ctx,
        subject=_subject(ctx, object),
        script=Script.of(checked.library.scenarios[name]),
        names=tuple(one for one in properties if isinstance(one, str)),
        specs=Specs(checked=checked),
        placed=placed,
        inputs=inputs,
    )
    found = tuple(asked.situations())
    if not found:
        raise ValueError(f"nothing happens to {asked.subject.title} under {name}")
    return found


rollout_of = partial(situations, scenario="rollout")
"""``situations`` after the template of a workload has been changed: ``rollout_of("shop/", "shop/web")``."""

drain_of = partial(situations, scenario="drain")
"""``situations`` after a node with pods of a workload has been cordoned."""

node_loss_of = partial(situations, scenario="node-loss")
"""``situations`` after a node with pods of a workload has stopped answering."""


def _subject(ctx: Context, name: str) -> Subject:
    """The workload of the manifests that is meant; it can be walked."""
    found = [s for s in ctx.checked if not name or name in (s.title, f"{s.namespace}/{s.name}", s.name)]
    if len(found) != 1:
        there = listing([s.title for s in ctx.checked], most=20) or "none"
        problem = f"no workload is called {name}" if name and not found else "say which workload is meant"
        raise ValueError(f"{problem}; the manifests have {there}")
    (subject,) = found
    if subject not in ctx.rooms.placeable:
        raise ValueError(f"{subject.title}: {ctx.rooms.obstacle(subject)}")
    if not subject.replicas:
        raise ValueError(f"{subject.title} has no replicas")
    return subject


@frozen(eq=False, kw_only=True)
class _Asked:
    ctx: Context
    subject: Subject
    script: Script
    names: tuple[str, ...]
    specs: Specs
    placed: bool
    inputs: Inputs | None

    def situations(self) -> Iterator[Situation]:
        for case, goal in self._cases():
            yield Situation(
                system=case.system,
                properties=(*self._built_in(case, goal), *self._declared(case, self.specs, self._own)),
                object=self.subject.title,
                scene=case.scene,
                begins=case.begins,
                assumptions=case.assumptions,
                inputs=self.inputs,
            )

    def _cases(self) -> Iterator[tuple[Case, Watched | None]]:
        """What to walk, with what the scenario is for."""
        ctx, script = self.ctx, self.script
        if script.name in _NODES and not self.placed:
            # As the checks have it, so that ``kverify replay`` knows it again.
            status, verb, asked = _NODES[script.name]
            together = ctx.guards.shares_budget(self.subject) if asked is drain else (self.subject,)
            for disturbed in disturb(ctx, together, status):
                yield _as_case(disturbed, verb), self._goal(asked.question(ctx, disturbed), disturbed)
            return
        for case in cases(ctx, script, [self.subject], placed=self.placed):
            goal = None
            if script.name == "rollout":
                world, objects = case.scene.world, {"d": self.subject.object}
                by_key = standard.by_key(ctx, world)
                goal = self._goal(standard.question(ROLLOUT_COMPLETES, rollout.TITLE, ctx, world, objects, by_key))
            # A case with lemmas allows more than the cluster does; the others are the cluster's own.
            for one in case.otherwise if case.lemmas else (case,):
                yield one, goal

    def _goal(self, prop: Property, disturbed: Disturbed | None = None) -> Watched:
        id, name = _GOALS[self.script.name]
        if disturbed is None or self.script.name != "drain":
            return Watched(prop, id, name)

        def outcome(trace: Trace) -> str:
            reasons = drain.refusing(self.ctx.guards.budgets(self.subject), disturbed, trace)
            return sentences(*reasons, *explain(disturbed.scene, trace).sentences, "the drain retries for ever")

        return Watched(prop, id, name, outcome)

    def _built_in(self, case: Case, goal: Watched | None) -> Iterator[Watched]:
        """Those that are asked for by name; what the scenario is for where nothing is asked."""
        if goal is not None and (not (self.names or self._own) or goal.check in self.names):
            yield goal
        library = standard.library()
        others = [name for name in self.names if goal is None or name != goal.check]
        known = [name for name, d in library.checks.items() if declared.formulas(d)]
        unknown = [name for name in others if name not in known]
        if unknown:
            raise UnknownProperty(f"no property over runs is called {listing(unknown)}; there are {', '.join(known)}")
        yield from self._declared(case, Specs(checked=Checked(library)), [library.checks[name] for name in others])

    @property
    def _own(self) -> list[Declaration]:
        return list(self.specs.checked.library.checks.values())

    def _declared(self, case: Case, specs: Specs, declarations: Sequence[Declaration]) -> Iterator[Watched]:
        for declaration in declarations:
            id = declaration.meta("id") or declaration.name
            env = specs.environment(self.ctx)
            chosen = (
                declared.Asked(self.ctx, specs, declaration, self.script, instance)
                for instance in instances(declaration.quantifiers, env)
            )
            asked = [one for one in chosen if one.within(case)]
            if not asked:
                raise ValueError(f"{declaration.name} is not about {self.subject.title} alone")
            words = "; ".join(map(format_clause, declared.formulas(declaration)))
            for prop, outcome in (found for one in asked for found in one.questions(case)):
                told = prop if declaration.title else evolve(prop, name=words)
                yield Watched(told, id, declaration.name, outcome)


def _as_case(disturbed: Disturbed, verb: str) -> Case:
    return Case(
        scene=disturbed.scene,
        system=disturbed.system,
        begins=f"{disturbed.who} {verb}",
        scope=disturbed.scope,
        assumptions=disturbed.scene.assumptions,
    )
