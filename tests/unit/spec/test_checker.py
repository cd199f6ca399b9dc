"""Names and types: what is right passes, what is wrong is said where it stands, with what was meant."""

from __future__ import annotations

import pytest

from kverify.spec.language.checker import check, setting
from kverify.spec.language.functions import Stage
from kverify.spec.language.library import assemble, standard
from kverify.spec.language.parser import parse_expression


def problems_of(text: str) -> list[tuple[str, str, str]]:
    """What the marked line of ``text`` says: the underlined text, the message, the mend."""
    library, problems = assemble([("x.kv", text)])
    found = [*problems, *check(library)[1]]
    lines = text.split("\n")
    return [
        (lines[p.span.line - 1][p.span.column - 1 : p.span.end_column - 1], p.message, p.mend)
        for p in found
        if p.span.file == "x.kv"
    ]


def formula(text: str, kind: str = "Deployment") -> list[tuple[str, str, str]]:
    return problems_of(f"property p\n  for d in {kind}\n  always {text}\n")


def policy(text: str, kind: str = "Pod") -> list[tuple[str, str, str]]:
    return problems_of(f"policy p\n  for p in {kind}\n  require {text}\n")


@pytest.mark.parametrize(
    "text",
    [
        "available(d) >= d.spec.replicas - max_unavailable(d)",
        'd.spec.strategy.type == "Recreate" or d.spec.strategy.rollingUpdate.maxSurge == 25%',
        'd.labels["app"] == d.metadata.labels["app"]',
        "d.spec.template.spec.terminationGracePeriodSeconds >= 1h30min",
        'forall c in containers(d): c.resources.requests["cpu"] <= 1',
        'sum(c.resources.requests["memory"] for c in containers(d)) <= 2Gi',
        "count(n in Node where on(d, n) >= 2) == 0",
        "(if d.spec.replicas > 3 then available(d) else ready(d)) >= 1",
        "exists s in Service where selects(s, d): ready_endpoints(s) >= 1",
        '"web" in ["web", "api"] and "app" in d.labels',
        "scaled_up(25%, d.spec.replicas) >= 1",
    ],
)
def test_what_is_right(text: str) -> None:
    assert formula(text) == []


@pytest.mark.parametrize(
    ("text", "marked", "words"),
    [
        ("d.spec.replica > 1", "replica", "did you mean replicas?"),
        ("d.spec.min_ready_seconds > 1s", "min_ready_seconds", "did you mean minReadySeconds?"),
        ("spec.replicas > 1", "spec", "did you mean d.spec?"),
        ("len(containers(d)) > 1", "len", "did you mean size?"),
        ("availabel(d) > 1", "availabel", "did you mean available?"),
        ("available(e) > 1", "e", "nothing is called e"),
        ("available(d, d) > 1", "available(d, d)", "not 2"),
        ("available(d) >= d.spec.minReadySeconds", "available(d) >= d.spec.minReadySeconds", "a number"),
        ("d.spec.minReadySeconds >= 30", "d.spec.minReadySeconds >= 30", "write 30s"),
        ("d.spec.minReadySeconds >= 5m", "d.spec.minReadySeconds >= 5m", "5min"),
        ("d.spec.strategy.rollingUpdate.maxSurge > 1", "d.spec.strategy.rollingUpdate.maxSurge > 1", "max_surge(d)"),
        ("forall c in containers(d): c.resources.limits[\"memory\"] < 5",
         'c.resources.limits["memory"] < 5', "write 5Gi or 5Mi"),
        ("forall c in containers(d): c.resources.limits[\"memory\"] < 500m", "500m", "500Mi"),
        ("forall c in containers(d): c.resources.limits[\"cpu\"] < 500Mi", "500Mi", "500m"),
        ("d.labels.app == \"x\"", "app", 'write ["app"]'),
        ("containers(d).image == \"x\"", "image", "forall"),
        ("d.spec.replicas", "d.spec.replicas", "compare it"),
        ("containers(d)", "containers(d)", "has"),
        ("d.spec.paused == \"true\"", "d.spec.paused == \"true\"", "without quotes"),
        ("d.metadata.name == 3", "d.metadata.name == 3", 'write "3"'),
        ("ready_endpoints(d) > 1", "d", "a Service"),
        ("has(3)", "3", "field"),
        ("node(d).name == \"x\"", "node(d)", "on(d, n)"),
        ("d.metadata.name in \"x\"", "\"x\"", "contains"),
        ("sum(c.image for c in containers(d)) == \"\"", "c.image", "adds"),
    ],
)  # fmt: skip
def test_what_is_wrong(text: str, marked: str, words: str) -> None:
    found = formula(text)
    assert len(found) == 1
    assert found[0][0] == marked
    assert words in " | ".join(found[0][1:])


