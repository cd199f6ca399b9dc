"""For real failures ``kverify check --fix`` writes a change with which the second run is clean, and nothing else.

Every line of the copies has a comment behind it: those of lines that stay must stay. What is changed is pinned, and
beside it stands the repaired pair of the scenario: most fixes are that pair.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kverify.cli.main import main
from kverify.manifest.textedit import lines_of

HERE = Path(__file__).parent

# Folder, manifest, cluster, id, and the words of the fix. The ids are gone afterwards.
FIXES = [
    ("a01_rollout_antiaffinity_full", "fails", "cluster_3", "KV4001", "{maxSurge: 0, maxUnavailable: 1}"),
    ("a02_rollout_quota_full", "fails", "", "KV3004", "{maxSurge: 0, maxUnavailable: 1}"),
    ("a03_rollout_capacity_full", "fails", "cluster_2", "KV4001", "{maxSurge: 0, maxUnavailable: 1}"),
    ("a05_rollout_rwo_pvc", "fails", "cluster_2", "KV4001", "spec.strategy.type to Recreate"),
    ("a06_rollout_rwop_pvc", "fails", "cluster_2", "KV4001", "spec.strategy.type to Recreate"),
    ("a07_everything_unavailable_and_never_ready", "fails", "", "KV4007", "{maxSurge: 25%, maxUnavailable: 25%}"),
    ("a11_spread_broken_by_rollout", "fails_three_replicas", "cluster_3", "KV4006", "[pod-template-hash]"),
    ("a11_spread_broken_by_rollout", "fails_four_replicas", "cluster_3", "KV4006", "[pod-template-hash]"),
    ("a13_apply_resets_hpa_replicas", "fails", "", "KV4010", "take spec.replicas out"),
    ("a16_selector_immutable", "fails", "live", "KV1217", "leave spec.selector as it is"),
    ("a18_minready_vs_progress_deadline", "fails", "", "KV1202", "progressDeadlineSeconds to 1200"),
    ("b06_immediate_binding_wrong_zone", "fails", "cluster_2", "KV3005", "WaitForFirstConsumer"),
    ("b06_immediate_binding_wrong_zone", "fails_two_volumes", "cluster_2", "KV3005", "WaitForFirstConsumer"),
    ("c01_pdb_equals_replicas", "fails_min_available", "cluster_3", "KV4003", "maxUnavailable: 1"),
    ("c01_pdb_equals_replicas", "fails_max_unavailable", "cluster_3", "KV4003", "maxUnavailable: 1"),
    ("c03_pdb_vs_hpa_floor", "fails", "cluster_3", "KV4003", "maxUnavailable: 1"),
    ("c04_pdb_two_match_one_pod", "fails", "cluster_3", "KV4003", "leave out the pods of"),
    ("c04_pdb_two_match_one_pod", "fails_empty_selector", "cluster_3", "KV4003", "leave out the pods of"),
    ("c07_single_replica_drain_downtime", "fails", "cluster_3", "KV4005", "to 2, spread over nodes"),
    ("c13_toleration_that_ends", "fails", "cluster_1", "KV4012", "take out spec.template.spec.tolerations[0]"),
    ("d01_nodeselector_typo", "fails", "cluster_3", "KV3001", "disktype: ssd in place of diskType: ssd"),
    ("d01_nodeselector_typo", "fails_value", "cluster_3", "KV3001", "disktype: ssd in place of disktype: sdd"),
    ("d02_toleration_key_value_swapped", "fails", "cluster_gpu", "KV3001", "tolerate dedicated=gpu:NoSchedule"),
    ("d02_toleration_key_value_swapped", "fails_effect", "cluster_gpu", "KV3001", "tolerate dedicated=gpu:NoSchedule"),
    ("d02_toleration_key_value_swapped", "fails_no_value", "cluster_true", "KV3001", "tolerate dedicated=true"),
    ("d02_toleration_key_value_swapped", "rejected_exists_with_value", "cluster_gpu", "KV1216", "[0].value"),
    ("d02_toleration_key_value_swapped", "rejected_seconds", "cluster_gpu", "KV1216", "[0].tolerationSeconds"),
    ("d05_antiaffinity_replicas_gt_nodes", "fails", "cluster", "KV3001", "preferred in place of required"),
    ("e01_preemption_cascade_global_default", "fails", "cluster_full", "KV3007", "preemptionPolicy: Never"),
    ("f09_hpa_zero_replicas", "fails", "cluster_3", "KV4011", "take spec.replicas out"),
    ("kivi_c3_burst_under_two_spreads", "fails", "cluster_3", "KV3009", "spec.maxReplicas"),
    ("kivi_c7_node_name_on_a_tainted_node", "fails", "cluster_3", "KV4012", "tolerate maintenance=yes:NoExecute"),
    ("o03_pod_security_restricted", "fails", "", "KV3003", "allowPrivilegeEscalation, runAsNonRoot"),
    ("o04_missing_priority_class", "fails", "cluster", "KV3003", "shop-high in place of shop-hihg"),
]

# The warnings behind these ids only go away for something else, so a fix is looked for when it is asked for.
SUGGESTED = {"KV3009", "KV4004", "KV4005"}

GONE = {
    ("a13_apply_resets_hpa_replicas", "fails"): 1,
    ("c03_pdb_vs_hpa_floor", "fails"): 1,
    ("d05_antiaffinity_replicas_gt_nodes", "fails"): 3,
    ("f09_hpa_zero_replicas", "fails"): 1,
}
"""How many lines went, with the comments behind them."""


def commented(text: str) -> str:
    """A comment behind every line that has a value."""
    lines = text.splitlines()
    return "".join(
        f"{line}  # line {number}\n" if line.strip() and not line.startswith("---") else f"{line}\n"
        for number, line in enumerate(lines, 1)
    )


def named(report: dict[str, Any], least: str = "warning") -> Counter[tuple[str, str]]:
    severities = ("error",) if least == "error" else ("error", "warning")
    rows = [*report["findings"], *report["diagnostics"]]
    return Counter((row["id"], row["object"]) for row in rows if row["severity"] in severities)


@pytest.mark.parametrize(
    ("folder", "manifest", "cluster", "id", "words"), FIXES, ids=[f"{row[0][:3]}-{row[1]}" for row in FIXES]
)
def test_the_fix_is_written_and_the_second_run_is_clean(
    folder: str,
    manifest: str,
    cluster: str,
    id: str,
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "shop.yaml"
    before = commented((HERE / folder / f"{manifest}.yaml").read_text("utf-8"))
    file.write_text(before, "utf-8")
    monkeypatch.chdir(tmp_path)
    arguments = ["check", "shop.yaml"]
    arguments += ["--cluster", str(HERE / folder / f"{cluster}.yaml")] if cluster else []
    main([*arguments, "-o", "json"])
    first = json.loads(capsys.readouterr().out)
    problem = next(row for row in (*first["findings"], *first["diagnostics"]) if row["id"] == id)

    # What is shown as a patch is what git takes, and what --fix writes.
    suggest = ["--suggest"] if id in SUGGESTED else []
    main([*arguments, "--diff", *suggest])
    patch = capsys.readouterr().out
    assert file.read_text("utf-8") == before
    code = main([*arguments, "--fix", *suggest, "-o", "json"])
    shown = capsys.readouterr()
    assert shown.out, shown.err
    second = json.loads(shown.out)
    after = file.read_text("utf-8")
    assert re.search(rf"^fixed {id} {re.escape(problem['object'])}: .*{re.escape(words)}", shown.err, re.MULTILINE)
    file.write_text(before, "utf-8")
    subprocess.run(["git", "apply", "--unsafe-paths", "-"], input=patch, text=True, check=True, cwd=tmp_path)
    assert file.read_text("utf-8") == after

    # The finding is gone, and nothing as bad is new.
    assert id not in {row["id"] for row in (*second["findings"], *second["diagnostics"])}
    assert not named(second, problem["severity"]) - named(first, problem["severity"])
    assert code == second["exitCode"]

    # Few lines are others now, the rest is byte for byte what it was, and comments are only gone with their lines.
    lines, now = Counter(lines_of(before)), Counter(lines_of(after))
    assert sum((lines - now).values()) <= 4
    lost = set(re.findall("# line [0-9]+", before)) - set(re.findall("# line [0-9]+", after))
    assert len(lost) == GONE.get((folder, manifest), 0)


def test_there_are_enough() -> None:
    assert len({folder for folder, *_ in FIXES}) >= 15
