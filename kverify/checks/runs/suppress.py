"""What was found and is not to be reported: suppressions by the configuration and by annotations of objects.

Nothing is lost: a suppressed finding stays in the report, with the reason. A suppression that has expired, or that
suppresses nothing, is told, so that none outlives what it was for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from kverify.api.registry import AnyObject
from kverify.checks.finding import Finding, Report, Suppressed
from kverify.checks.options import Options
from kverify.cluster.bundle import Bundle
from kverify.cluster.codes import ANNOTATION, EXPIRED, OUTDATED, UNUSED
from kverify.cluster.objects import Key, controller_of, key_of, keyed, owner_key, title
from kverify.cluster.suppressions import IGNORE, By, Suppression, annotated
from kverify.engines.verdict import Outcome
from kverify.manifest.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from kverify.checks.declared.specs import Specs
    from kverify.spec.language.syntax import Declaration

_OWN = (ANNOTATION, EXPIRED, UNUSED, OUTDATED)


def refusal(specs: Specs | None, *, suppress: bool) -> Callable[[str], str]:
    """Says of an id why its findings cannot be suppressed, or given another severity; empty where they can.

    What the API server refuses, and what cannot be read, stays refused, whatever it is called.
    """
    from kverify.spec.language.library import standard
    from kverify.spec.language.problems import meant

    known: dict[str, Declaration] = {d.meta("id"): d for d in standard().checks.values()}
    if specs is not None:
        known |= {d.meta("id") or d.name: d for d in specs.checked.library.checks.values()}

    def reason(id: str) -> str:
        if id not in known:
            return f"there is no such id; {meant(id, tuple(known), 'kverify spec list names those of kverify')}"
        if id.startswith(("KV1", "KV5")) and known[id].meta("severity") == "error":
            return "what is refused stays refused, whatever it is called"
        if suppress and id in _OWN:
            return "it is about suppressions, so mend those"
        return ""

    return reason


def suppress(report: Report, bundle: Bundle, options: Options) -> Report:
    """The report without what is suppressed, which is listed by itself, and with what is wrong with suppressions."""
    by_annotation, wrong = _annotations(bundle, options.specs)
    rules = (*options.suppressions, *by_annotation)
    if not rules and not wrong:
        return report
    current = [rule for rule in rules if not rule.expired(options.today)]
    problems = [*wrong, *(_expired(rule) for rule in rules if rule.expired(options.today))]
    wanted = _Rules(current, bundle)
    suppressed: list[Suppressed] = []
    used: set[int] = set()

    def kept(item: Finding | Diagnostic) -> bool:
        rule = next(wanted.of(item.id, item.object), None) if suppressible(item) else None
        if rule is None:
            return True
        used.add(id(rule))
        suppressed.append(Suppressed(item=item, by=rule.by, reason=rule.reason, span=rule.span))
        return False

    diagnostics = tuple(filter(kept, report.diagnostics))
    findings = tuple(filter(kept, report.findings))
    used |= {id(rule) for row in undecided(report) for rule in wanted.of(*row)}
    if options.whole and not (report.interrupted or report.bad_input):
        idle = [rule for rule in current if id(rule) not in used]
        problems += [_unused(rule) for rule in idle if _was_asked(rule, report, bundle, wanted)]
    said = (evolve(d, severity=options.severities.get(d.id, d.severity)) for d in problems)
    return evolve(report, diagnostics=(*diagnostics, *said), findings=findings, suppressed=tuple(suppressed))


def suppressible(item: Finding | Diagnostic) -> bool:
    """Whether anybody may say that it is not to be reported: what is refused, and what is wrong with suppressions, is
    always told."""
    refused = isinstance(item, Diagnostic) and item.refuses and item.id.startswith(("KV1", "KV5"))
    return not refused and item.id not in _OWN


def undecided(report: Report) -> list[tuple[str, str]]:
    """Id and object of what was asked and not answered: it may be violated, so nothing that hides it is idle."""
    return [(proof.id, proof.object) for proof in report.proofs if proof.verdict.outcome is Outcome.UNKNOWN]


def _was_asked(rule: Suppression, report: Report, bundle: Bundle, rules: _Rules) -> bool:
    """Whether what the rule suppresses would have been found if it were there. Without nodes some things are not asked:
    then nobody knows, unless no object at all is meant."""
    if rule.id.startswith(("KV1", "KV2")) or bundle.nodes:
        return True
    proofs = (p for p in report.proofs if p.id == rule.id and p.verdict.outcome is Outcome.HOLDS)
    return any(rule in rules.of(p.id, p.object) for p in proofs) or not rules.meant(rule)


def _annotations(bundle: Bundle, specs: Specs | None) -> tuple[list[Suppression], list[Diagnostic]]:
    found: list[Suppression] = []
    wrong: list[Diagnostic] = []
    refuses: list[Callable[[str], str]] = []

    def reason(id: str) -> str:
        # All ids are read only where there is an annotation.
        if not refuses:
            refuses.append(refusal(specs, suppress=True))
        return refuses[0](id)

    for item in bundle.objects:
        for one in annotated(item, reason):
            if isinstance(one, Diagnostic):
                wrong.append(one)
            else:
                found.append(one)
    return found, wrong


@frozen(eq=False)
class _Rules:
    """Which suppression speaks of an object."""

    rules: Iterable[Suppression]
    bundle: Bundle
    _by_id: dict[str, list[Suppression]] = field(factory=dict, init=False)
    _objects: dict[Key, AnyObject] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        for rule in self.rules:
            self._by_id.setdefault(rule.id, []).append(rule)

    def of(self, id: str, object: str) -> Iterator[Suppression]:
        """Those that suppress findings with this id about the objects of this title."""
        rules = self._by_id.get(id)
        if rules is not None:
            targets = list(self._targets(object))
            yield from (rule for rule in rules if any(map(rule.covers, targets)))

    def meant(self, rule: Suppression) -> bool:
        """Whether the rule speaks of any object that is there."""
        return any(rule.covers(key_of(item)) for item in self.bundle.objects)

    def _targets(self, object: str) -> Iterator[Key]:
        """The objects that are named, and whoever controls them: of a pod, its workload."""
        if not self._objects:
            self._objects.update((_bare(key_of(item)), item) for item in reversed(self.bundle.objects))
        for target in keyed(object):
            yield target
            item, seen = self._objects.get(target), {target}
            while item is not None:
                owner = controller_of(item)
                above = None if owner is None else _bare(owner_key(owner, item))
                if above is None or above in seen:
                    break
                seen.add(above)
                yield above
                item = self._objects.get(above)


def _bare(key: Key) -> Key:
    """Without its group, which titles do not say."""
    return key._replace(group="")


def _expired(rule: Suppression) -> Diagnostic:
    message = f"The suppression of {rule.id} ({rule.reason}) expired on {rule.expires}; what it hid is reported again."
    return _said(EXPIRED, Severity.WARNING, rule, message, "mend what it was for, or give it another day")


def _unused(rule: Suppression) -> Diagnostic:
    where = {"kind": rule.kind, "namespace": rule.namespace, "name": rule.name}
    which = "".join(f", {key} {value}" for key, value in where.items() if value != "*")
    message = f"The suppression of {rule.id}{which} suppresses nothing."
    return _said(UNUSED, Severity.INFO, rule, message, "remove it")


def _said(id: str, severity: Severity, rule: Suppression, message: str, mend: str) -> Diagnostic:
    return Diagnostic(
        id=id,
        severity=severity,
        message=message,
        span=rule.span,
        mend=mend,
        object="" if rule.object is None else title(*rule.object[:3]),
        path=f"metadata.annotations[{IGNORE}]" if rule.by is By.ANNOTATION else "",
    )
