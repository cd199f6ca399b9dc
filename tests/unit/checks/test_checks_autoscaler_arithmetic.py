"""The autoscaler's arithmetic, with the edges at which floating point and whole percents decide."""

from __future__ import annotations

import pytest

from kverify.model.components.horizontal_autoscaler import desired, utilisation


@pytest.mark.parametrize(
    ("usage", "requests", "percent"), [(100, 300, 33), (199, 100, 199), (0, 8, 0), (999, 1000, 99)]
)
def test_utilisation_is_cut_off(usage: int, requests: int, percent: int) -> None:
    assert utilisation(usage, requests) == percent


@pytest.mark.parametrize(
    ("pods", "percent", "target", "wanted"),
    [
        (10, 50, 50, 10),
        (10, 55, 50, 10),
        (10, 56, 50, 12),
        (10, 45, 50, 10),
        (10, 44, 50, 9),
        (5, 106, 91, 6),
        (9, 99, 91, 9),
        (4, 0, 50, 0),
    ],
)
def test_desired(pods: int, percent: int, target: int, wanted: int) -> None:
    assert desired(pods, percent, target) == wanted


def test_without_tolerance_a_percent_is_enough() -> None:
    assert desired(73, 92, 91, up=0.0) == 74
    assert desired(73, 91, 91, up=0.0) == 73
