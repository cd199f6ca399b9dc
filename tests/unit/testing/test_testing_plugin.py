"""The pytest plugin: what it collects, what passes, fails and is skipped, and what it says; in runs of pytest."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import attrs
import pytest

from kverify.checks.api import check
from kverify.cli.configuration import Configuration
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.manifest.span import Span
from kverify.testing import NotVerified, assert_verified
from kverify.testing.suite import Suite, SuiteError

ROOT = Path(__file__).parents[3]
SCENARIOS = ROOT / "tests" / "scenarios"
A01 = SCENARIOS / "a01_rollout_antiaffinity_full"
A02 = SCENARIOS / "a02_rollout_quota_full"
PLUGIN = "kverify.testing.pytest_plugin"
REGISTERED = any(entry.value == PLUGIN for entry in entry_points(group="pytest11"))

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: %s
  strategy: {type: %s}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "example.org/web:1"}]}
"""
SPEC = """\
property keeps-two
  "A rollout keeps two pods."
  under rollout
  for d in Deployment where d.spec.replicas >= 3
  always available(d) >= 2
  example failing \"""
{failing}
    \"""
  example passing \"""
{passing}
    \"""
"""


def indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines())


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """A run inside a run forgets what it has imported; what is imported before is shared."""
    import kverify.testing.collecting
    import kverify.testing.session

    with pytest.raises(kverify.testing.verified.NotVerified):
        kverify.testing.verified.assert_verified(A01 / "fails.yaml", cluster=A01 / "cluster_3.yaml")


