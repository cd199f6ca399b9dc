"""What to say about a line that cannot be read, by examples of lines that fail in the same way."""

from __future__ import annotations

import re

from kverify.api.languages.language import Fault, Language, Mistake, TextError
from kverify.spec.language.problems import meant
from kverify.spec.language.syntax import META

MAX_LENGTH = 200_000

HEADS = ("import", "parameter", "define", "property", "policy", "scenario", "finding")
CLAUSES = (
    *META,
    "example",
    "under",
    "for",
    "require",
    "forbid",
    "starts with",
    "at most",
    "always",
    "never",
    "eventually",
    "possibly",
    "recoverable",
    "comes to rest",
    "once",
)

_TITLE = "names of declarations are words joined by hyphens, as in rollout-completes"
_OTHER_WORDS = {
    "is": "write == to compare, has(...) to ask whether a field is set",
    "equals": "write ==",
    "between": "write x >= 2 and x <= 5",
    "scenario": "the scenarios of a property are named by under",
    "exists": "write has(...) to ask whether a field is set",
    "contains": "write contains(text, part), or item in list",
}
"""What other languages write, and what is written here."""

_SIGNS = {
    "&&": "write and",
    "||": "write or",
    "!": "write not",
    "=": "write == to compare",
    "=>": "write implies",
    "->": "write implies, or leads to between conditions",
}


def _sign(fault: Fault) -> str:
    if fault.found == "*" and fault.before.endswith("["):
        return "write forall x in ...: x.field, or exists"
    if fault.found == "." and fault.before.endswith("."):
        return "write x >= 2 and x <= 5"
    if fault.found == "(":
        return "functions stand in front: write f(x), not x.f()"
    if fault.found == "," and fault.before.lstrip().startswith("for "):
        return "write a second for clause on a line of its own"
    if fault.found == ":" and fault.before.lstrip().startswith("for "):
        return "remove it; what is asked stands on the next line"
    for length in (2, 1):
        sign = (fault.found + fault.after)[:length]
        if sign in _SIGNS:
            return _SIGNS[sign]
    return ""


def _word(fault: Fault) -> str:
    found = fault.found
    if not fault.before.strip():
        return meant(found, (*HEADS, *CLAUSES), "a line begins with a word of the language, or is a formula")
    if found in _OTHER_WORDS:
        return _OTHER_WORDS[found]
    if re.search(r"\b(all|each|every|any|some)\s*$", fault.before):
        return "write forall x in ...: P, or exists x in ...: P"
    if found == "null":
        return "write not has(...) to ask whether a field is absent"
    near = meant(found, ("and", "or", "implies", "in", "where", "leads", "until", "before", "then", "else"))
    return near or "an operator, a comparison or the end of the line is expected"


def _number(fault: Fault) -> str:
    found = fault.found
    if found.lower().endswith(("mb", "gb", "kb", "tb")):
        number, unit = found[:-2], found[-2].upper()
        return f"write {number}{unit} or {number}{unit}i"
    if found.lower().endswith(("sec", "hr", "days", "hours", "minutes", "seconds")):
        return "durations are written as in 30s, 5min, 2h or 1d"
    return "numbers are written as in 3, 25%, 500m, 1.5Gi, 30s or 5min"


