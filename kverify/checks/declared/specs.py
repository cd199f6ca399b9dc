"""The specifications of a run: declarations that were checked, parameters with their values, and what they choose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from kverify.checks.finding import Cause, Proof
from kverify.checks.given.context import Context
from kverify.cluster.objects import describe
from kverify.engines.verdict import Verdict, not_asked
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.manifest.nodes import format_path
from kverify.spec.facts import BundleFacts
from kverify.spec.language.checker import Checked, check, setting
from kverify.spec.language.evaluate import Environment, condition, value_of
from kverify.spec.language.library import read_files
from kverify.spec.language.parser import parse_expression
from kverify.spec.language.syntax import Declaration, Expr, Quantifier
from kverify.spec.language.values import Item


@frozen(eq=False, kw_only=True)
class Specs:
    """What is asked beside the built-in checks. ``values`` overrule the defaults of parameters."""

    checked: Checked
    values: Mapping[str, Expr] = field(factory=dict)

    def environment(self, ctx: Context) -> Environment:
        """What the names of every expression mean in this run."""
        facts = ctx.memo("facts", lambda: BundleFacts(ctx.admission))
        library = self.checked.library
        env = Environment(facts=facts, definitions=library.definitions)
        values: dict[str, Any] = {}
        for name, parameter in library.parameters.items():
            values[name] = value_of(self.values.get(name, parameter.value), env)
        return evolve(env, variables=values)


class NoSuchParameter(ValueError):
    """A parameter that no specification has, or that cannot have the value. The message is one sentence."""


def read_specs(paths: Sequence[str], given: Mapping[str, str]) -> tuple[Specs | None, tuple[Diagnostic, ...]]:
    """The specifications in these files, or all that is wrong with them; None without any. ``given`` are values of
    parameters as texts.

    Raises ``NoSuchParameter``.
    """
    if not paths:
        return None, ()
    library, problems = read_files(paths)
    checked, more = check(library)
    if problems or more:
        return None, (*problems, *more)
    values = {}
    for name, text in given.items():
        value, wrong = parse_expression(text)
        reason = f"{text!r} is not a value: {wrong[0].message}" if value is None else setting(library, name, value)
        if reason or value is None:
            raise NoSuchParameter(f"parameter {name}: {reason}")
        values[name] = value
    return Specs(checked=checked, values=values), ()


def instances(quantifiers: Sequence[Quantifier], env: Environment) -> Iterator[Environment]:
    """Every choice of objects for the variables of ``for`` clauses. Where a clause asks for ``node``, it is decided
    later, because there may be several."""
    if not quantifiers:
        yield env
        return
    first, *rest = quantifiers
    for item in env.facts.objects(first.kind):
        inner = env.bind(first.variable, item)
        if first.where is None or condition(first.where, inner) is True:
            yield from instances(rest, inner)


def chosen(declaration: Declaration, env: Environment) -> tuple[Item, ...]:
    """The objects that the variables of a declaration stand for."""
    return tuple(env.variables[q.variable] for q in declaration.quantifiers)


def severity(declaration: Declaration, otherwise: Severity = Severity.ERROR) -> Severity:
    """The severity that is declared."""
    written = declaration.meta("severity")
    return Severity[written.upper()] if written else otherwise


def why(declaration: Declaration) -> str:
    """The rule behind a check, with its source."""
    rule, sources = declaration.meta("rule"), declaration.meta("source")
    return f"{rule.rstrip('.')} ({sources})." if rule and sources else rule or sources


def title(declaration: Declaration) -> str:
    """What it says, in one sentence without a full stop."""
    return (declaration.title or declaration.name.replace("-", " ")).rstrip(".")


def proof(declaration: Declaration, of: str, message: str, verdict: Verdict) -> Proof:
    """What was decided of a declaration other than that it is violated."""
    return Proof(
        id=declaration.meta("id") or declaration.name,
        object=of,
        property=declaration.name,
        message=message,
        verdict=verdict,
    )


def vacuous(declaration: Declaration) -> Proof:
    """That there is nothing to ask."""
    kinds = " and ".join(q.kind for q in declaration.quantifiers)
    reason = f"no {kinds} of the manifests is one that it speaks of"
    return proof(declaration, f"every {kinds}", title(declaration), not_asked(reason))


def place(item: Item) -> Cause:
    """Where a value is written. Of a field that is absent, or there only by default, the nearest that is written."""
    source, path = item.root.source, item.path
    if path[-2:] in (("metadata", "name"), ("metadata", "namespace")):
        path = path[-2:]  # A template has neither: its pods have those of the object that makes them.
    if item.value is None:
        return Cause(source.key_span(path), format_path(path), "not set")
    if source.document is not None and source.document.node(path) is None:
        shown = f"{item.value} by default" if isinstance(item.value, bool | int | str) else "not set"
        return Cause(source.key_span(path), format_path(path), shown)
    return Cause(source.span(path), format_path(path))


def names(items: Sequence[Item]) -> str:
    """The objects of an instance: the one, or all of them."""
    return ", ".join(dict.fromkeys(describe(item.root) for item in items))


def lowered(text: str) -> str:
    """A sentence in the middle of another: without its capital, unless the word is written in capitals."""
    word = text.split(" ", 1)[0]
    return text if any(c.isupper() for c in word[1:]) else text[:1].lower() + text[1:]
