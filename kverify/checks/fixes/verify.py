"""Whether a change makes a finding go away and brings nothing as bad: by checking again with the change applied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from attrs import evolve, frozen

from kverify.api.registry import AnyObject
from kverify.api.types.policy import PodDisruptionBudget
from kverify.api.types.service import Service
from kverify.checks.finding import Finding, Report
from kverify.checks.fixes.candidate import Candidate
from kverify.checks.fixes.workspace import Workspace
from kverify.checks.names import ADMITTED
from kverify.checks.options import Options
from kverify.checks.runs.registry import property_names
from kverify.cluster.bundle import Bundle, describe, key_of, namespace_of
from kverify.cluster.objects import endpoint_labels
from kverify.cluster.scaling import scales
from kverify.engines.verdict import Outcome
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.manifest.edit import CannotEdit

_FEW = 1
"""So many workloads are all checked again, whatever was changed."""

_STAGED = 20
"""Up to so many workloads one question is asked before the others."""


class Interrupted(Exception):
    """Somebody wants to stop, or the time is over; the message says which."""


@frozen(eq=False)
class Verifier:
    """What was found without the change, and how to look again."""

    work: Workspace
    report: Report
    options: Options

    def holds(self, candidate: Candidate, problem: Finding | Diagnostic) -> tuple[Workspace, tuple[str, ...]] | None:
        """The input with ``candidate`` applied and what was checked again, if ``problem`` is gone then and nothing as
        bad is there that was not; None otherwise."""
        try:
            changed = self.work.revised(candidate.changes)
        except CannotEdit:
            return None
        focus = self._concerned(candidate, changed, problem)
        reports = []
        names = self._asked
        few = len(changed.bundle.wanted_workloads) <= _STAGED
        if few and isinstance(problem, Finding) and problem.property in names:
            # The question itself first: most candidates that fail, fail here. Among many workloads it costs nearly as
            # much as all questions about these few.
            reports.append(self._again(changed, focus, (problem.property,)))
            if not self._gone(problem, reports):
                return None
            names = tuple(name for name in names if name != problem.property)
        if names:
            reports.append(self._again(changed, focus, names))
        # An object that could not be used is asked about for the first time: what is found then is not new.
        unknown = unused(self.work.bundle, [problem])
        if unknown:
            # Once it is of a known kind it may have another name.
            used = {describe(item) for item in self.work.bundle.wanted}
            unknown |= {name for item in changed.bundle.wanted if (name := describe(item)) not in used}
        if not self._gone(problem, reports) or worse(reports, self.report, problem.severity, but=unknown):
            return None
        return changed, () if focus is None else tuple(sorted(focus))

    @property
    def _asked(self) -> tuple[str, ...]:
        """The properties that are asked."""
        return self.options.properties or property_names(self.options.specs)

    def _again(self, work: Workspace, focus: frozenset[str] | None, properties: tuple[str, ...]) -> Report:
        options = evolve(
            self.options,
            focus=focus,
            touched=also_asked(self.options.touched, focus),
            properties=properties,
            part=True,
            explain=False,
            cover=False,
            progress=None,
        )
        return checked(work, options)

    def _gone(self, problem: Finding | Diagnostic, again: Sequence[Report]) -> bool:
        """There is less of the same kind at the same object, and the question was asked again and decided."""
        name = _name(problem)
        if _names(again)[name] >= max(1, _names([self.report])[name]):
            return False
        if any(same(problem, f) for r in again for f in r.findings):
            return False
        if any(same(problem, d) for r in again for d in r.diagnostics):
            return False
        if isinstance(problem, Diagnostic):
            return True
        # A finding may also be gone because nobody asks any more.
        decided = [p for r in again for p in r.proofs if (p.property, p.object) == (problem.property, problem.object)]
        silent = problem.property == ADMITTED  # Nothing is said where the input has nothing that could forbid a pod.
        return bool(decided or silent) and all(p.verdict.outcome is Outcome.HOLDS for p in decided)

    def is_gone(self, problem: Finding | Diagnostic) -> bool:
        """It is there no more in the input as it is now."""
        names = self._asked
        asked = (problem.property,) if isinstance(problem, Finding) else names[:1]
        focus = self._about(self.work.bundle, problem) if isinstance(problem, Finding) else frozenset()
        return self._gone(problem, [self._again(self.work, focus, asked)])

    def _concerned(
        self, candidate: Candidate, changed: Workspace, problem: Finding | Diagnostic
    ) -> frozenset[str] | None:
        """The workloads to check again: those that a change is made to, and that its objects select or scale; all, if
        there are few, or one of the objects is not known to concern only some."""
        about = self._about(changed.bundle, problem)
        if about is None or len(changed.bundle.wanted_workloads) <= _FEW:
            return None
        found = set(about)
        for one in candidate.changes:
            item = next((w for w in self.work.bundle.wanted if w.source.document is one.document), None)
            if item is None:
                return None
            for bundle in (self.work.bundle, changed.bundle):
                now = bundle.get(key_of(item))
                concerned = None if now is None else _selected(bundle, now)
                if concerned is None:
                    return None
                found |= {describe(w) for w in concerned}
        return frozenset(found)

    def _about(self, bundle: Bundle, problem: Finding | Diagnostic) -> frozenset[str] | None:
        """The workloads that a problem is about; None where that cannot be told."""
        item = next((w for w in bundle.wanted if describe(w) == problem.object), None)
        concerned = None if item is None else _selected(bundle, item)
        return None if concerned is None else frozenset(describe(w) for w in concerned)


def checked(work: Workspace, options: Options) -> Report:
    """All checks of a workspace. They are imported when there is something to check again.

    Raises ``Interrupted`` where they ended early.
    """
    from kverify.checks.runs.run import run

    report = run(work.bundle, work.diagnostics, options)
    if report.interrupted:
        raise Interrupted(report.interrupted)
    return report


def also_asked(touched: frozenset[str] | None, focus: frozenset[str] | None) -> frozenset[str] | None:
    """The objects to ask about where only ``touched`` were asked about and a fix concerns ``focus`` (None: all). What
    is found of those that were not asked about counts as new, for nobody knows that it is not."""
    return None if touched is None or focus is None else touched | focus


def worse(again: Sequence[Report], before: Report, severity: Severity, but: frozenset[str] = frozenset()) -> bool:
    """Something as bad as ``severity`` is there that was not, or something is undecided that was decided. Findings of
    the objects ``but`` do not count; what the API server says of them does."""
    new = _names(again, severity) - _names([before], severity)
    if any(object not in but or id.startswith("KV1") for id, object in new):
        return True
    return any(object not in but for _, object in _undecided(again) - _undecided([before]))


def unused(bundle: Bundle, problems: Sequence[Finding | Diagnostic]) -> frozenset[str]:
    """The objects of ``problems`` that the API server would not take as they are."""
    used = {describe(item) for item in bundle.wanted}
    return frozenset(p.object for p in problems if isinstance(p, Diagnostic)) - used


def _selected(bundle: Bundle, item: AnyObject) -> Sequence[AnyObject] | None:
    """The workloads that an object is, selects or scales; None where that cannot be told."""
    workloads = bundle.wanted_workloads
    if any(item is w for w in workloads):
        return [item]
    if isinstance(item, PodDisruptionBudget):
        return [w for w in bundle.templates_matching(namespace_of(item), item.spec.selector) if bundle.is_wanted(w)]
    if isinstance(item, Service):
        return bundle.templates_matching(namespace_of(item), endpoint_labels(item))
    scaled = {key: scale for key, scale in scales(bundle).items() if scale.autoscaler is item}
    return [w for w in workloads if key_of(w) in scaled] if scaled else None


def _name(problem: Finding | Diagnostic) -> tuple[str, str]:
    return problem.id, problem.object


def _names(reports: Sequence[Report], least: Severity = Severity.INFO) -> Counter[tuple[str, str]]:
    """How often each id is said of each object. What reading says, every report repeats."""
    found = Counter(_name(f) for report in reports for f in report.findings if f.severity >= least)
    return found + Counter(_name(d) for d in reports[0].diagnostics if d.severity >= least)


def same(one: Finding | Diagnostic, other: Finding | Diagnostic) -> bool:
    """They are one thing to a baseline: the same places say so."""
    return (*_name(one), *_paths(one)) == (*_name(other), *_paths(other))


def _paths(problem: Finding | Diagnostic) -> list[str]:
    return [c.path for c in problem.causes] if isinstance(problem, Finding) else [problem.path, problem.message]


def _undecided(reports: Sequence[Report]) -> set[tuple[str, str]]:
    return {(p.id, p.object) for r in reports for p in r.proofs if p.verdict.outcome is Outcome.UNKNOWN}
