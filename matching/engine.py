"""`propose`: from frames to proposals, the five questions in order.

    who paid            customers, names, agreement
    what it says        numbers, references, near_references, lone_numbers, hearing, prepaid, withheld
    how much            amounts, stated_amounts, combine, named, itemised, unnamed, autocash, deducted, exchange, habits
    how sure            certainty, objections, stages, ranking, reasons
    who gets what       together
    and in words        explain, residual

References come before names and amounts: what they settle is posted first, and the rest is looked at beside what is then still open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple, TypeVar

import polars as pl

from matching import (
    agreement,
    amounts,
    customers,
    deducted,
    exchange,
    explain,
    habits,
    hearing,
    lone_numbers,
    names,
    numbers,
    objections,
    prepaid,
    ranking,
    reasons,
    references,
    residual,
    schema,
    stages,
    together,
    unnamed,
    withheld,
)
from matching.books import Books, on_their_own, read, with_receipts, without_numbers, without_texts
from matching.crew import Alone, Crew, Hearer
from matching.hearing import Heard
from matching.stages import Stage

P = TypeVar("P")

AT_ONCE = 100_000
"""So many receipts are thought about at once; the answers do not depend on it."""
TOLD_AT_ONCE = 40_000
"""Of so many it is put into words at once what was found: several such pieces wait while the last is written."""


def propose(inputs: schema.Inputs) -> schema.Outcome:
    """Proposals, their lines, the evidence, and a verdict on every receipt. The same inputs give the same outcome in any order."""
    return schema.joined(list(outcomes(inputs)))


def outcomes(inputs: schema.Inputs, at_once: int = AT_ONCE, crew: Crew | None = None) -> Iterator[schema.Outcome]:
    """The outcome of `propose` in pieces, in order of receipts. Who gets what is settled for all before the first piece comes; the steps between
    look at no more than `at_once` receipts together, and `crew` may do them elsewhere: the answers depend on neither."""
    crew = crew or Alone()
    books = read(inputs)
    del inputs
    ground = crew.share(_ground(books))
    books = without_numbers(books)
    seen = _seen(books, ground, at_once, crew)
    del ground
    books = without_texts(books)
    begun = _begun(seen, books, at_once, crew)
    yield from explain.outcomes(books, _decided(begun, books, crew), min(at_once, TOLD_AT_ONCE))


def _ground(books: Books) -> Ground:
    """The books read for their names and numbers."""
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(numbers.read, books.items, books.shapes)
        everybody = customers.known(books)
        register, items = names.register(everybody), reading.result()
    spelled = hearing.spelled_customers(everybody, items)
    return Ground(with_receipts(without_numbers(books), books.receipts.clear()), everybody, register, items, spelled)


def _seen(books: Books, ground: Ground, at_once: int, crew: Crew) -> Seen:
    """All receipts looked at, and who gets what references lead to."""
    parts = crew.each(_look, _counted(_parts(books, at_once), "matching: what receipts say", crew.at, books.receipts.height, at_once), ground)
    looked = crew.told(_told, parts)
    referred = [part.referred for part in looked]
    winning = _winning(stages.laid_together(referred), books)
    known = pl.concat([winning.select("r"), *(part.open for part in looked)])
    refused = books.receipts.select("r").join(known, on="r", how="anti")
    if refused.height:
        parts += crew.each(_look_again, _parts(with_receipts(books, refused), at_once), ground)
    return Seen(parts, referred, winning, pl.concat([part.sure for part in looked]))


def _begun(seen: Seen, books: Books, at_once: int, crew: Crew) -> Begun:
    """What references settle posted, and those put together that wait. What a step is done with is let go of at once: `seen` has no parts and no answers
    afterwards."""
    early = _of(seen.winning, stages.laid_together(seen.referred))
    seen.referred.clear()
    settled = crew.share(_settled(early))
    rounds = -(-(books.receipts.height - early.answers.height) // (at_once * crew.hands))  # in which all hands have something to do
    lists = _put_together(seen.parts, max(rounds, 1) * crew.hands)
    seen.parts.clear()
    return Begun(crew.each(_waiting, _let_go(lists), settled), early, settled, seen.sure)


def _decided(begun: Begun, books: Books, crew: Crew) -> explain.Decided:
    """What becomes of all receipts. What a step is done with is let go of at once: `begun` has no parts afterwards."""
    early = begun.early
    left = together.after(early.lines, books)
    closed = numbers.read(books.closed.with_row_index("i").select("i", "c", pl.col("amount").alias("open"), "document_number"))
    then = crew.share(Then(closed, unnamed.turns(pl.concat(crew.told(_candidates, begun.waiting)), books), left.items, unnamed.pools(left)))
    thoughts = crew.each(_thought, _counted(_let_go(begun.waiting), "matching: amounts and what is near", crew.at, len(begun.waiting)), begun.settled, then)
    every = stages.laid_together(crew.told(_every, thoughts))
    late = _posted(every, left)
    posted = stages.laid_together([early, late])
    lately = crew.share(Lately(_settled(late), together.repeats(stages.first(every.answers).filter("granted").join(late.answers, on="r", how="anti"), every.lines)))
    waiting = crew.told(_itself, crew.each(_suggested, _counted(_let_go(thoughts), "matching: suggestions", crew.at, len(thoughts)), lately, then))
    differences = pl.concat([residual.explained(posted.answers, posted, books), *(part.differences for part in waiting)])
    told, withheld_by = pl.concat([part.told for part in waiting]), pl.concat([part.withheld for part in waiting])
    exchanged = pl.concat([part.exchanged for part in waiting])
    return explain.Decided(begun.sure, posted, stages.laid_together([part.stage for part in waiting]), told, withheld_by, differences, exchanged)


def _counted(parts: Iterable[P], what: str, at: Hearer, total: int, receipts: int = 0) -> Iterator[P]:
    """The same parts; `at` hears before each how many of `total` are begun: of the receipts where each part has so many, else of the parts."""
    for n, part in enumerate(parts):
        at(what, n * (receipts or 1), total, "receipts" if receipts else "parts")
        yield part


def _let_go(parts: list[list[Referred]] | list[Referred] | list[Thought]) -> Iterator[object]:
    """The parts, taken out of their list one after the other."""
    while parts:
        yield parts.pop(0)


class Ground(NamedTuple):
    """What every step looks at: the books without receipts, everybody's names, and the numbers of items and customers."""

    books: Books
    everybody: customers.Known
    register: names.Register
    items: numbers.Numbers
    spelled: pl.Series  # of `hearing.spelled_customers`


