"""Walks of our own model keep what is proved of it, come to rest where they should, and notice seeded faults."""

from __future__ import annotations

import pytest
from attrs import evolve

from kverify.engines.compiled import compile_system
from kverify.engines.explicit import explore

from .mutants import MUTANTS, Mutant, seeded
from .walks import MACHINES, notices, walk

NOTICED = {
    "surge-plus-one": "a rollout of 3 with 1/0",
    "surge-minus-one": "a rollout of 3 with 1/0",
    "surge-ignores-old": "a rollout of 3 with 1/0",
    "no-clamp-scale-up": "a rollout of 3 with 1/0",
    "stops-one-short": "a rollout of 3 with 1/0",
    "unavailable-plus-one": "a rollout of 3 with 1/0",
    "old-never-scaled": "a rollout of 3 with 1/0",
    "spare-plus-one": "a rollout of 3 with 1/0",
    "recreate-does-not-wait": "a rollout of 3 recreated",
    "recreate-forgets-terminating": "a rollout of 3 recreated",
    "recreate-forgets-old": "a rollout of 3 recreated",
    "creates-one-more": "a rollout of 3 with 1/0",
    "deletes-one-more": "a rollout of 3 with 1/0",
    "dead-kubelet-starts-pods": "the loss of a node",
    "pods-never-stop": "a rollout of 3 recreated",
    "readiness-doubles": "a rollout of 3 with 1/0",
    "anti-affinity-skipped": "pods that keep apart, on 4 nodes",
    "cordon-overlooked": "a drain under a budget",
    "binds-for-nothing": "the loss of a node",
    "budget-ignored": "a drain under a budget",
    "budget-off-by-one": "a drain under a budget",
    "budget-counts-terminating": "a drain under a budget",
    "no-taint-eviction": "the loss of a node",
    "readiness-survives": "the loss of a node",
    "drain-without-budget": "a drain under a budget",
    "drain-never-ends": "a drain under a budget",
    "removed-node-keeps-pods": "the loss of a node",
    "cordoned-is-schedulable": "a drain under a budget",
}
"""Seeded faults and a machine whose walks notice them; ``python -m tests.engines.walks`` tries all."""


@pytest.mark.parametrize("name", MACHINES)
def test_walks_keep_what_is_proved(name: str) -> None:
    machine = MACHINES[name]()
    walk(machine)
    assert machine.walked().rested >= 15


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.name in NOTICED], ids=lambda m: m.name)
def test_walks_notice_a_fault(mutant: Mutant) -> None:
    assert notices(NOTICED[mutant.name]) == ""
    with seeded(mutant):
        assert notices(NOTICED[mutant.name])


def test_every_fault_of_the_table_is_there() -> None:
    assert NOTICED.keys() <= {mutant.name for mutant in MUTANTS}


@pytest.mark.parametrize("name", ["a rollout of 3 with 1/0", "a drain under a budget", "the loss of a node"])
def test_walks_take_every_step_that_some_run_takes(name: str) -> None:
    machine = MACHINES[name]()
    walk(machine)
    system = evolve(machine.replay().system, symmetry=())
    successors = compile_system(system).successors
    possible = {system.actions[i].name for state in explore(system).states for i, _ in successors(state)}
    assert {action for action, number in machine.walked().taken.items() if number} == possible
