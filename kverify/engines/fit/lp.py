"""Linear programs whose bounds are exact although a solver in floating point found them.

A solver (HiGHS, by ``highspy``, an extra) maximises a sum under constraints ``row * x <= bound``, ``0 <= x <= most``.
Of its answer only the weights of the rows are taken: any weights that are not negative, whoever chose them, prove

    maximum  <=  sum(weight * bound)  +  sum over x of most * max(0, gain - sum(weight * row))

and the right side is added up in integers. A wrong weight makes the bound worse, never false.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from attrs import define, field, frozen

_DIGITS = 40
"""Weights are taken to so many binary digits behind the point, after rows are scaled to have coefficients up to 1."""


def available() -> bool:
    """Whether the solver is installed."""
    return importlib.util.find_spec("highspy") is not None


@frozen(eq=False)
class Solution:
    """``bound`` is proved: the maximum is not greater. ``weights`` are those of the rows; ``values`` are a guess at
    the variables."""

    bound: Fraction
    weights: tuple[Fraction, ...]
    values: tuple[float, ...]


@define(eq=False)
class Program:
    """Maximise ``sum(gain * x)``. Variables and rows are known by their number; all numbers are integers."""

    gains: list[int] = field(factory=list)
    most: list[int] = field(factory=list)
    rows: list[tuple[dict[int, int], int]] = field(factory=list)

    def variable(self, most: int, gain: int = 0) -> int:
        """A new variable between 0 and ``most``."""
        self.gains.append(gain)
        self.most.append(most)
        return len(self.gains) - 1

    def at_most(self, row: Mapping[int, int], bound: int) -> int:
        """A new row: ``sum(factor * x) <= bound``."""
        self.rows.append(({x: factor for x, factor in row.items() if factor}, bound))
        return len(self.rows) - 1

    def solve(self) -> Solution:
        """An upper bound of the maximum. Raises ``ModuleNotFoundError`` where the solver is not installed."""
        shifts = [max((abs(factor) for factor in row.values()), default=1).bit_length() for row, _ in self.rows]
        values, duals = self._ask(shifts)
        top = max(shifts, default=0)
        # All weights as integers over 2 ** (_DIGITS + top).
        weights = [
            max(round(dual * 2.0**_DIGITS), 0) << (top - shift) for dual, shift in zip(duals, shifts, strict=True)
        ]
        one = 1 << (_DIGITS + top)
        missing = [gain * one for gain in self.gains]
        bound = 0
        for weight, (row, limit) in zip(weights, self.rows, strict=True):
            if weight:
                bound += weight * limit
                for x, factor in row.items():
                    missing[x] -= weight * factor
        bound += sum(most * short for most, short in zip(self.most, missing, strict=True) if short > 0)
        return Solution(Fraction(bound, one), tuple(Fraction(weight, one) for weight in weights), values)

    def _ask(self, shifts: Sequence[int]) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """What HiGHS says, with every row scaled down by a power of two: variables, and weights of the scaled rows."""
        import highspy
        import numpy as np

        model: Any = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self.gains), len(self.rows)
        model.sense_ = highspy.ObjSense.kMaximize
        model.col_cost_ = np.array(self.gains, dtype=float)
        model.col_lower_ = np.zeros(len(self.gains))
        model.col_upper_ = np.array(self.most, dtype=float)
        model.row_lower_ = np.full(len(self.rows), -highspy.kHighsInf)
        scales = [2.0**-shift for shift in shifts]
        model.row_upper_ = np.array([bound * s for (_, bound), s in zip(self.rows, scales, strict=True)], dtype=float)
        starts = [0]
        columns: list[int] = []
        factors: list[float] = []
        for (row, _), scale in zip(self.rows, scales, strict=True):
            columns += row.keys()
            factors += [factor * scale for factor in row.values()]
            starts.append(len(columns))
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array(starts, dtype=np.int32)
        model.a_matrix_.index_ = np.array(columns, dtype=np.int32)
        model.a_matrix_.value_ = np.array(factors, dtype=float)
        # Its subclass ``highspy.Highs`` prints a banner before it can be told not to (1.16).
        solver: Any = highspy._core._Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.passModel(model)
        solver.run()
        found = solver.getSolution()
        return tuple(found.col_value), tuple(found.row_dual)
