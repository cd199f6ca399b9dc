"""Everything that can be wrong with specifications, found before anything runs, all of it at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from attrs import define, evolve, field, frozen

from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.span import Span
from kverify.spec.language import syntax
from kverify.spec.language.events import EVENTS
from kverify.spec.language.functions import Stage, functions
from kverify.spec.language.library import Library, is_standard
from kverify.spec.language.problems import DOUBLE, STRUCTURE, TYPE, UNKNOWN_NAME, meant, problem
from kverify.spec.language.syntax import Clause, Declaration, Define, Expr, Parameter
from kverify.spec.language.types import ANY, CONDITION, DURATION, GROUPS, NUMBER, TEXT, comparable, kinds, type_named
from kverify.spec.language.typing import Scope, Typed, Typing

_ALLOWED: dict[str, tuple[type, ...]] = {
    "property": (syntax.Doc, syntax.Meta, syntax.Example, syntax.Under, syntax.Quantifier, syntax.Formula),
    "policy": (syntax.Doc, syntax.Meta, syntax.Example, syntax.Under, syntax.Quantifier, syntax.Requirement),
    "scenario": (syntax.Doc, syntax.Meta, syntax.Starts, syntax.AtMost, syntax.Before),
    "finding": (syntax.Doc, syntax.Meta, syntax.Example),
    "parameter": (syntax.Doc,),
    "define": (syntax.Doc,),
    "import": (),
}
_WORDS: dict[type, str] = {
    syntax.Doc: "a title", syntax.Example: "an example", syntax.Under: "under", syntax.Quantifier: "for",
    syntax.Formula: "a formula", syntax.Requirement: "require or forbid", syntax.Starts: "starts with",
    syntax.AtMost: "at most", syntax.Before: "before",
}  # fmt: skip
_PARTS = {
    "Container": "containers are parts of pods: for p in Pod ... forall c in containers(p): ...",
    "Containers": "containers are parts of pods: for p in Pod ... forall c in containers(p): ...",
}
_RESERVED = re.compile(r"KV[0-9]+")


@frozen
class Checked:
    """A library whose names and types are right. ``stages`` says of every check what it asks."""

    library: Library
    stages: Mapping[str, Stage] = field(factory=dict)


def check(library: Library) -> tuple[Checked, tuple[Diagnostic, ...]]:
    """All problems of ``library``; where there are none it can be used."""
    checker = _Checker(library)
    checker.run()
    problems = tuple(sorted(checker.typing.problems, key=lambda p: p.span))
    return Checked(library, checker.stages), problems


@define
class _Checker:
    library: Library
    typing: Typing = field(factory=Typing)
    stages: dict[str, Stage] = field(factory=dict)
    base: Scope = field(factory=Scope)

    def wrong(self, id: str, message: str, span: Span, mend: str = "") -> None:
        self.typing.problems.append(problem(id, message, span, mend))

    def run(self) -> None:
        everything = [(file, declaration) for file in self.library.files for declaration in file.declarations]
        # Parameters and definitions can be used above where they stand; a definition only uses earlier ones.
        for _, declaration in everything:
            if isinstance(declaration, Parameter):
                self.parameter(declaration)
        for _, declaration in everything:
            if isinstance(declaration, Define):
                self.definition(declaration)
        for file, declaration in everything:
            self.clauses(declaration)
            match declaration:
                case Declaration(kind="scenario"):
                    self.scenario(declaration)
                case Declaration():
                    self.check(declaration, standard=is_standard(file.name))

    # -- structure -----------------------------------------------------------------------------------------------

    def clauses(self, declaration: syntax.AnyDeclaration) -> None:
        """Which clauses may stand here, and how often."""
        kind = declaration.kind if isinstance(declaration, Declaration) else type(declaration).__name__.lower()
        seen: Counter[str] = Counter()
        for clause in declaration.clauses:
            if not isinstance(clause, _ALLOWED[kind]):
                allowed = ", ".join(dict.fromkeys(_word(c) for c in _ALLOWED[kind])) or "nothing"
                article = "an" if kind[0] in "aeiou" else "a"
                self.wrong(
                    STRUCTURE, f"{_words(clause)} cannot stand in {article} {kind}", clause.span, f"it has {allowed}"
                )
            key = clause.key if isinstance(clause, syntax.Meta) else type(clause).__name__
            seen[key] += 1
            single = isinstance(clause, syntax.Doc | syntax.Meta | syntax.Formula | syntax.Starts | syntax.Under)
            if single and seen[key] == 2 and key != "source":
                mend = "declare a second property" if isinstance(clause, syntax.Formula) else "keep one of them"
                self.wrong(DOUBLE, f"{_words(clause)} is given twice", clause.span, mend)

    def parameter(self, declaration: Parameter) -> None:
        typed = self.typing.of(declaration.value, Scope())
        if typed.stage > Stage.CONSTANT:
            self.wrong(TYPE, "the default of a parameter is a constant", declaration.value.span)
        self._fresh(declaration.name, declaration.span)
        self.base = self.base.extended(declaration.name, Typed(typed.type))

    def _fresh(self, name: str, span: Span) -> None:
        if name in kinds() or name in GROUPS:
            self.wrong(DOUBLE, f"{name} is the name of a kind", span, "take another name")

    def definition(self, declaration: Define) -> None:
        scope = self.base
        if declaration.name in functions():
            message = f"{declaration.name} is a function of the language"
            self.wrong(DOUBLE, message, declaration.span, "take another name")
        for argument in declaration.arguments:
            type = type_named(argument.type)
            if type is None:
                known = (*kinds(), *GROUPS, "number", "text", "condition", "duration")
                mend = meant(argument.type, known, "a kind, number, text, condition or duration")
                self.wrong(UNKNOWN_NAME, f"there is no type {argument.type}", argument.span, mend)
            stage = Stage.CONSTANT if type in (NUMBER, TEXT, CONDITION, DURATION) else Stage.MANIFEST
            scope = scope.extended(argument.name, Typed(type or ANY, stage), quantified=True)
        result = self.typing.of(declaration.body, scope)
        self.base = evolve(self.base, definitions={**self.base.definitions, declaration.name: (declaration, result)})

    def scenario(self, declaration: Declaration) -> None:
        for clause in declaration.clauses:
            references: tuple[syntax.Reference, ...] = ()
            match clause:
                case syntax.Starts(event=event):
                    references = (event,)
                case syntax.AtMost(event=event):
                    references = (event,)
                case syntax.Before(first=first, second=second):
                    references = (first, second)
            for reference in references:
                if reference.name not in EVENTS:
                    mend = meant(reference.name, EVENTS, f"there are {', '.join(EVENTS)}")
                    self.wrong(UNKNOWN_NAME, f"nothing that happens is called {reference.name}", reference.span, mend)

    # -- checks --------------------------------------------------------------------------------------------------

    def check(self, declaration: Declaration, *, standard: bool) -> None:
        """A property, a policy or a finding."""
        id = next((c for c in declaration.clauses if isinstance(c, syntax.Meta) and c.key == "id"), None)
        if id is not None and _RESERVED.fullmatch(id.value) and not standard:
            message = f"{id.value} looks like an id of kverify"
            self.wrong(STRUCTURE, message, id.span, "take a prefix of your own, as in ACME-12")
        for reference in declaration.scenarios:
            if reference.name not in self.library.scenarios:
                names = tuple(self.library.scenarios)
                mend = meant(reference.name, names, f"there are {', '.join(names)}")
                self.wrong(UNKNOWN_NAME, f"no scenario is called {reference.name}", reference.span, mend)
        self.typing.lenient = declaration.incomplete
        match declaration.kind:
            case "property":
                self.property(declaration)
            case "policy":
                self.policy(declaration)
            case "finding":
                for key in ("id", "severity"):
                    if not declaration.meta(key):
                        self.wrong(STRUCTURE, f"the finding has no {key}", declaration.span, f"add {key} ...")

    def quantifiers(self, declaration: Declaration, most: Stage) -> tuple[Scope, Stage]:
        """The scope behind the ``for`` clauses, and what their conditions ask."""
        scope, stage = self.base, Stage.CONSTANT
        for quantifier in declaration.quantifiers:
            kind = kinds().get(quantifier.kind) or GROUPS.get(quantifier.kind)
            if kind is None:
                mend = meant(quantifier.kind, (*kinds(), *GROUPS), _PARTS.get(quantifier.kind, ""))
                self.wrong(UNKNOWN_NAME, f"there is no kind {quantifier.kind}", quantifier.kind_span, mend)
            self._fresh(quantifier.variable, quantifier.span)
            scope = scope.extended(quantifier.variable, Typed(kind or ANY, Stage.MANIFEST), quantified=True)
            if quantifier.where is not None:
                where = self.typing.condition(quantifier.where, scope, "what stands behind where")
                stage = max(stage, where.stage)
                if where.stage > most:
                    message = "where chooses objects before anything runs, and this changes during a run"
                    mend = "say it in the formula: P implies Q"
                    self.wrong(TYPE, message, _deepest(quantifier.where, most), mend)
        return scope, stage

    def property(self, declaration: Declaration) -> None:
        scope, _ = self.quantifiers(declaration, Stage.MANIFEST)
        if not declaration.formulas and not declaration.incomplete:
            mend = "add one: always P, eventually always P, P leads to Q, ..."
            self.wrong(STRUCTURE, "the property has no formula", declaration.span, mend)
        stage = Stage.MANIFEST
        for formula in declaration.formulas:
            for condition in formula.conditions:
                stage = max(stage, self.formula_part(condition, scope))
        self.stages[declaration.name] = stage

    def formula_part(self, condition: Expr, scope: Scope) -> Stage:
        found = self.typing.condition(condition, scope, "what a formula says")
        for part in walk(condition):
            if isinstance(part, syntax.Call) and part.function == "node":
                message = "node stands in policies; in a formula pods are counted"
                self.wrong(TYPE, message, part.span, "write on(d, n) with forall n in Node: ...")
        return found.stage

    def policy(self, declaration: Declaration) -> None:
        scope, stage = self.quantifiers(declaration, Stage.BINDING)
        if not declaration.quantifiers and not declaration.incomplete:
            self.wrong(STRUCTURE, "the policy says of no objects", declaration.span, "add for p in Pod, say")
        if not declaration.requirements and not declaration.incomplete:
            self.wrong(STRUCTURE, "the policy asks for nothing", declaration.span, "add require ... or forbid ...")
        for requirement in declaration.requirements:
            found = self.typing.condition(requirement.condition, scope, "what a policy asks")
            stage = max(stage, found.stage)
        if stage < Stage.STATE and declaration.scenarios:
            message = "this policy asks nothing that changes during a run"
            self.wrong(STRUCTURE, message, declaration.scenarios[0].span, "remove under ...")
        self.stages[declaration.name] = stage


def walk(expr: Expr) -> tuple[Expr, ...]:
    """``expr`` and all its parts."""
    return (expr, *(part for child in syntax.children(expr) for part in walk(child)))


def _deepest(expr: Expr, most: Stage) -> Span:
    """The call that asks more than it may; the whole expression when that is not one call."""
    for part in walk(expr):
        known = functions().get(part.function) if isinstance(part, syntax.Call) else None
        if known is not None and known.stage > most:
            return part.span
    return expr.span


def _words(clause: Clause) -> str:
    return clause.key if isinstance(clause, syntax.Meta) else _WORDS[type(clause)]


def _word(cls: type) -> str:
    return "metadata (id, severity, ...)" if cls is syntax.Meta else _WORDS[cls]


def setting(library: Library, name: str, value: Expr) -> str:
    """What is wrong with setting a parameter to ``value``, empty when nothing is."""
    declared = library.parameters.get(name)
    if declared is None:
        return f"no parameter is called {name}; " + meant(name, tuple(library.parameters), "there are none")
    typing = Typing()
    wanted, given = typing.of(declared.value, Scope()).type, typing.of(value, Scope())
    if typing.problems:
        return typing.problems[0].message
    return "" if comparable(wanted, given.type) else f"{name} is {wanted}, and this is {given.type}"
