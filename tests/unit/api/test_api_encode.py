"""Typed objects as plain values and as YAML: nothing is lost, and empty values are printed as Go prints them."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api import OtherObject, parse_quantity
from kverify.api.decode import structure
from kverify.api.encode import plain_value, to_plain, to_yaml, yaml_text
from kverify.manifest import read_text
from kverify.manifest.nodes import to_plain as node_to_plain
from tests.unit.api.api_cases import DEPLOYMENT, POD, accepted, deployment

texts = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])),
    st.text(alphabet="0123456789.-+_eExob:yYnN~ \n#'\"{}[],&*!|>%@`"),
    st.sampled_from(
        ["y", "no", "0o7", "1_0", "12:30:45", "2001-01-01", "=", "<<", "null", "~", "", ".5", "0x1F", "1e3"]
    ),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=20,
)


@given(values)
def test_yaml_reads_back_as_the_same_value(value: Any) -> None:
    """Whatever is text stays text, as keys too."""
    read = read_text(yaml_text({"value": value}), "value.yaml")
    assert not [problem for problem in read.diagnostics if problem.refuses], read.diagnostics
    assert node_to_plain(read.documents[0].root) == {"value": value}


@pytest.mark.parametrize("text", [DEPLOYMENT, POD])
def test_an_object_survives_yaml(text: str) -> None:
    written = accepted(text)
    again = structure(read_text(to_yaml(written), "again.yaml").documents[0])
    assert not again.diagnostics
    assert again.object == written


def test_an_object_of_another_kind_survives_yaml() -> None:
    text = "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  list: [1, {a: null}]\n"
    widget = accepted(text)
    assert isinstance(widget, OtherObject)
    assert to_yaml(widget) == (
        "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  list:\n  - 1\n  - a: null\n"
    )


def test_absent_fields_stay_absent_and_empty_objects_are_printed() -> None:
    plain = to_plain(attrs.evolve(deployment(DEPLOYMENT)), status=False)
    assert "status" not in plain
    assert "creationTimestamp" not in plain["metadata"]
    container = plain["spec"]["template"]["spec"]["containers"][0]
    assert container["resources"] == {}
    assert "command" not in container


@pytest.mark.parametrize(
    ("written", "printed"),
    [("1000m", "1"), ("0.5", "500m"), ("1024Mi", "1Gi"), ("1.5Gi", "1536Mi"), ("1e3", "1e3"), ("0", "0"), ("2k", "2k")],
)
def test_quantities_are_canonical(written: str, printed: str) -> None:
    assert plain_value(parse_quantity(written)) == printed


def test_a_written_zero_of_a_go_value_is_an_absent_field() -> None:
    """``paused`` is a bool in Go and ``replicas`` a pointer: only the second tells zero from nothing."""
    written = deployment(DEPLOYMENT.replace("spec:\n  selector", "spec:\n  paused: false\n  replicas: 0\n  selector"))
    assert written.spec.paused is None
    plain = to_plain(written)
    assert "paused" not in plain["spec"]
    assert plain["spec"]["replicas"] == 0
