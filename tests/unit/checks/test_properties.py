"""Properties of the user are decided by the engines: each shape, each scenario, and what the model cannot say."""

from __future__ import annotations

import pytest

from kverify.checks.declared.properties import ALREADY

from .properties_helpers import STATEFUL, WEB, ask, nodes, one, outcomes


@pytest.mark.parametrize(
    ("formula", "outcome"),
    [
        ("always available(d) >= 2", "holds"),
        ("always available(d) >= 3", "violated"),
        ("never available(d) == 1", "holds"),
        ("never available(d) >= 3", "violated"),
        ("always available(d) >= desired(d) - max_unavailable(d)", "holds"),
        # What is wanted keeps to the surge; pods of an old ReplicaSet that are still to be deleted come on top.
        ("always replicas(d) <= desired(d) + max_surge(d)", "violated"),
        ("always replicas(d) <= desired(d)", "violated"),
        ("always replicas(d) == ready(d) + pending(d) + starting(d)", "holds"),
        ("always unavailable(d) == replicas(d) - available(d)", "holds"),
        ("eventually complete(d)", "holds"),
        ("eventually updated(d) == 2 and terminating(d) == 0", "holds"),
        ("eventually available(d) >= 4", "violated"),
        ("eventually always complete(d)", "holds"),
        ("eventually always replicas(d) == 3", "violated"),
        ("always eventually available(d) == 2", "holds"),
        ("always eventually pending(d) == 1", "violated"),
        ("pending(d) >= 1 leads to pending(d) == 0", "holds"),
        ("available(d) >= 2 leads to available(d) >= 4", "violated"),
        ("available(d) >= 9 leads to available(d) >= 4", "vacuous"),
        ("always available(d) >= 9 implies available(d) >= 4", "vacuous"),
        ("always updated(d) >= 1 implies available(d) >= 2", "holds"),
        ("once available(d) >= 9, always available(d) >= 4", "vacuous"),
        ("once updated(d) >= 1, always updated(d) >= 1", "holds"),
        ("once pending(d) >= 1, always pending(d) >= 1", "violated"),
        ("available(d) >= 2 until complete(d)", "holds"),
        ("available(d) == 2 until complete(d)", "violated"),
        ("possibly available(d) == 3", "holds"),
        ("possibly available(d) == 5", "violated"),
        ("recoverable complete(d)", "holds"),
        ("recoverable available(d) == 4", "violated"),
        ("comes to rest", "holds"),
        ('always condition(d, "Available")', "holds"),
        ("always if updated(d) == 0 then available(d) == 2 else available(d) >= 2", "holds"),
        ("always (exists s in Service where selects(s, d): ready_endpoints(s) >= 2)", "holds"),
        ("always (forall b in PodDisruptionBudget: healthy(b) >= 2 and disruptions_allowed(b) >= 1)", "holds"),
    ],
)
def test_shapes(formula: str, outcome: str) -> None:
    assert one(formula) == outcome


@pytest.mark.parametrize(
    ("scenario", "formula", "outcome"),
    [
        ("drain", "eventually drained()", "holds"),
        ("drain", "eventually always complete(d)", "holds"),
        ("node-loss", "eventually always complete(d) and disturbance_over()", "holds"),
        ("drain", "always available(d) >= 1", "holds"),
        ("drain", "always available(d) >= 2", "violated"),
        ("rollout-of-a-broken-template", "eventually complete(d)", "violated"),
        ("rollout-of-a-broken-template", "always available(d) >= 2", "holds"),
        ("creation", "eventually always available(d) == 2", "holds"),
        ("creation", "always available(d) <= 2 and wanted(d) == 2", "holds"),
        ("creation", "eventually available(d) == 3", "violated"),
        ("creation", "always available(d) >= 1", "violated"),
        ("drain", "comes to rest", "holds"),
        ("s", "always available(d) >= 1", "holds"),
        ("s", "always available(d) >= 2", "violated"),
        ("s", "eventually always complete(d)", "holds"),
    ],
)
def test_scenarios(scenario: str, formula: str, outcome: str) -> None:
    deletion = "scenario s\n  at most 1 delete_pod\n" if scenario == "s" else ""
    assert one(formula, scenario, more=deletion) == outcome


def test_a_drain_that_may_evict_nothing_never_ends() -> None:
    second = WEB + "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: second}\n"
    second += "spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}\n"
    assert one("eventually drained()", "drain", wanted=second) == "violated"