LANGUAGE = Language(
    "property",
    "a line of a specification",
    limit=MAX_LENGTH,
    mistakes=(
        Mistake(
            "{found} does not belong here", _word, examples=("property a b", "always a b", "a b", "severity error b")
        ),
        Mistake("{found} is no number", _number, examples=("always a >= 5mb", "always 5x", "at most 5x drain")),
        Mistake(
            "{found} does not belong here", _sign, examples=("always a = 1", "always a && b", "always !a", "a = 1")
        ),
        Mistake(
            "the line ends too early", "", examples=("always", "always a and", "for", "for d", "require", "once a")
        ),
        Mistake(
            "an operand is missing",
            "a value, a field or a function stands here",
            examples=("always a + * b", "always ,"),
        ),
        Mistake(
            "a bracket is never closed", "close it with )", examples=("always (a", "always f(a", "always count(c in a")
        ),
        Mistake("a bracket is never closed", "close it with ]", examples=("always a[1", "always [1, 2")),
        Mistake("this bracket is not open", "remove it", examples=("always a)", "always a]", "a)")),
        Mistake(
            "a comparison has two sides",
            "join two comparisons with and",
            examples=("always a < b < c", "always a == b == c"),
        ),
        Mistake(
            "a name of a declaration is missing here", _TITLE, examples=("property", "policy", "scenario", "finding")
        ),
        Mistake(
            "{found} is not a name for a declaration",
            _TITLE,
            examples=("property Rollout_X", "property 5x", "policy ["),
        ),
        Mistake(
            "a text in quotes is missing here",
            'write it as in "..."',
            examples=("explanation", "fix a", "source http", "rule 3", "example failing", "import a"),
        ),
        Mistake(
            "this quote is never closed",
            "close it on the same line, or write a long text between three quotes",
            examples=('"abc', 'always a == "b', 'explanation "a', "always a == 'b'"),
        ),
        Mistake(
            "a variable, in and a kind are expected",
            "write for d in Deployment",
            examples=("for Deployment", "for d of Deployment", "for d Deployment", "for d in 5"),
        ),
        Mistake("an id is made of capitals and digits", "as in KV4001 or ACME-12", examples=("id kv1", "id 5", "id")),
        Mistake(
            "write a whole number of times",
            "as in at most 1 drain",
            examples=("at most drain", "at most", "at most one drain", "at 1 drain", "at drain"),
        ),
        Mistake(
            "the name of an event is missing here",
            "as in drain, node_crash or rollout",
            examples=("at most 1", "starts with", "drain before"),
        ),
        Mistake("write starts with EVENT", "as in starts with rollout", examples=("starts", "starts rollout")),
        Mistake(
            "write P leads to Q", "as in pending(d) >= 1 leads to pending(d) == 0", examples=("a leads b", "a leads")
        ),
        Mistake("write comes to rest", "it has no condition", examples=("comes", "comes to", "comes to rest a")),
        Mistake(
            "write once P, always Q",
            "as in once ready(d) >= 1, always ready(d) >= 1",
            examples=("once a always b", "once a, b", "once a,"),
        ),
        Mistake(
            "a line does not end after a value",
            "a formula begins with always, eventually, never, possibly, recoverable "
            "or once, or is P leads to Q, P until Q or comes to rest",
            examples=("a", "f(a)", "a >= 1", "a and b"),
        ),
        Mistake(
            "a binder says of what",
            "as in forall c in p.spec.containers: has(c.image)",
            examples=("always forall c in a", "always forall c in a b", "always exists c", "always forall c: a"),
        ),
        Mistake(
            "an if has a then and an else",
            "as in if a then b else c",
            examples=("always if a", "always if a then b", "always if a b"),
        ),
        Mistake("write count(x in LIST where CONDITION)", "", examples=("always count(a)", "always count(a.b)")),
        Mistake("write sum(VALUE for x in LIST)", "", examples=("always sum(a)", "always sum(a, b)")),
    ),
)
"""The lines of ``grammar/property.lark`` with what is said of wrong ones."""


def explain(text: str) -> TextError:
    """What is wrong with a line that the grammar refuses: by its first word, by an example, or by what was found."""
    error = LANGUAGE.explain(text)
    before, fault = text[: error.start], Fault(text, error.start, error.end)
    first = _FIRST.match(text)
    if (
        first
        and first[0] not in _STARTS
        and before.strip() == first[0]
        and (fault.found[:1].isalpha() or fault.found[:1] in ("", '"'))
    ):
        mend = meant(first[0], (*HEADS, *CLAUSES))
        if fault.found.startswith('"'):
            mend = mend or "the title stands in quotes alone; other texts are explanation, rule, source and fix"
        if mend:
            return LANGUAGE.error(f"a line cannot begin with {first[0]}", mend, 0, len(first[0]))
    nested = _NESTED.search(before)
    if nested and _FIRST_FORMULA.fullmatch(before[: nested.start()]) is None:
        mend = "a clause has one formula: always P, eventually always P, P leads to Q, ..."
        return LANGUAGE.error(f"{nested[1]} cannot stand inside a condition", mend, *nested.span(1))
    if fault.found == "'":
        return LANGUAGE.error("texts stand in double quotes", 'write "..."', error.start, error.end)
    if not fault.found and _open(text):
        return LANGUAGE.error("a bracket is never closed", f"close it with {_open(text)}", error.start, error.end)
    if error.mend:
        return error
    mend = _word(fault) if fault.found[:1].isalpha() else _sign(fault)
    return LANGUAGE.error(str(error), mend, error.start, error.end)


def _open(text: str) -> str:
    """The bracket that is missing at the end of ``text``, empty when there is none."""
    waiting: list[str] = []
    for sign in _TEXT.sub("", text):
        if sign in "([":
            waiting.append({"(": ")", "[": "]"}[sign])
        elif waiting and sign == waiting[-1]:
            waiting.pop()
    return waiting[-1] if waiting else ""


_NESTED = re.compile(r"\b(always|eventually|never|possibly|recoverable|once)\s*\(?$")
_FIRST_FORMULA = re.compile(r"\s*(always|eventually|once.*,)?\s*", re.DOTALL)
_TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"|#[^\n]*')
_FIRST = re.compile(r"[A-Za-z_-]+")
_STARTS = {word.split()[0] for word in (*HEADS, *CLAUSES)}
