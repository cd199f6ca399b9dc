"""What each step of a run changes: pods by phase, before and after, in a few words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from kverify.checks.finding import Finding
from kverify.model.legend import PENDING, Legend, RevisionLegend
from kverify.model.world import Phase

_WORDS = {PENDING: "Pending", Phase.STARTING.value: "not ready"}
"""Phases that go by another name for people: a pod that starts, or whose node is lost, is not ready."""


def changes(finding: Finding) -> tuple[str, ...]:
    """For each step ``Pending 0 → 1``, or ``web (old): available 2 → 1, terminating 0 → 1`` where pods of more than one
    ReplicaSet change, or of one that the sentence of the step does not name; empty where no pod changes. Nothing at
    all where it is not known what the variables of the run count."""
    trace = None if finding.verdict is None else finding.verdict.trace
    legend = None if trace is None else trace.system.legend
    if trace is None or legend is None or len(trace.steps) != len(finding.steps):
        return ()
    views = [trace.system.view(state) for state in trace.states()]
    told = zip(finding.steps, views, views[1:], strict=False)
    return tuple(_change(legend, sentence, before, after) for sentence, before, after in told)


def _change(legend: Legend, sentence: str, before: Mapping[str, int], after: Mapping[str, int]) -> str:
    revisions = [revision for workload in legend.workloads for revision in workload.revisions]
    parts = {revision.title: ", ".join(_phases(revision, before, after)) for revision in revisions}
    parts = {title: words for title, words in parts.items() if words}
    if len(parts) == 1 and next(iter(parts)) in sentence:
        return next(iter(parts.values()))
    return "; ".join(f"{title.removeprefix('ReplicaSet ')}: {words}" for title, words in parts.items())


def _phases(revision: RevisionLegend, before: Mapping[str, int], after: Mapping[str, int]) -> Iterator[str]:
    """The phases with other numbers than before, over all places together."""
    was: Counter[str] = Counter()
    now: Counter[str] = Counter()
    for pods in revision.pods:
        was[pods.phase] += before[pods.variable]
        now[pods.phase] += after[pods.variable]
    for phase in was:
        if was[phase] != now[phase]:
            yield f"{_WORDS.get(phase, phase)} {was[phase]} → {now[phase]}"
