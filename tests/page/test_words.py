"""Names of the model in the words of Kubernetes: none is left as it is, and conditions keep their sense."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kverify.checks.builtin import quiescence
from kverify.checks.deciding import scenes
from kverify.report.html import words
from tests.page import documents

TITLES = {"shop/web/old": "ReplicaSet web (old)", "shop/web/new": "ReplicaSet web (new)"}


def reports() -> list[Any]:
    return [*map(documents.golden, documents.names()), documents.lasso(), documents.drain()]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("shop/web/new.pending", "pending pods of web (new)"),
        ("shop/web/new.starting@worker-1.eu", "not ready pods of web (new) on worker-1.eu"),
        (f"shop/web/old.available@{scenes.ELSEWHERE.name}", "available pods of web (old) on another node"),
        (f"shop/web/old.terminating@{quiescence.KEEPER.name}", "terminating pods of web (old) on a node that keeps it"),
        ("shop/web/new.available", "available pods of web (new)"),
        ("shop/web/old.spec", "wanted pods of web (old)"),
        ("shop/web/old.seen", "available pods of web (old), as last reported"),
        ("old.spec", "wanted pods of the old revision"),
        ("worker-1.status", "worker-1"),
        ("left.node_crash", "how often node crash may still happen"),
        ("Deployment shop/web.template", "the template of Deployment shop/web"),
        ("Deployment shop/web.replicas", "spec.replicas of Deployment shop/web"),
        ("outage", "all readiness probes fail"),
        ("n", "n"),
    ],
)
def test_a_variable_says_what_it_counts(name: str, says: str) -> None:
    assert words.variable(name, TITLES) == says


def test_no_name_of_a_run_is_left_as_it_is() -> None:
    seen = 0
    for document in reports():
        for finding in document["findings"]:
            trace = (finding["verdict"] or {}).get("trace")
            if trace is None or trace["legend"] is None:
                continue
            for name in trace["start"]:
                seen += 1
                assert not re.search(r"[@]|\w/\w.*\.\w", words.variable(name, {})) or name not in words.variable(
                    name, {}
                )
    assert seen > 50


def test_invariants_are_told_part_by_part_and_nothing_gets_lost() -> None:
    told = 0
    for document in reports():
        for proof in document["proofs"]:
            evidence = proof["verdict"]["evidence"] or ""
            said = words.invariant(evidence, {})
            assert (said is not None) == evidence.startswith("invariant: ")
            if said is None:
                continue
            told += 1
            parts, rank = said
            whole = evidence.removeprefix("invariant: ").partition("; rank: ")[0]
            last = -1
            for part in parts[:-1]:
                last = words.condition(whole, {}).index(part, last + 1)
            if "(" not in whole:
                bounds = re.findall(r"(?:^| and )0 <= [^ ]+(?:@[^<>=+]+?)?(?= and |$)", whole)
                assert len(parts) == len(re.split(" and ", whole)) - len(bounds) + bool(bounds)
            assert ("; rank: " in evidence) == bool(rank)
            assert not re.search(r"@|\.(spec|pending|available|seen)\b", " ".join(parts) + rank)
            assert words.names(evidence, {})
    assert told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("shop/web/old.spec + shop/web/new.spec <= 3", "wanted pods of web (old) + wanted pods of web (new) ≤ 3"),
        ("-shop/web/old.spec + 4 == 2", "-wanted pods of web (old) + 4 = 2"),
        ("2 * new.available@a node - old.spec < 1", "2 × available pods of the new revision on a node − "
         "wanted pods of the old revision < 1"),
        ("shop/web/new.ready@n1 or 3 nodes like it <= 0", "ready pods of web (new) on n1 or 3 nodes like it ≤ 0"),
        ("n1.status != 1 and (not the node.status == 2 or x)", "n1 is not cordoned and (not the node is silent or x)"),
        ("-10 * n1.status", "-10 × the status of n1"),
        ("shop/web/new.ready@the next node <= 0 and x", "ready pods of web (new) on the next node ≤ 0 and x"),
    ],
)  # fmt: skip
def test_a_condition_is_said_with_its_signs(text: str, says: str) -> None:
    assert words.condition(text, TITLES) == says


def test_parts_within_brackets_stay_together() -> None:
    said = words.invariant("invariant: a == 0 and (b == 0 and c == 0 or d == 0) and 0 <= x.spec", {})
    assert said == (["a = 0", "(b = 0 and c = 0 or d = 0)", "no number of pods is below 0"], "")


def test_actions_are_told_without_their_places() -> None:
    assert words.action("delete available shop/web/old@n1", TITLES) == "delete available web (old)"
    assert words.action("scale up shop/web/new", TITLES) == "scale up web (new)"
    assert words.action("scale up shop/web/newer", TITLES) == "scale up shop/web/newer"