def test_one_mistake_is_said_once() -> None:
    assert len(formula("unknown.a.b + 1 > 2 and has(unknwon(d).x)")) == 2


def test_a_filter_cannot_ask_the_state() -> None:
    found = problems_of("property p\n  for d in Deployment where d.spec.paused or ready(d) > 1\n  always true\n")
    assert [(marked, mend) for marked, _, mend in found] == [("ready(d)", "say it in the formula: P implies Q")]


def test_a_policy_may_ask_where_pods_are_bound() -> None:
    text = 'policy p\n  for p in Pod where node(p).labels["gpu"] == "a"\n  require p.namespace == "ml"\n'
    library, problems = assemble([("x.kv", text)])
    checked, more = check(library)
    assert (problems, more) == ((), ())
    assert checked.stages == {"p": Stage.BINDING}


def test_groups_have_what_their_kinds_share() -> None:
    assert formula('d.name == "x"', "Workload") == []
    ((marked, message, _),) = formula("d.spec.replicas > 1", "Workload")
    assert (marked, "share" in message) == ("spec", True)


@pytest.mark.parametrize(
    ("text", "marked", "words"),
    [
        ("property p\n  for d in Deploment\n  always true", "Deploment", "did you mean Deployment?"),
        ("property p\n  under rolout\n  always true", "rolout", "did you mean rollout?"),
        ('property p\n  "only words"', "property p", "no formula"),
        ("policy p\n  require true", "policy p", "of no objects"),
        ("policy p\n  for d in Deployment\n  under rollout\n  require has(d.spec)", "rollout", "nothing that changes"),
        ("scenario s\n  at most 1 node_crsh", "node_crsh", "did you mean node_crash?"),
        ("scenario s\n  for d in Deployment", "for d in Deployment", "cannot stand in a scenario"),
        ("finding f\n  id ACME-1", "finding f", "no severity"),
        ("property p\n  id KV4001\n  always true", "id KV4001", "prefix of your own"),
        ("property p\n  always true\n  never true", "never true", "twice"),
        ("define f(d: Deploment) = 1", "d: Deploment", "did you mean Deployment?"),
        ("define f(d: Deployment) = g(d)\ndefine g(d: Deployment) = 1", "g", "there is no function g"),
        ("define ready(d: Deployment) = 1", "define ready(d: Deployment) = 1", "a function of the language"),
        ("parameter Pod = 1", "parameter Pod = 1", "name of a kind"),
        ("parameter a = size([1])", "size([1])", "constant"),
    ],
)
def test_structure(text: str, marked: str, words: str) -> None:
    found = problems_of(text)
    assert found
    assert found[0][0] == marked
    assert words in " | ".join(found[0][1:])


def test_nothing_is_missed_where_a_line_could_not_be_read() -> None:
    found = problems_of(
        "property p\n  for d in Deployment, e in Service\n  always ready(d) && x\npolicy q\n  require a b\n"
    )
    assert [marked for marked, _, _ in found] == [",", "&&", "b"]


def test_parameters_are_set_within_their_type() -> None:
    library, _ = assemble([("x.kv", 'parameter headroom = 1\nparameter team = "ml"\n')])

    def wrong(name: str, text: str) -> str:
        value, problems = parse_expression(text)
        assert value is not None
        assert not problems
        return setting(library, name, value)

    assert wrong("headroom", "2") == ""
    assert wrong("headroom", '"2"') == "headroom is a number, and this is a text"
    assert "did you mean headroom?" in wrong("hedroom", "2")


def test_the_standard_library_has_no_mistakes() -> None:
    assert check(standard())[1] == ()
