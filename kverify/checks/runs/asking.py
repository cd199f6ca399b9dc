"""Asking all questions of a run: one after the other, or by several workers (``pool.py``).

What comes out does not depend on who answered which question, or in which order they were done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import monotonic

from attrs import define, field, frozen

from kverify.checks.finding import Answer, Proof
from kverify.checks.given.context import Context
from kverify.checks.runs.question import Check, Question, last, objects_of, questions
from kverify.engines.budget import OutOfTime, over, unbounded, until, were_late, why_stopped
from kverify.engines.verdict import Outcome, Verdict
from kverify.store import Store
from kverify.words import count

METHOD = "not finished"
PATIENCE = 2.0
"""Seconds after which a run is taken to be long enough for more processes, where their number was left open."""

FROM_THE_KEYBOARD = "interrupted from the keyboard"

Say = Callable[[str], None]


@frozen
class Reply:
    """What became of a question: its answers, None if the time was over before it was begun. ``interrupted``: it was
    begun, and ended by Ctrl-C; its last answer says so. ``late``: the time was over before it was done."""

    answers: tuple[Answer, ...] | None
    interrupted: bool = False
    late: bool = False


@define
class Replies:
    """The questions of a run, by check, and the answers so far. ``ended`` says why no more are asked."""

    checks: Sequence[Check]
    asked: Sequence[Sequence[Question]]
    answers: dict[Question, tuple[Answer, ...]] = field(factory=dict)
    ended: str = ""

    def all(self) -> Iterator[Question]:
        """Every question, in the order in which one process asks."""
        for number, check in enumerate(self.checks):
            yield from self.asked[number]
            if (question := last(self.asked[number], number, check)) is not None:
                yield question

    def waits_for(self, question: Question) -> Sequence[Question]:
        """The questions that have to be answered before this one can be asked."""
        own = self.asked[question.check]
        return own if question.index == len(own) else ()

    def before(self, question: Question) -> list[Answer]:
        """The answers to them."""
        return [answer for q in self.waits_for(question) for answer in self.answers[q]]

    def take(self, question: Question, reply: Reply) -> None:
        """Keep an answer; after Ctrl-C, and when the time of the run is over, no more questions are asked."""
        if reply.answers is not None:
            self.answers[question] = reply.answers
        if reply.late:
            were_late()
        if not self.ended:
            self.ended = FROM_THE_KEYBOARD if reply.interrupted else over()

    def in_order(self) -> list[Answer]:
        """All answers, in the order of the questions."""
        return [answer for question in self.all() for answer in self.answers.get(question, ())]

    def summary(self) -> str:
        """Why the run ended early and how much it has left open; empty if it did not."""
        if not self.ended:
            return ""
        total = sum(1 for _ in self.all())
        missing = total - len(self.answers)
        return f"{self.ended}; {missing} of {count(total, 'question')} {'was' if missing == 1 else 'were'} not asked"


def ask_all(ctx: Context, checks: Sequence[Check]) -> tuple[list[Answer], str]:
    """The answers to all questions, and why not all were asked, if so."""
    options = ctx.options
    replies = Replies(checks, [])
    try:
        with unbounded():
            replies.asked = [questions(number, check, ctx) for number, check in enumerate(checks)]
        if options.jobs is None and options.executor is None:
            _one_by_one(ctx, replies, patience=PATIENCE)
        if options.jobs != 1 or options.executor is not None:
            _by_several(ctx, replies)
        _one_by_one(ctx, replies)
    except KeyboardInterrupt:
        replies.ended = FROM_THE_KEYBOARD
    return replies.in_order(), replies.summary()


def _by_several(ctx: Context, replies: Replies) -> None:
    """Have what is open answered by the executor, or by as many processes as are to share it."""
    options = ctx.options
    left = sum(1 for question in replies.all() if question not in replies.answers)
    if replies.ended or not left:
        return
    from kverify.checks.runs import pool

    if options.executor is not None:
        pool.share(options.executor, ctx, replies)
    elif left > 1 and (workers := pool.workers(options.jobs)) > 1:
        pool.fork(min(workers, left), ctx, replies)


def _one_by_one(ctx: Context, replies: Replies, patience: float | None = None) -> None:
    """Ask everything that is open, or what of it can be asked in ``patience`` seconds."""
    began, total = monotonic(), sum(1 for _ in replies.all())
    for number, question in enumerate(replies.all()):
        if question in replies.answers:
            continue
        if replies.ended or (patience is not None and monotonic() - began > patience):
            return
        say = _telling(ctx.options.progress, f"[{number}/{total}] {replies.checks[question.check].words}: ", question)
        replies.take(question, ask(ctx, replies.checks, question, replies.before(question), say))


def _telling(progress: Say | None, where: str, question: Question) -> Say | None:
    if progress is None:
        return None
    progress(f"{where}{question.object}")
    return lambda more: progress(f"{where}{more}, {question.object}")


def ask(
    ctx: Context, checks: Sequence[Check], question: Question, before: Sequence[Answer], say: Say | None = None
) -> Reply:
    """Answer one question. ``before`` are the answers that it waits for; ``say`` hears how far a long search is.

    When the time is over or the user stops it, the answer is *unknown*, with the reason.
    """
    from kverify.engines.explicit import PACK_FROM, within
    from kverify.engines.kept import keeping

    check, seconds = checks[question.check], ctx.options.timeout_per_property
    if over():
        return Reply(None, late=True)

    def searching(states: int, waiting: int) -> None:
        if say is not None and states > PACK_FROM:
            say(f"{states:,} states found, {waiting:,} to be expanded")

    answers: list[Answer] = []
    stopped = ""
    reason = "" if seconds is None else f"more than {seconds:g} seconds for one property of an object"
    store = None if ctx.options.cache is None else Store(ctx.options.cache)
    bounds = within(max_bytes=ctx.options.max_bytes, progress=searching)
    with keeping(store), bounds, until(seconds, reason) as budget:
        try:
            items = objects_of(question.check, check, ctx)
            if question.index < len(items):
                answers.extend(check.answer(ctx, items[question.index]))
            elif check.together is not None:
                answers.extend(check.together(ctx, before))
        except (OutOfTime, KeyboardInterrupt) as stop:
            stopped = why_stopped(stop)
    if stopped:
        verdict = Verdict(outcome=Outcome.UNKNOWN, method=METHOD, reason=stopped)
        answers.append(
            Proof(id=check.id, object=question.object, property=check.name, message=check.words, verdict=verdict)
        )
    return Reply(tuple(answers), budget.interrupted, budget.late)
