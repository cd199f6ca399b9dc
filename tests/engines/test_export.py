"""Other model checkers read what is exported, and where they are installed they find the same states and answers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from kverify.checks.given.context import Context
from kverify.checks.options import Options
from kverify.checks.runs.systems import Question, questions
from kverify.cli.main import main
from kverify.cluster.bundle import Bundle
from kverify.engines import explicit
from kverify.engines.errors import ModelError
from kverify.engines.explicit import explore
from kverify.engines.export import promela, smtlib, tla, tlc_configuration
from kverify.engines.export.printing import identifiers
from kverify.engines.progress import not_stuck
from kverify.engines.starts import initial_states
from kverify.engines.verdict import Outcome
from kverify.model.expr import all_of, boolean, integer, ite, maximum, minimum, negate
from kverify.model.system import Action, Fairness, TransitionSystem, Variable
from kverify.spec.property import Always, Reaches

from .models import pods_on_nodes, rolling_update, within_capacity
from .sizes_models import rolling

SCENARIOS = Path(__file__).parent.parent / "scenarios"
A01 = (str(SCENARIOS / "a01_rollout_antiaffinity_full" / "fails.yaml"), "--cluster")

needs_spin = pytest.mark.skipif(
    not (shutil.which("spin") and shutil.which("gcc")), reason="spin and gcc are not installed"
)
needs_tlc = pytest.mark.skipif(
    not os.environ.get("TLA2TOOLS") or not shutil.which("java"), reason="TLA2TOOLS does not name tla2tools.jar"
)


def everything() -> TransitionSystem:
    """Every operator, a swap of two variables, negative numbers, a choice and a truth value."""
    a, b, up = integer("a"), integer("b"), boolean("is up")
    colour = Variable.choice("colour", ("red", "green"), "red")
    return TransitionSystem(
        "every operator",
        (Variable("a", -3, 6, 2), Variable("b", 0, 6, 5), Variable.boolean("is up"), colour),
        (
            Action("swap", "x", all_of([a >= 0, a <= 6]), {"a": b, "b": a}, fairness=Fairness.STRONG),
            Action("halve", "x", a >= 1, {"a": a // 2, "b": b % 3}),
            Action(
                "choose",
                "x",
                True,
                {"b": ite(up, maximum([minimum([a, b, 3]), 0]), maximum([b - 1, 0])), "is up": a < b},
            ),
            Action("sink", "y", all_of([a >= -2, negate(up)]), {"a": a - 1}, environment=True),
            Action("paint", "y", colour.is_("red"), {"colour": 1, "is up": negate(up)}),
            Action("count", "y", all_of([a >= 0, b >= 0]), {"b": ite(up, 1, 0) + ite(a == 2, 1, 0) * 2}),
        ),
    )


def scenario(folder: str, manifest: str, cluster: str) -> list[Question]:
    bundle, diagnostics = Bundle.read([str(SCENARIOS / folder / manifest)], [str(SCENARIOS / folder / cluster)])
    assert not diagnostics
    return list(questions(Context(bundle, Options())))


def bounded(system: TransitionSystem, high: int) -> TransitionSystem:
    return evolve(system, variables=tuple(evolve(v, high=high if v.high is None else v.high) for v in system.variables))


MODELS: dict[str, Callable[[], TransitionSystem]] = {
    "every operator": everything,
    "counted 6/3/3": lambda: pods_on_nodes(6, 3, 3, counted=True, sorted_=False),
    "counted 12/3/5": lambda: pods_on_nodes(12, 3, 5, counted=True, sorted_=False),
    "listed 4/2/2": lambda: pods_on_nodes(4, 2, 2, counted=False, sorted_=False),
    "two old ReplicaSets": lambda: bounded(rolling(olds=2).system.fix(replicas=2, maxSurge=1, maxUnavailable=1), 4),
    "spread": lambda: scenario("a11_spread_broken_by_rollout", "fails_three_replicas.yaml", "cluster_3.yaml")[0].system,
    "drain": lambda: scenario("a01_rollout_antiaffinity_full", "fails.yaml", "cluster_4.yaml")[1].system,
}


QUICK = ("every operator", "spread")
NAMES = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in MODELS]


# -- SPIN ----------------------------------------------------------------------------------------------------------


def spin_states(text: str, folder: Path) -> int:
    """The states that SPIN stores of a model, without partial order reduction and without its formula."""
    (folder / "model.pml").write_text(text)
    flags = ["-O1", "-w", "-DNOREDUCE", "-DSAFETY", "-DNOCLAIM", "-DVECTORSZ=8192"]
    for command in (["spin", "-a", "model.pml"], ["gcc", *flags, "-o", "pan", "pan.c"]):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(["./pan", "-E", "-m1000000", "-n"], cwd=folder, capture_output=True, text=True, check=False)
    assert "errors: 0" in done.stdout, done.stdout
    found = re.search(r"(\d+) states, stored", done.stdout)
    assert found is not None
    return int(found[1])


@needs_spin
@pytest.mark.parametrize("name", NAMES)
def test_spin_finds_the_same_number_of_states(name: str, tmp_path: Path) -> None:
    system = evolve(MODELS[name](), symmetry=())
    states, starts = len(explore(system).states), len(initial_states(system))
    # Where there are several starts, one more state is stored from which they are chosen.
    assert spin_states(promela(system), tmp_path) == states + (starts > 1)


@needs_spin
@pytest.mark.parametrize("capacity", [2, 1])
def test_spin_reads_the_formula_and_agrees_on_it(capacity: int, tmp_path: Path) -> None:
    system = pods_on_nodes(4, 2, 2, counted=False, sorted_=False)
    prop = Always(name="capacity", condition=within_capacity(system, 2, capacity))
    (tmp_path / "model.pml").write_text(promela(system, prop))
    for command in (["spin", "-a", "model.pml"], ["gcc", "-O1", "-w", "-DVECTORSZ=8192", "-o", "pan", "pan.c"]):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(["./pan", "-a", "-m100000"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ("errors: 0" in done.stdout) is (explicit.check(system, prop).outcome is Outcome.HOLDS)


def test_promela_has_no_open_parameters() -> None:
    with pytest.raises(ModelError, match="Promela knows no open parameters; fix replicas first"):
        promela(rolling_update())


# -- TLA+ ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_module_is_tla(name: str) -> None:
    parser = pytest.importorskip("tla")
    system = MODELS[name]()
    tree = parser.parse(tla(system, Reaches(name="calm", goal=system.actions[0].guard)))
    named = {getattr(unit, "name", None) for unit in tree.units}
    assert {"Init", "Next", "Spec", "TypeOK", "Property"} <= named


def test_a_module_with_open_parameters_has_constants() -> None:
    text = tla(rolling_update(), Always(name="surge", condition=integer("old") >= 0))
    assert "CONSTANTS replicas, surge, unavailable" in text
    assert "Property == (0 <= old)" in text
    assert "CONSTANT replicas = 1" in tlc_configuration(rolling_update())
    pytest.importorskip("tla").parse(text)


def test_fairness_is_exported_as_declared() -> None:
    text = tla(everything())
    assert "SF_vars(swap)" in text
    assert "WF_vars(halve)" in text
    assert "_vars(sink)" not in text


@needs_tlc
@pytest.mark.parametrize("name", NAMES)
def test_tlc_finds_the_same_number_of_states(name: str, tmp_path: Path) -> None:
    system = evolve(MODELS[name](), symmetry=())
    (tmp_path / "Model.tla").write_text(tla(system))
    (tmp_path / "Model.cfg").write_text(tlc_configuration(system))
    command = ["java", "-cp", os.environ["TLA2TOOLS"], "tlc2.TLC", "-workers", "1", "Model"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = re.search(r"(\d+) distinct states found, 0 states left", done.stdout)
    assert found is not None, done.stdout
    assert int(found[1]) == len(explore(system).states)


# -- SMT-LIB -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bug", [0, 1])
def test_horn_clauses_get_the_same_answer(bug: int) -> None:
    z3 = pytest.importorskip("z3")
    system = rolling_update(surge_bug=bug)
    prop = Always(name="surge", condition=integer("old") + integer("new") <= integer("replicas") + integer("surge"))
    solver = z3.SolverFor("HORN")
    solver.from_string(smtlib(system, prop).replace("(check-sat)", ""))
    assert solver.check() == (z3.unsat if bug else z3.sat)


@pytest.mark.parametrize(("cluster", "stuck"), [("cluster_3.yaml", True), ("cluster_4.yaml", False)])
def test_a_stuck_rollout_is_stuck_in_smt_lib_too(cluster: str, stuck: bool) -> None:
    z3 = pytest.importorskip("z3")
    question = scenario("a01_rollout_antiaffinity_full", "fails.yaml", cluster)[0]
    prop = not_stuck(question.system, question.prop)
    assert (explicit.check(question.system, prop).outcome is Outcome.VIOLATED) is stuck
    solver = z3.SolverFor("HORN")
    solver.from_string(smtlib(question.system, prop).replace("(check-sat)", ""))
    assert solver.check() == (z3.unsat if stuck else z3.sat)


# -- names and the command -----------------------------------------------------------------------------------------


def test_identifiers_are_plain_and_distinct() -> None:
    found = identifiers(["shop/web.spec", "shop/web-spec", "shop/init", "shop/2.x"], taken=("Init",))
    assert list(found.values()) == ["web_spec", "web_spec_2", "init_2", "v_2_x"]
    assert identifiers(["a/x", "b/x"]) == {"a/x": "a_x", "b/x": "b_x"}


def test_the_command_lists_and_prints(capsys: pytest.CaptureFixture[str]) -> None:
    cluster = str(SCENARIOS / "a01_rollout_antiaffinity_full" / "cluster_4.yaml")
    assert main(["export", *A01, cluster]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.partition("  (")[0] for line in listed] == [
        "Deployment default/web: rollout",
        "Deployment default/web: drain n1",
        "Deployment default/web: loss n1",
    ]
    for language, begins in (
        ("tla", "---- MODULE Model"),
        ("promela", "active proctype"),
        ("smt2", "(set-logic HORN)"),
    ):
        assert main(["export", *A01, cluster, "--question", "rollout", "--as", language]) == 0
        assert begins in capsys.readouterr().out


def test_the_command_says_which_questions_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    cluster = str(SCENARIOS / "a01_rollout_antiaffinity_full" / "cluster_4.yaml")
    with pytest.raises(SystemExit) as stop:
        main(["export", *A01, cluster, "--question", "upgrade"])
    assert stop.value.code == 2
    assert "'upgrade' is not one of the questions: Deployment default/web: rollout;" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["export", *A01, cluster, "--question", "web"])
    assert "is a part of several questions" in capsys.readouterr().err
