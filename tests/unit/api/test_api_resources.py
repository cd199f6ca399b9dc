"""The pod request formula."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.quantity import parse_quantity
from kverify.api.resources import pod_request_quantities, pod_requests, qos_class, scheduler_amounts
from kverify.api.types.container import Container, ResourceRequirements
from kverify.api.types.pod import PodSpec


def resources(requests: Mapping[str, str], limits: Mapping[str, str] | None = None) -> ResourceRequirements:
    return ResourceRequirements(
        requests={name: parse_quantity(text) for name, text in requests.items()},
        limits={name: parse_quantity(text) for name, text in (limits or {}).items()},
    )


def cpu(amount: str, *, sidecar: bool = False) -> Container:
    return Container(resources=resources({"cpu": amount}), restart_policy="Always" if sidecar else None)


def test_the_order_of_sidecars_matters() -> None:
    """The documentation's example: a sidecar that starts before the big init container runs beside it."""
    main, init, sidecar = cpu("500m"), cpu("1500m"), cpu("300m", sidecar=True)
    before = PodSpec(containers=(main,), init_containers=(sidecar, init))
    after = PodSpec(containers=(main,), init_containers=(init, sidecar))
    assert pod_requests(before) == {"cpu": 1800}
    assert pod_requests(after) == {"cpu": 1500}


def test_units() -> None:
    container = Container(resources=resources({"cpu": "0.1", "memory": "1.5Gi", "example.com/gpu": "2"}))
    assert pod_requests(PodSpec(containers=(container, container))) == {
        "cpu": 200,
        "memory": 3 * 1024**3,
        "example.com/gpu": 4,
    }
    assert scheduler_amounts({"cpu": parse_quantity("3920m"), "pods": parse_quantity("110")}) == {
        "cpu": 3920,
        "pods": 110,
    }


def test_amounts_are_added_exactly_and_rounded_once() -> None:
    container = Container(resources=resources({"memory": "100m"}))
    assert pod_requests(PodSpec(containers=(container,) * 3)) == {"memory": 1}


def test_limits_stand_in_for_requests() -> None:
    container = Container(resources=resources({"cpu": "1"}, {"cpu": "2", "memory": "1Gi"}))
    assert pod_requests(PodSpec(containers=(container,))) == {"cpu": 1000, "memory": 1024**3}


def test_overhead_comes_on_top() -> None:
    spec = PodSpec(containers=(cpu("1"),), overhead={"cpu": parse_quantity("250m"), "memory": parse_quantity("1Ki")})
    assert pod_requests(spec) == {"cpu": 1250, "memory": 1024}


def test_pod_level_requests_replace_the_sum() -> None:
    spec = PodSpec(containers=(cpu("1"), cpu("1")), resources=resources({"cpu": "5"}))
    assert pod_requests(spec) == {"cpu": 5000}
    limited = PodSpec(containers=(cpu("1"), cpu("1")), resources=resources({}, {"cpu": "5", "memory": "1Ki"}))
    assert pod_requests(limited) == {"cpu": 2000, "memory": 1024}


def test_nothing_requested() -> None:
    assert pod_requests(PodSpec(containers=(Container(),))) == {}


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=6), st.lists(st.integers(0, 50), max_size=3))
def test_against_the_definition(inits: list[tuple[int, bool]], apps: list[int]) -> None:
    """The request is the largest sum of containers that run at the same time."""
    spec = PodSpec(
        containers=tuple(cpu(f"{amount}m") for amount in apps),
        init_containers=tuple(cpu(f"{amount}m", sidecar=sidecar) for amount, sidecar in inits),
    )
    moments = [sum(apps) + sum(amount for amount, sidecar in inits if sidecar)]
    for index, (amount, _) in enumerate(inits):
        moments.append(amount + sum(a for a, sidecar in inits[:index] if sidecar))
    assert pod_requests(spec).get("cpu", 0) == max(moments)
    assert all(str(parse_quantity(q.text)) == q.text for q in pod_request_quantities(spec).values())


@pytest.mark.parametrize(
    ("requests", "limits", "expected"),
    [
        ({}, {}, "BestEffort"),
        ({"cpu": "0"}, {}, "BestEffort"),
        ({"cpu": "1"}, {}, "Burstable"),
        ({}, {"cpu": "1", "memory": "1Gi"}, "Guaranteed"),
        ({"cpu": "500m"}, {"cpu": "1", "memory": "1Gi"}, "Burstable"),
        ({"cpu": "1000m"}, {"cpu": "1", "memory": "1Gi"}, "Guaranteed"),
        ({}, {"cpu": "1"}, "Burstable"),
    ],
)
def test_qos(requests: dict[str, str], limits: dict[str, str], expected: str) -> None:
    container = Container(resources=resources(requests, limits))
    spec = PodSpec(containers=(container,))
    assert qos_class(spec) == expected
    if expected == "Guaranteed":
        assert qos_class(attrs.evolve(spec, init_containers=(Container(),))) == "Burstable"