class Settled(NamedTuple):
    """What is posted: receipts (r) and the items that they pay (i)."""

    receipts: pl.DataFrame
    items: pl.DataFrame


class Then(NamedTuple):
    """What the receipts that wait are held beside, when references have settled what they can."""

    closed: numbers.Numbers
    turns: pl.DataFrame  # of `unnamed.turns`
    items: pl.DataFrame  # as what was posted leaves them
    owned: unnamed.Pools  # the same, by owner


class Lately(NamedTuple):
    """What all receipts together leave of the thoughts: what was posted, and who repeats another's payment (r)."""

    posted: Settled
    repeats: pl.DataFrame


class Seen(NamedTuple):
    """All receipts, looked at part by part, with all that those say who may wait; what their references lead to; which of these answers (r, a) nobody has
    a better right against; and who paid for certain (r, c)."""

    parts: list[Referred]
    referred: list[Stage]
    winning: pl.DataFrame
    sure: pl.DataFrame


class Begun(NamedTuple):
    """Where things stand when references have settled what they can: who waits, what was posted, who paid for certain (r, c)."""

    waiting: list[Referred]
    early: Stage
    settled: Settled
    sure: pl.DataFrame


class Part(NamedTuple):
    """Some of the receipts."""

    receipts: pl.DataFrame
    remittance: pl.DataFrame


class Looked(NamedTuple):
    """What all must know of a part that has been looked at: its answers, who paid for certain (r, c), and the receipts that stay open questions (r)."""

    referred: Stage
    sure: pl.DataFrame
    open: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Referred:
    """Some of the receipts, what they say, and where that leads."""

    books: Books  # with these receipts only
    heard: Heard
    referred: Stage
    missed: pl.DataFrame  # r: who name what is not there
    sure: pl.DataFrame  # r, c: who paid, where that is certain
    withheld: pl.DataFrame  # r, word: whose text takes an invoice back or excepts it


