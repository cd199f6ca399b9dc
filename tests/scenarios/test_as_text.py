"""The built-in checks and the same questions written down by a user come to the same answers, on every scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kverify.checks import Options, run
from kverify.checks.declared.specs import Specs
from kverify.checks.finding import Report
from kverify.cluster.bundle import Bundle
from kverify.cluster.scaling import scales
from kverify.engines.verdict import Outcome
from kverify.spec.language.checker import check
from kverify.spec.language.library import assemble

from .test_scenarios import RUNS, paths

TEXT = """
property own-rollout
  under rollout
  for d in Deployment
  recoverable complete(d)

property own-drain
  under drain
  for d in Deployment
  recoverable drained()
"""
PAIRS = {"own-rollout": "rollout-completes", "own-drain": "drain-ends"}


def answers(report: Report, name: str) -> dict[str, str]:
    """The outcome for every Deployment; what cannot be asked (no pod finds a node, say) is in neither."""
    found = {f.object: "violated" for f in report.findings if f.property == name}
    kept = (p for p in report.proofs if p.property == name and p.verdict.outcome is not Outcome.VACUOUS)
    return {**{p.object: str(p.verdict.outcome) for p in kept if p.object.startswith("Deployment")}, **found}


# One in five always, all of them in the long run.
SOME = [
    run if number % 5 == 0 else pytest.param(*run.values, id=run.id, marks=pytest.mark.slow)
    for number, run in enumerate(RUNS)
]


@pytest.mark.parametrize(("folder", "case"), SOME)
def test_a_question_in_text_has_the_same_answer(folder: Path, case: dict[str, Any]) -> None:
    library, _ = assemble([("x.kv", TEXT)])
    checked, problems = check(library)
    assert not problems
    bundle, diagnostics = Bundle.read(*paths(folder, case))
    names = (*PAIRS, *PAIRS.values())
    # Text is asked about the number of replicas of the manifest, which it may name; the checks about a whole range.
    scaled = {f"{scale.kind} {scale.namespace}/{scale.name}" for scale in scales(bundle)}
    report = run(bundle, diagnostics, Options(properties=names, specs=Specs(checked=checked)))
    for own, built_in in PAIRS.items():
        ours, theirs = answers(report, own), answers(report, built_in)
        ours, theirs = ({k: v for k, v in found.items() if k not in scaled} for found in (ours, theirs))
        assert {k: v for k, v in ours.items() if k in theirs} == {k: v for k, v in theirs.items() if k in ours}
        assert theirs.keys() <= ours.keys()
