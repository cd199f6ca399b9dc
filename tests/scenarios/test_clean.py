"""Good applications: what a good team deploys gets no error, nothing undecided, and no warning that is not listed here.

``examples/clean`` has them, each with its cluster. Every warning that is left has its reason beside it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kverify.checks import Options, Report, run
from kverify.cluster.bundle import Bundle
from kverify.engines.verdict import Outcome
from kverify.manifest.diagnostics import Severity

CLEAN = Path(__file__).parents[2] / "examples" / "clean"

WARNINGS: dict[str, dict[tuple[str, str], str]] = {
    "cache": {
        ("KV4005", "Service cache/redis"): "One Redis, by choice: whoever uses it has to live without it for a time.",
    },
    "gpu-training": {
        ("KV4005", "Service ml/tensorboard"): "One dashboard, by choice: nobody pages for it.",
    },
}
"""By example: the id and the object of each warning, and why it is right to warn."""

NOT_ASKED: dict[str, set[str]] = {}
"""By example: ids of questions that have no subject there (vacuous), which are printed as loudly as warnings."""

EXAMPLES = sorted(path.name for path in CLEAN.iterdir() if path.is_dir())


def read(name: str) -> Report:
    """The report of one example. What runs already, where it is said, is in ``live``."""
    folder = CLEAN / name
    files = [str(path) for path in sorted(folder.glob("*.yaml"))]
    live = [str(path) for path in sorted((folder / "live").glob("*.yaml"))]
    bundle, diagnostics = Bundle.read(files, live)
    return run(bundle, diagnostics, Options())


@pytest.fixture(scope="module", params=EXAMPLES)
def example(request: pytest.FixtureRequest) -> tuple[str, Report]:
    return request.param, read(request.param)


def test_there_are_enough_of_them() -> None:
    assert len(EXAMPLES) >= 10
    assert set(WARNINGS) | set(NOT_ASKED) <= set(EXAMPLES)


def test_it_is_quiet(example: tuple[str, Report]) -> None:
    name, report = example
    said = [(d.severity, d.id, d.object) for d in report.diagnostics]
    said += [(f.severity, f.id, f.object) for f in report.findings]
    assert [entry for entry in said if entry[0] is Severity.ERROR] == []
    expected = WARNINGS.get(name, {})
    assert sorted(entry[1:] for entry in said if entry[0] is Severity.WARNING) == sorted(expected)
    assert len(expected) <= 2
    assert report.exit_code() == 0


def test_everything_is_decided(example: tuple[str, Report]) -> None:
    name, report = example
    assert [(p.id, p.object) for p in report.proofs if p.verdict.outcome is Outcome.UNKNOWN] == []
    vacuous = {p.id for p in report.proofs if p.verdict.outcome is Outcome.VACUOUS}
    assert vacuous == NOT_ASKED.get(name, set())
    assert any(p.verdict.outcome is Outcome.HOLDS for p in report.proofs)
