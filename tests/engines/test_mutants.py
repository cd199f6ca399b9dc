"""The suite notices faults: every mutant of a controller is killed. A sample here, all of them in the long run."""

from __future__ import annotations

from pathlib import Path

import pytest

from .mutant_oracles import ORACLES, notices
from .mutants import MUTANTS, Mutant, seeded, table

DOCUMENT = Path(__file__).parents[2] / "docs" / "mutants.md"
SAMPLE = MUTANTS[::3]


def killed(mutant: Mutant) -> None:
    oracle = ORACLES[mutant.oracle]
    with seeded(mutant):
        assert notices(oracle), f"{mutant.oracle} does not notice: {mutant.fault}"
    assert notices(oracle) == ""


@pytest.mark.parametrize("mutant", SAMPLE, ids=lambda m: m.name)
def test_a_fault_is_noticed_and_what_notices_it_passes_without(mutant: Mutant) -> None:
    killed(mutant)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_every_fault_is_noticed(mutant: Mutant) -> None:
    killed(mutant)


def test_there_are_enough_in_every_component_of_a_rollout_a_drain_and_a_lost_node() -> None:
    assert len(MUTANTS) >= 30
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    faulty = {mutant.module.rpartition(".")[2] for mutant in MUTANTS}
    assert faulty >= {"deployment", "replica_set", "kubelet", "scheduler", "disruption", "endpoints", "node_lifecycle"}
    assert faulty >= {"drain", "node_removal"}


def test_every_line_that_a_fault_changes_is_there() -> None:
    for mutant in MUTANTS:
        with seeded(mutant):
            pass


def test_the_document_has_the_table() -> None:
    assert table() in DOCUMENT.read_text("utf-8")
