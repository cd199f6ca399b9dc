"""From text to something that can be evaluated: parse, expand, check."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from kverify.api.cel.ast import Expr
from kverify.api.cel.checker import Checked, Complaint, check
from kverify.api.cel.environment import Environment
from kverify.api.cel.evaluator import evaluate
from kverify.api.cel.literal_checks import check_literals
from kverify.api.cel.macros import expand
from kverify.api.cel.parser import parse
from kverify.api.cel.types import Type
from kverify.api.cel.values import CelError, Value
from kverify.api.languages.language import TextError


@frozen(eq=False)
class Program:
    """A compiled expression. With ``complaints`` it is one that the API server refuses; ``checked`` is None when it
    could not even be parsed."""

    text: str
    checked: Checked | None
    complaints: tuple[Complaint, ...]

    @property
    def result(self) -> Type | None:
        """The type of its value; None when something is wrong with it."""
        return None if self.checked is None or self.complaints else self.checked.result

    def uses(self, variable: str) -> bool:
        return self.checked is not None and self.checked.uses(variable)

    def evaluate(self, variables: Mapping[str, Value]) -> Value:
        """Its value, or a ``CelError``. Never raises."""
        if self.checked is None or self.complaints:
            return CelError(f"the expression is wrong: {self.complaints[0].message}")
        return evaluate(self.checked, variables)


def compile_text(text: str, environment: Environment) -> Program:
    """Never raises: everything that is wrong is in ``complaints``."""
    try:
        expr: Expr = expand(parse(text), environment.macros)
    except TextError as error:
        return Program(text, None, (Complaint(str(error), error.start, error.end, error.mend),))
    checked = check(expr, environment)
    complaints = checked.complaints or list(check_literals(checked))
    return Program(text, checked, tuple(complaints))