@dataclass(frozen=True, slots=True)
class Thought:
    """Receipts that references have not settled, with all that may be theirs."""

    books: Books  # with these receipts only
    heard: Heard
    missed: pl.DataFrame  # r
    every: Stage
    paid: pl.DataFrame  # r: what they name is closed, and has the amount
    no_longer: pl.DataFrame  # r: what they name is closed
    paid_ahead: pl.DataFrame  # r
    paid_by: pl.DataFrame  # customers.CANDIDATES: of those that fit the payer the one whose closed items are named
    closed: pl.DataFrame  # r, i: the closed items that are named, by their place in the books
    withheld: pl.DataFrame  # r, word


class Suggested(NamedTuple):
    """What is suggested for receipts that wait, why they wait (r, reason), which word of theirs forbids to post (r, word), and why their amounts may not
    come out (`residual.HYPOTHESES`)."""

    stage: Stage
    told: pl.DataFrame
    withheld: pl.DataFrame
    differences: pl.DataFrame
    exchanged: pl.DataFrame  # exchange.SHARES


def _parts(books: Books, at_once: int) -> Iterator[Part]:
    """The receipts, so many at once; one payer's stand together, so that a name is looked at once."""
    order = books.receipts.select("r", pl.col("payer_name").str.strip_chars()).sort("payer_name", "r").select("r")
    for start in range(0, max(order.height, 1), at_once):
        own = with_receipts(books, order.slice(start, at_once))
        yield Part(own.receipts, own.remittance)


def _look(part: Part, ground: Ground) -> Referred:
    return _alone(_with_open_questions(_referred(part, ground)))


def _look_again(part: Part, ground: Ground) -> Referred:
    return _alone(_referred(part, ground))


def _referred(part: Part, ground: Ground) -> Referred:
    """What the receipts of the part say, and what their references lead to."""
    books = replace(ground.books, receipts=part.receipts, remittance=part.remittance)
    heard = hearing.hear(books, customers.identify(books, ground.everybody), ground.items, ground.spelled, ground.register)
    referred = stages.by_reference(heard, books)
    missed = objections.missed(referred, heard, books)
    sure = stages.sole_payers(heard.candidates).select("r", "c")
    withheld_from = withheld.words(books.receipts)
    return Referred(books, heard, objections.held_back(referred, missed, withheld_from, heard, books), missed, sure, withheld_from)


def _told(part: Referred) -> Looked:
    return Looked(part.referred, part.sure, part.books.receipts.select("r"))


def _candidates(part: Referred) -> pl.DataFrame:
    return stages.pointed_out(part.heard)[0]


def _every(thought: Thought) -> Stage:
    return thought.every


def _itself(suggested: Suggested) -> Suggested:
    return suggested


def _with_open_questions(part: Referred) -> Referred:
    """The part with all answers, but with what only those receipts say whose answer is not granted; hardly ever one that is gets refused
    because of others, and then it is read again."""
    rest = part.books.receipts.select("r").join(stages.first(part.referred.answers).filter("granted"), on="r", how="anti")
    return replace(part, books=with_receipts(part.books, rest), heard=part.heard.of(rest))


def _alone(part: Referred) -> Referred:
    return replace(part, books=replace(part.books, receipts=on_their_own(part.books.receipts)))


def _settled(posted: Stage) -> Settled:
    return Settled(posted.answers.select("r"), posted.lines.select("i").drop_nulls().unique())


