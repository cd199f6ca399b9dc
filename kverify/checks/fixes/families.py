"""Which candidates there are for which finding."""

from __future__ import annotations

from collections.abc import Iterator

from kverify.checks.finding import Finding
from kverify.checks.fixes import admission, budgets, classes, counts, inputs, placement, strategy
from kverify.checks.fixes.candidate import Candidate, Propose
from kverify.checks.given.context import Context

FINDINGS: dict[str, tuple[Propose, ...]] = {
    "KV3001": (
        placement.selectors,
        placement.tolerations,
        placement.affinity,
        placement.spread,
        counts.fewer,
    ),
    "KV3003": (admission.hardened, inputs.names),
    "KV3004": (strategy.without_surge, admission.quotas, counts.fewer),
    "KV3005": (classes.binding,),
    "KV3007": (classes.never_preempt,),
    "KV3009": (counts.lower_most,),
    "KV4001": (strategy.recreated, strategy.without_surge, placement.affinity, strategy.recreate),
    "KV4003": (budgets.one, budgets.relaxed, counts.higher_least, counts.more),
    "KV4004": (placement.affinity, placement.spread),
    "KV4005": (strategy.one_by_one, counts.more_apart, counts.more),
    "KV4006": (placement.per_revision,),
    "KV4007": (strategy.quarter, strategy.one_by_one),
    "KV4010": (counts.unset, counts.least),
    "KV4011": (counts.unset, counts.least),
    "KV4012": (placement.without_end, placement.tolerated),
}
"""The candidates for each id, the least and safest change first. Ids that are not here have no candidates: mends would
be guesses (capacity that is not there, images that do not start)."""

WEIGHED = frozenset(("KV3009", "KV4004", "KV4005"))
"""Warnings whose candidates give up one thing for another: tried only when somebody asks for them."""


def for_finding(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """The candidates for a finding."""
    for propose in FINDINGS.get(finding.id, ()):
        yield from propose(ctx, finding)