def test_a_drain_evicts_pods_whose_image_cannot_be_pulled() -> None:
    """Such pods are Pending, and no budget is asked for those. Of others that are not Ready the budget is asked: the
    rollout leaves no old pod, and then none of the one it wants is healthy."""
    for fault, outcome in (("image_pull_failure", "holds"), ("crash_loop", "violated"), ("probe_failure", "violated")):
        for begins in (f"starts with {fault}", f"starts with rollout\n  at most 1 {fault}"):
            scenario = f"scenario s\n  {begins}\n  at most 1 drain\n"
            assert one("recoverable drained()", "s", more=scenario, unavailable="2") == outcome, (fault, begins)


@pytest.mark.parametrize(
    ("formula", "scenario", "already"),
    [
        ("eventually available(d) >= 2", "rollout", True),
        ("eventually available(d) >= 2", "drain", True),
        ("available(d) >= 2 until available(d) >= 1", "rollout", True),
        ("eventually complete(d)", "rollout", False),
        # Of the nodes there is one with a pod to evict and one without.
        ("eventually drained()", "drain", False),
        ("available(d) >= 2 until complete(d)", "rollout", False),
        # More than once is asked.
        ("eventually always available(d) >= 2", "rollout", False),
        ("always available(d) >= 2", "rollout", False),
    ],
)
def test_a_goal_that_every_run_begins_with_is_said_to_be(formula: str, scenario: str, already: bool) -> None:
    report = ask(f"property p\n  under {scenario}\n  for d in Deployment\n  {formula}\n", cluster=nodes(3))
    (proof,) = report.proofs
    assert str(proof.verdict.outcome) == "holds"
    assert (ALREADY in proof.verdict.method) is already


def test_what_is_too_big_to_search_is_proved_or_unknown() -> None:
    big = WEB.replace("replicas: 2", "replicas: 200")
    text = "property kept\n  under rollout\n  for d in Deployment\n  always available(d) >= 200\n"
    text += "property ends\n  under rollout\n  for d in Deployment\n  eventually always complete(d)\n"
    text += "property odd\n  under rollout\n  for d in Deployment\n  always eventually available(d) >= 200\n"
    report = ask(text, big, max_states=500)
    assert outcomes(report) == ["kept: holds", "ends: holds", "odd: unknown"]
    methods = [proof.verdict.method for proof in report.proofs]
    assert methods[0].startswith("induction")
    assert methods[1] == "ranking function"


def test_places() -> None:
    cluster = nodes(2)
    for_all = "always forall n in Node: on(d, n) <= 2"
    assert one(for_all, cluster=cluster) == "violated"  # The old and the new pods of a rollout on one node.
    assert one("always forall n in Node: on(d, n) <= 4", cluster=cluster) == "holds"
    assert one('always skew(d, "zone") <= 3', "drain", cluster=cluster) == "holds"
    assert one('always skew(d, "zone") <= 1', "drain", cluster=cluster) == "violated"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("always restarts(d) < 1", "does not count restarts"),
        ('always condition(d, "Progressing")', "does not know the condition Progressing"),
        ("always drained()", "no node is drained in this scenario"),
        ("always forall n in Node: on(d, n) <= 2", "no nodes were given"),
        ('always skew(d, "zone") <= 2', "nodes are not told apart"),
    ],
)
def test_what_the_model_does_not_know_is_unknown_with_its_reason(text: str, words: str) -> None:
    (proof,) = ask(f"property p\n  under rollout\n  for d in Deployment\n  {text}\n").proofs
    assert str(proof.verdict.outcome) == "unknown"
    assert words in proof.verdict.reason


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("starts with rollout\n  at most 1 scale\n  at most 1 drain", "does not have drain and scale in one run"),
        ("starts with drain\n  at most 1 node_crash", "does not have drain and node_crash in one run"),
        (
            "starts with rollout\n  at most 1 drain\n  at most 1 taint",
            "does not have rollout, taint and drain in one run",
        ),
        ("at most 1 stale_status", "only modelled of a rollout"),
        ("at most 2 node_crash", "one node_crash at a time"),
        ("at most 1 roll_back", "only a rollout can be rolled back"),
        ("at most 1 pause", "only a rollout can be paused"),
        ("starts with apply\n  at most 1 delete_pod", "besides an apply"),
        ("starts with maintenance\n  at most 1 delete_pod", "while nodes are maintained"),
    ],
)
def test_what_the_model_cannot_play_is_unknown_with_its_reason(scenario: str, words: str) -> None:
    (proof,) = ask(f"scenario s\n  {scenario}\nproperty p\n  under s\n  for d in Deployment\n  always true\n").proofs
    assert str(proof.verdict.outcome) == "unknown"
    assert words in proof.verdict.reason