def _put_together(parts: list[Referred], lists: int) -> list[list[Referred]]:
    """The parts in so many lists, neighbours together, or one by one where there are no more of them."""
    lists = min(len(parts), lists)
    ends = [len(parts) * number // lists for number in range(lists + 1)]
    return [parts[start:end] for start, end in pairwise(ends)]


def _waiting(parts: list[Referred], posted: Settled) -> Referred:
    """The parts as one, without the receipts that are posted."""
    kept = [_without(part, posted.receipts) for part in parts]
    receipts, remittance = (pl.concat([getattr(part.books, name) for part in kept]) for name in ("receipts", "remittance"))
    return Referred(
        replace(kept[0].books, receipts=receipts.sort("r"), remittance=remittance.sort("r", "line")), hearing.as_one([part.heard for part in kept]),
        stages.laid_together([part.referred for part in kept]), pl.concat([part.missed for part in kept]), pl.concat([part.sure for part in kept]),
        pl.concat([part.withheld for part in kept]),
    )


def _without(part: Referred, posted: pl.DataFrame) -> Referred:
    rest = part.books.receipts.select("r").join(posted, on="r", how="anti")
    return replace(part, books=with_receipts(part.books, rest), heard=part.heard.of(rest), referred=stages.of_receipts(part.referred, rest),
                   missed=part.missed.join(rest, on="r", how="semi"), withheld=part.withheld.join(rest, on="r", how="semi"))


def _thought(part: Referred, posted: Settled, then: Then) -> Thought:
    """Everything that may become of the receipts."""
    books, heard, referred, missed = part.books, part.heard, part.referred, part.missed
    rest, left = books.receipts.select("r"), replace(books, items=then.items)
    open_still, taken = objections.still_open(referred, posted.items)
    named_closed = objections.named_closed(rest, then.closed, heard, books)
    closed_by_now = pl.concat([taken, named_closed.select("r", "fits")])
    owners = named_closed.group_by("r").agg(stages.one_owner(), pl.col("fits").any()).filter("fits").select("r", "c")
    paid_by = heard.candidates.join(owners, on=["r", "c"])
    paid, no_longer = closed_by_now.filter("fits").select("r").unique().sort("r"), closed_by_now.select("r").unique().sort("r")
    lone = lone_numbers.told(books.receipts, heard, books.items)
    missed = pl.concat([missed, lone.join(objections.meant(heard.text_hits), on="r", how="anti")]).unique().sort("r")
    spoken = pl.concat([objections.referring(referred), objections.naming(heard), heard.foreign.select("r"), books.remittance.select("r"), missed, lone, no_longer]).unique()
    open_still = objections.without_substitutes(open_still, no_longer)
    unsettled = rest.join(objections.settling(open_still), on="r", how="anti")
    withheld_from = part.withheld.select("r")
    near = stages.not_granted(stages.by_near_reference(unsettled, heard, then.closed, left), pl.concat([no_longer, withheld_from]))
    by_sum = stages.not_granted(stages.by_amount(rest, heard, then.turns, then.owned, left), spoken)
    said = prepaid.said(rest, books)
    paid_ahead, in_part = prepaid.ahead(said), prepaid.in_part(said)
    ruled, under_rules = stages.by_rule_set(rest.join(spoken, on="r", how="anti"), by_sum, heard, left)
    by_sum = stages.not_granted(by_sum, pl.concat([under_rules, paid_ahead, in_part, withheld_from]).unique())
    ruled = stages.not_granted(ruled, pl.concat([paid_ahead, in_part, withheld_from]))
    by_sum = objections.without_mere_nearness(by_sum, pl.concat([objections.referring(referred), no_longer]).unique())
    every = stages.laid_together([open_still, near, ruled, by_sum])
    return Thought(books, heard, missed, every, paid, no_longer, paid_ahead, paid_by, named_closed.select("r", "i"), part.withheld)


def _suggested(thought: Thought, lately: Lately, then: Then) -> Suggested:
    """What is suggested for the receipts that were not posted `lately` either."""
    books, heard, every, missed = thought.books, thought.heard, thought.every, thought.missed
    left = replace(books, items=then.items)
    waiting = books.receipts.select("r").join(lately.posted.receipts, on="r", how="anti")
    open_now, _ = objections.still_open(stages.of_receipts(every, waiting), lately.posted.items)
    open_now = stages.not_granted(open_now, lately.repeats)
    payers = stages.sole_payers(heard.candidates).join(waiting, on="r", how="semi")
    paid_ahead = thought.paid_ahead.join(ranking.paid_in_part(open_now), on="r", how="anti")
    ahead = pl.concat([thought.paid, paid_ahead, lately.repeats]).unique()
    owners = pl.concat([payers, thought.paid_by.join(waiting, on="r", how="semi").join(payers, on="r", how="anti")])
    owners = pl.concat([owners, _named_again(open_now, lately.repeats).join(owners, on="r", how="anti")])
    suggested = stages.laid_together([open_now, habits.oldest(payers, left), stages.on_account(owners, ahead, missed, left)])
    suggested = ranking.by_beginning(ranking.completed(suggested), left)
    fees = stages.with_fee(stages.first(suggested.answers).join(waiting, on="r", how="semi"), suggested, left)
    short = stages.first(suggested.answers.filter(pl.col("amount_evidence") == amounts.SHORT)).join(waiting, on="r", how="semi")
    abroad = exchange.suggested(objections.unsettled(waiting, stages.first(suggested.answers)), payers, heard.foreign, left)
    suggested = habits.ranked(stages.laid_together([suggested, fees, deducted.suggested(short, suggested, left), abroad.stage]), left)
    firsts = stages.first(suggested.answers)
    known = _circumstances(every, missed, thought.no_longer, heard, books)
    told = reasons.reasons(waiting, firsts, heard, books, known)
    differences = pl.concat([residual.explained(firsts.join(waiting, on="r", how="semi"), suggested, left),
                             abroad.differences, residual.closed(thought.closed.join(waiting, on="r", how="semi"), books)])
    withheld_by = thought.withheld.join(waiting, on="r", how="semi")
    few = ranking.best_few(ranking.taken_back_last(suggested, withheld_by, heard), waiting, books)
    return Suggested(few, told, withheld_by, differences, abroad.shares)


def _named_again(stage: Stage, repeats: pl.DataFrame) -> pl.DataFrame:
    """CANDIDATES of the receipts that repeat another's payment: the customer whose items both ask for."""
    firsts = stages.first(stage.answers).join(repeats, on="r", how="semi").drop_nulls("c")
    return firsts.select("r", "c", pl.lit(customers.SIMILAR, pl.Int8).alias("level"), pl.col("payer_evidence").alias("evidence"))


def _posted(stage: Stage, books: Books) -> Stage:
    """The first answers that are granted, within the limit, and of whose items nobody has the better right."""
    return _of(_winning(stage, books), stage)


def _of(answers: pl.DataFrame, stage: Stage) -> Stage:
    """These answers (r, a) of the stage."""
    return Stage(stage.answers.join(answers, on=["r", "a"], how="semi"), stage.lines.join(answers, on=["r", "a"], how="semi"))


def _winning(stage: Stage, books: Books) -> pl.DataFrame:
    """R, a of what `_posted` says."""
    first = stages.first(stage.answers.select("r", "a", "rule", "confidence", "granted"))
    within = ~pl.col("r").is_in(_above_limit(books)["r"].implode())
    claims = first.select("r", "a", "rule", pl.col("granted") & within)
    return claims.select("r", "a").join(together.settle(claims, stage.lines, books), on="r", how="semi")


def _above_limit(books: Books) -> pl.DataFrame:
    general = pl.lit(books.policy.unattended_limit_minor, pl.Int64)
    limit = pl.col("currency").replace_strict(dict(books.policy.unattended_limits), default=general, return_dtype=pl.Int64) if books.policy.unattended_limits else general
    return books.receipts.filter((pl.col("amount") > limit).fill_null(value=False)).select("r")


def _circumstances(every: Stage, missed: pl.DataFrame, paid: pl.DataFrame, heard: Heard, books: Books) -> reasons.Circumstances:
    granted = stages.first(every.answers).filter("granted").select("r")
    limited = granted.join(_above_limit(books), on="r", how="semi")
    payers = stages.sole_payers(heard.candidates).select("r", "c").join(books.receipts.select("r", "currency", "amount"), on="r")
    unclaimed = (pl.col("strength") >= references.DIGITS) & (pl.col("grade").max().over("m") < agreement.ALIKE)
    several = pl.col("c").min().over("m") != pl.col("c").max().over("m")
    return reasons.Circumstances(
        limited=limited,
        contested=granted.join(limited, on="r", how="anti"),
        paid=paid,
        unresolved=missed,
        paid_before=payers.join(books.closed, on=["c", "currency", "amount"], how="semi").select("r"),
        shared_number=pl.concat([hits.filter(unclaimed).filter(several).select("r") for hits in (heard.text_hits, heard.line_hits)]).unique(),
    )