@pytest.fixture(name="project")
def a_project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A directory with the manifests of A01, a healthy workload, and a specification."""
    for name in ("fails.yaml", "cluster_3.yaml", "cluster_4.yaml", "pair_no_surge.yaml"):
        (pytester.path / name).write_text((A01 / name).read_text("utf-8"), "utf-8")
    healthy, broken = WEB % (3, "RollingUpdate"), WEB % (3, "Recreate")
    (pytester.path / "healthy.yaml").write_text(healthy, "utf-8")
    spec = SPEC.format(failing=indented(broken), passing=indented(healthy))
    (pytester.path / "own.kv").write_text(spec, "utf-8")
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    plugin = () if REGISTERED else ("-p", PLUGIN)
    return project.runpytest_inprocess(*plugin, "--strict-markers", "-ra", "-p", "no:cacheprovider", *arguments)


def suite(project: pytest.Pytester, **keys: object) -> None:
    lines = [f"{key.replace('_', '-')} = {value!r}".replace("'", '"') for key, value in keys.items()]
    (project.path / "deploy.kverify.toml").write_text("\n".join(lines) + "\n", "utf-8")


# -- collected configurations ------------------------------------------------------------------------------------------


def test_a_configuration_is_one_test_for_each_property_of_each_object(project: pytest.Pytester) -> None:
    suite(project, paths=["fails.yaml"], cluster=["cluster_3.yaml"], properties=["rollout-completes", "promises-kept"])
    result = run(project, "-v")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines_random(
        [
            "deploy.kverify.toml::input PASSED*",
            "deploy.kverify.toml::rollout-completes[[]Deployment default/web] FAILED*",
            "deploy.kverify.toml::promises-kept[[]Deployment default/web] PASSED*",
        ]
    )


def test_a_failure_is_the_finding_and_no_traceback(project: pytest.Pytester) -> None:
    suite(project, paths=["fails.yaml"], cluster=["cluster_3.yaml"], properties=["rollout-completes"])
    result = run(project)
    result.stdout.fnmatch_lines(
        [
            "error[[]KV4001] Deployment default/web: a rollout can never complete: 1 pod of ReplicaSet web (new)",
            "  --> fails.yaml:7:13  spec.replicas",
            "    2. ReplicaSet web (new) creates a pod*",
            "    => 1 pod of ReplicaSet web (new) stays Pending*",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    assert "kverify/" not in result.stdout.str().replace("kverify/kverify", "")


def test_a_repaired_pair_passes(project: pytest.Pytester) -> None:
    suite(project, paths=["pair_no_surge.yaml"], cluster=["cluster_3.yaml"], properties=["rollout-completes"])
    run(project).assert_outcomes(passed=2)


def test_tests_are_selected_by_name_and_by_marker(project: pytest.Pytester) -> None:
    suite(project, paths=["fails.yaml", "healthy.yaml"], properties=["rollout-completes", "drain-ends"])
    run(project, "-k", "drain-ends").assert_outcomes(passed=2, deselected=3)
    run(project, "-m", "not kverify").assert_outcomes(deselected=5)
    run(project, "deploy.kverify.toml::rollout-completes[Deployment default/web]").assert_outcomes(passed=1)


def test_collecting_asks_no_engine(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    suite(project, paths=["fails.yaml"], cluster=["cluster_3.yaml"])

    def asked(*_: object, **__: object) -> None:
        raise AssertionError("an engine was asked")

    for engine in ("explicit.check", "explicit.explore", "liveness.completes", "induction.check", "walk.check"):
        monkeypatch.setattr(f"kverify.engines.{engine}", asked)
    monkeypatch.setattr("kverify.testing.suite.ask", asked)
    result = run(project, "--collect-only", "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["deploy.kverify.toml::rollout-completes[[]Deployment default/web]"])


def test_what_is_not_decided_fails(project: pytest.Pytester) -> None:
    spec = (
        'property comes-back "Two pods come back."\n  under rollout\n  for d in Deployment\n  recoverable complete(d)\n'
    )
    (project.path / "other.kv").write_text(spec.replace(' "Two', '\n  "Two'), "utf-8")
    keys = {"specs": ["other.kv"], "properties": ["comes-back"], "max_states": 2}
    suite(project, paths=["pair_no_surge.yaml"], cluster=["cluster_3.yaml"], **keys)
    result = run(project)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["unknown[[]comes-back] Deployment default/web: comes-back was not decided*"])


def test_what_has_nothing_to_ask_is_skipped_with_the_reason(project: pytest.Pytester) -> None:
    (project.path / "none.yaml").write_text(WEB % (0, "RollingUpdate"), "utf-8")
    suite(project, paths=["none.yaml"], properties=["rollout-completes", "autoscaler-kept"])
    result = run(project)
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines_random(
        [
            "SKIPPED [[]1] deploy.kverify.toml:1: no replicas are wanted",
            "SKIPPED [[]1] deploy.kverify.toml:1: there is nothing to decide",
        ]
    )


def test_a_property_of_ones_own_that_speaks_of_nothing_fails(project: pytest.Pytester) -> None:
    (project.path / "small.yaml").write_text(WEB % (2, "RollingUpdate"), "utf-8")
    suite(project, paths=["small.yaml"], specs=["own.kv"], properties=["keeps-two"])
    result = run(project)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["vacuous[[]keeps-two] every Deployment: keeps-two says nothing here: no Deployment of *"]
    )


def test_properties_of_ones_own_are_tests(project: pytest.Pytester) -> None:
    suite(project, paths=["healthy.yaml"], specs=["own.kv"], properties=["keeps-two"])
    result = run(project, "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*::keeps-two[[]Deployment default/api (rollout)] PASSED*"])


def test_what_is_violated_and_only_a_warning_is_told(project: pytest.Pytester) -> None:
    suite(project, paths=["fails.yaml"], cluster=["cluster_3.yaml"], properties=["node-loss-survived"])
    result = run(project)
    result.assert_outcomes(passed=2, skipped=1, warnings=1)
    result.stdout.fnmatch_lines(
        ["*deploy.kverify.toml:1: KverifyWarning: KV4004 Deployment default/web: after the loss*"]
    )


def test_a_configuration_decides_what_fails(project: pytest.Pytester) -> None:
    keys = {"paths": ["fails.yaml"], "cluster": ["cluster_3.yaml"], "properties": ["node-loss-survived"]}
    suite(project, fail_on="warning", **keys)
    run(project).assert_outcomes(passed=1, failed=1, skipped=1)
    suppressed = '[[suppress]]\nid = "KV4004"\nreason = "it may wait"\n'
    with (project.path / "deploy.kverify.toml").open("a", encoding="utf-8") as file:
        file.write(suppressed)
    result = run(project)
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(["SKIPPED [[]1] deploy.kverify.toml:1: KV4004 is suppressed: it may wait"])


def test_what_a_baseline_has_is_skipped(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    from kverify.cli.main import main

    keys = {"paths": ["fails.yaml"], "cluster": ["cluster_3.yaml"]}
    suite(project, **keys)
    monkeypatch.chdir(project.path)
    assert main(["check", "--config", "deploy.kverify.toml", "--write-baseline", "known.json"]) == 0
    suite(project, **keys, properties=["rollout-completes"], baseline="known.json")
    result = run(project)
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED [[]1] deploy.kverify.toml:1: KV4001 is suppressed: *"])


def test_bad_input_fails(project: pytest.Pytester) -> None:
    (project.path / "bad.yaml").write_text(WEB.replace("replicas", "replica") % (3, "RollingUpdate"), "utf-8")
    suite(project, paths=["bad.yaml"], properties=["promises-kept"])
    result = run(project)
    assert result.parseoutcomes()["failed"] >= 1
    result.stdout.fnmatch_lines(["*_ input _*", "error[[]KV1*"])


def test_manifests_without_objects_fail(project: pytest.Pytester) -> None:
    (project.path / "empty.yaml").write_text("# nothing yet\n", "utf-8")
    suite(project, paths=["empty.yaml"])
    result = run(project, "-k", "input")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["vacuous[[]KV1001] *the manifests have no objects*"])
    with pytest.raises(NotVerified, match="nothing was proved"):
        assert_verified(project.path / "empty.yaml")


def test_why_nothing_was_proved_is_said_beside_warnings_of_the_input() -> None:
    report = check(A02 / "fails.yaml", ["rollout-completes"])
    warning = Diagnostic(
        id="KV2001", severity=Severity.WARNING, message="No pod is selected.", span=Span("x.yaml", 1, 1, 1, 1)
    )
    with pytest.raises(NotVerified, match=r"nothing was proved: no pod of a new revision is admitted \(KV3004\)"):
        assert_verified(attrs.evolve(report, diagnostics=(warning,)))


def test_an_assertion_needs_a_proof() -> None:
    report = assert_verified(A01 / "pair_no_surge.yaml", ["rollout-completes"], cluster=A01 / "cluster_3.yaml")
    assert [proof.property for proof in report.proofs] == ["rollout-completes"]
    with pytest.raises(NotVerified, match="nothing of Deployment shop/\\* was proved"):
        assert_verified(report, object="Deployment shop/*")
    with pytest.raises(ValueError, match='fail_on is "error" or "warning", not "info"'.replace('"info"', "'info'")):
        assert_verified(report, fail_on="info")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('path = ["fails.yaml"]', "*deploy.kverify.toml:1:1*no key is called*path*"),
        ('properties = ["rollout-completes"]', "*names no manifests; set paths in it*"),
        ('paths = ["fails.yaml"]\nproperties = ["rollout"]', "*deploy.kverify.toml:2:*properties has no rollout*"),
        ('paths = ["fails.yaml"]\nbaseline = "none.json"', "*the baseline none.json cannot be read*"),
        ('paths = ["fails.yaml"]\nspecs = ["none.kv"]', "*none.kv*"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_an_error(project: pytest.Pytester, text: str, says: str) -> None:
    (project.path / "deploy.kverify.toml").write_text(text, "utf-8")
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([says])
    assert "Traceback" not in result.stdout.str()


def test_workers_share_the_tests(project: pytest.Pytester) -> None:
    suite(project, paths=["fails.yaml"], cluster=["cluster_3.yaml"], properties=["rollout-completes", "schedulable"])
    project.makepyfile(
        """
        import pytest

        @pytest.mark.kverify(manifests="healthy.yaml", property="promises-kept")
        def test_each(kverify_case):
            kverify_case.assert_verified()
        """
    )
    result = run(project, "-n", "2")
    result.assert_outcomes(passed=4, failed=1)


def test_a_configuration_is_no_test_unless_it_is_named(project: pytest.Pytester) -> None:
    (project.path / "kverify.toml").write_text('paths = ["healthy.yaml"]\nproperties = ["promises-kept"]\n', "utf-8")
    assert run(project).ret == pytest.ExitCode.NO_TESTS_COLLECTED
    run(project, "kverify.toml").assert_outcomes(passed=2)


# -- specifications ----------------------------------------------------------------------------------------------------


def test_examples_of_a_specification_are_tests(project: pytest.Pytester) -> None:
    assert run(project).ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result = run(project, "-v", "own.kv")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["own.kv::keeps-two[[]failing example 1] PASSED*"])
    project.makeini("[pytest]\nkverify_specs = own.kv\n")
    run(project).assert_outcomes(passed=2)


def test_an_example_that_does_not_do_what_it_says_fails(project: pytest.Pytester) -> None:
    spec = project.path / "own.kv"
    spec.write_text(spec.read_text("utf-8").replace(">= 2", ">= 4"), "utf-8")
    result = run(project, "own.kv")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["own.kv:*: keeps-two[[]passing example 2]: something is found in it"])


def test_a_specification_with_mistakes_is_an_error(project: pytest.Pytester) -> None:
    (project.path / "bad.kv").write_text("property x\n  always availabel(d) >= 2\n", "utf-8")
    result = run(project, "bad.kv")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*KV5*", "*bad.kv:2:*"])


# -- fixture and marker ------------------------------------------------------------------------------------------------


def test_the_fixture_checks_what_is_configured(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\nkverify_manifests = fails.yaml\nkverify_cluster = cluster_3.yaml\n")
    project.makepyfile(
        """
        import pytest
        from kverify.spec.python import always, available, each
        from kverify.testing import NotVerified

        def test_configured(kverify):
            with pytest.raises(NotVerified, match="a rollout can never complete"):
                kverify.assert_verified(properties=["rollout-completes"])

        def test_another_cluster(kverify):
            kverify.assert_verified(properties=["rollout-completes"], cluster="cluster_4.yaml")

        def test_own(kverify):
            d = each("Deployment")
            asked = [always(available(d) >= 3)]
            report = kverify.check("healthy.yaml", properties=asked, scenario="rollout", cluster=())
            assert [str(proof.verdict.outcome) for proof in report.proofs] == ["holds"]

        def test_readable(kverify):
            kverify.assert_verified(properties=["rollout-completes"])
        """
    )
    result = run(project)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            '>       kverify.assert_verified(properties=[[]"rollout-completes"])',
            "E       kverify.testing.verified.NotVerified: error[[]KV4001] Deployment default/web: a rollout can*",
            "test_the_fixture_checks_what_is_configured.py:19: NotVerified",
        ]
    )


def test_the_fixture_reads_the_configuration_of_the_repository(project: pytest.Pytester) -> None:
    (project.path / "kverify.toml").write_text(
        'paths = ["fails.yaml"]\ncluster = ["cluster_4.yaml"]\nproperties = ["rollout-completes"]\n', "utf-8"
    )
    project.makepyfile(
        """
        def test_all(kverify):
            report = kverify.assert_verified()
            assert [proof.property for proof in report.proofs] == ["rollout-completes"]
        """
    )
    run(project).assert_outcomes(passed=1)
    (project.path / "kverify.toml").write_text("path = 3\n", "utf-8")
    result = run(project)
    result.stdout.fnmatch_lines(["*kverify.toml:1:1*"])
    assert result.ret != 0


def test_properties_as_objects_go_with_a_configuration_of_ones_own_ids(project: pytest.Pytester) -> None:
    spec = "property mine\n  id SHOP1\n  under rollout\n  for d in Deployment\n  always available(d) >= 1\n"
    (project.path / "ids.kv").write_text(spec, "utf-8")
    (project.path / "kverify.toml").write_text(
        'paths = ["healthy.yaml"]\nspecs = ["ids.kv"]\n[severity]\nSHOP1 = "warning"\n', "utf-8"
    )
    project.makepyfile(
        """
        import pytest
        from kverify.spec.python import always, available, each
        from kverify.testing.suite import SuiteError

        asked = always(available(each("Deployment")) >= 3).named("all-are-left")

        def test_object(kverify):
            report = kverify.check(properties=[asked], scenario="rollout")
            (proof,) = report.proofs
            assert (proof.property, str(proof.verdict.outcome)) == ("all-are-left", "holds")

        def test_name_of_nothing(kverify):
            with pytest.raises(SuiteError, match="no-such"):
                kverify.check(properties=["no-such", asked], scenario="rollout")
        """
    )
    run(project).assert_outcomes(passed=2)
    text = (project.path / "kverify.toml").read_text("utf-8")
    (project.path / "kverify.toml").write_text(text.replace("SHOP1", "SHOP2"), "utf-8")
    run(project).stdout.fnmatch_lines(["*severity of SHOP2: there is no such id*"])


def test_a_marked_test_runs_for_each_property_of_each_object(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_marked="""
        import pytest

        pytestmark = pytest.mark.kverify(manifests="fails.yaml", cluster="cluster_3.yaml")

        @pytest.mark.kverify(property=["rollout-*", "promises-kept"], object="Deployment *")
        def test_each(kverify_case):
            kverify_case.assert_verified()

        @pytest.mark.kverify(property="autoscaler-kept")
        def test_nothing(kverify_case):
            kverify_case.assert_verified()
        """
    )
    result = run(project, "-v")
    result.assert_outcomes(passed=1, failed=1, skipped=1)
    result.stdout.fnmatch_lines(["test_marked.py::test_each[[]rollout-completes[[]Deployment default/web]] FAILED*"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ('propperty="x"', "*the marker kverify takes no propperty; it takes property, object, *"),
        ('manifests="fails.yaml", property="rollout"', "*means none of *rollout-completes*"),
        ('property="x"', "*nothing names no manifests*"),
    ],
)
def test_a_marker_that_means_nothing_is_an_error(project: pytest.Pytester, arguments: str, says: str) -> None:
    project.makepyfile(
        f"""
        import pytest

        @pytest.mark.kverify({arguments})
        def test_each(kverify_case):
            kverify_case.assert_verified()
        """
    )
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([says])


# -- being a guest -----------------------------------------------------------------------------------------------------


def test_the_plugin_is_registered() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"kverify": PLUGIN}


def test_who_does_not_use_it_does_not_load_kverify() -> None:
    """Of all pytest loads at its start, only the plugin and the packages around it are kverify's, and no Hypothesis."""
    program = (
        "import sys, kverify.testing.pytest_plugin; "
        "print(sorted(n for n in sys.modules if n.split('.')[0] in ('kverify', 'hypothesis', 'attrs', 'z3', 'yaml')))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert loaded.strip() == "['kverify', 'kverify.testing', 'kverify.testing.pytest_plugin']"


def test_without_hypothesis_the_assertion_works_and_the_rest_says_what_to_install() -> None:
    program = """
import sys
sys.modules["hypothesis"] = None
from kverify.testing import assert_verified
try:
    from kverify.testing import state_machine
except ImportError as error:
    print(error)
"""
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "state_machine needs Hypothesis: pip install kverify[testing]"


def test_every_public_name_is_there_and_none_is_a_module() -> None:
    import kverify.testing

    modules = {path.stem for path in (ROOT / "kverify" / "testing").glob("*.py")}
    assert modules.isdisjoint(kverify.testing.__all__)
    assert all(hasattr(kverify.testing, name) for name in kverify.testing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        kverify.testing.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "the baseline known.json cannot be read: No such file or directory"),
        ("{", "the baseline cannot be read: known.json:1:2: this is not JSON: "),
    ],
)
def test_a_baseline_that_cannot_be_read_is_named_once(
    text: str | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("web.yaml").write_text(WEB % (3, "RollingUpdate"), "utf-8")
    if text is not None:
        Path("known.json").write_text(text, "utf-8")
    with pytest.raises(SuiteError) as caught:
        Suite.of(Configuration(paths=("web.yaml",), baseline="known.json"))
    assert str(caught.value).startswith(says)
    assert str(caught.value).count("known.json") == 1