@pytest.mark.parametrize(
    ("kind", "outcome"), [("ClusterIP", "unknown"), ("ExternalName, externalName: db.example.org", "holds")]
)
def test_a_service_of_type_external_name_has_no_endpoints(kind: str, outcome: str) -> None:
    """Whatever it selects: here pods of which the model does not know how many are ready."""
    spec = f"{{type: {kind}, selector: {{app: db}}, ports: [{{port: 80}}]}}"
    service = f"\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: db}}\nspec: {spec}\n---"
    formula = 'always (forall s in Service where s.metadata.name == "db": ready_endpoints(s) == 0)'
    assert one(formula, wanted=STATEFUL + service + WEB) == outcome


def test_kinds_that_are_not_modelled_are_unknown() -> None:
    (proof,) = ask(
        "property p\n  under drain\n  for d in StatefulSet\n  always ready(d) >= 1\n", STATEFUL + "---" + WEB
    ).proofs
    assert str(proof.verdict.outcome) == "unknown"
    assert "StatefulSet" in proof.verdict.reason


def test_a_node_that_is_like_another_is_not_told_apart() -> None:
    text = "property p\n  under rollout\n  for d in Deployment\n"
    text += '  for n in Node where n.name == "n2"\n  always on(d, n) <= 9\n'
    (proof,) = ask(text, cluster=nodes(2, zones=1)).proofs
    assert str(proof.verdict.outcome) == "unknown"
    assert "forall n in Node" in proof.verdict.reason


def test_without_under_every_disturbance_is_asked() -> None:
    report = ask("property p\n  for d in Deployment\n  always available(d) >= 0\n")
    assert [proof.message for proof in report.proofs] == ["p (rollout)", "p (drain)", "p (node-loss)"]


def test_a_policy_over_states_is_a_property() -> None:
    text = "policy p\n  under rollout\n  for s in Service\n"
    text += "  require ready_endpoints(s) >= 2\n  forbid ready_endpoints(s) >= 3\n"
    assert sorted(outcomes(ask(text))) == ["p: holds", "p: violated"]


def test_a_finding_says_what_happened() -> None:
    text = 'property keeps-all\n  "All replicas stay available."\n  id ACME-1\n  severity warning\n  under rollout\n'
    text += "  for d in Deployment\n  always available(d) >= d.spec.replicas\n"
    (finding,) = ask(text, unavailable="1").findings
    assert (finding.id, str(finding.severity), finding.object) == ("ACME-1", "warning", "Deployment default/web")
    assert finding.message == "it may break keeps-all under rollout: all replicas stay available"
    assert [cause.path for cause in finding.causes] == ["spec.replicas", "keeps-all"]
    assert finding.outcome == "Now available(d) is 1 and d.spec.replicas is 2."
    assert finding.verdict is not None
    assert finding.verdict.trace is not None
    assert len(finding.steps) == len(finding.verdict.trace.steps) > 0


@pytest.mark.parametrize(
    ("formula", "cluster", "outcome", "words"),
    [
        # The budget keeps one; without nodes they are assumed to be there.
        ("always available(d) >= 1", nodes(3), "holds", ""),
        ("always available(d) >= 1", "", "holds", ""),
        ("always available(d) >= 2", nodes(3), "violated", ""),
        ("always available(d) >= 2", "", "violated", ""),
        ("never available(d) <= 0", nodes(3), "holds", ""),
        # True, but not by what two nodes or one step of induction show.
        ("always terminating(d) <= 2", nodes(3), "unknown", "not proved for any nodes"),
        ("eventually always complete(d)", nodes(3), "unknown", "only always and never"),
        ("always forall n in Node: on(d, n) <= 2", nodes(3), "unknown", "not told apart"),
    ],
)
def test_maintenance(formula: str, cluster: str, outcome: str, words: str) -> None:
    """Nodes are drained one after another."""
    report = ask(f"property p\n  under maintenance\n  for d in Deployment\n  {formula}\n", cluster=cluster)
    assert outcomes(report) == [f"p: {outcome}"]
    assert all(words in proof.verdict.reason for proof in report.proofs)
