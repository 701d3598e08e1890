"""`propose`: from frames to proposals, the five questions in order.

    who paid            customers, names, agreement
    what it says        numbers, references, near_references, lone_numbers, hearing, prepaid, withheld
    how much            amounts, stated_amounts, combine, named, itemised, unnamed, autocash, deducted, habits
    how sure            certainty, stages, ranking, reasons
    who gets what       together
    and in words        explain, residual

References come before names and amounts: what they settle is posted first, and the rest is looked at beside what is then still open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple, TypeVar

import polars as pl

from matching import (
    agreement,
    amounts,
    certainty,
    customers,
    deducted,
    explain,
    habits,
    hearing,
    lone_numbers,
    names,
    near_references,
    numbers,
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
from matching.books import Books, read, with_receipts, without_texts
from matching.crew import Alone, Crew, Hearer
from matching.hearing import Heard
from matching.stages import Stage

P = TypeVar("P")

LEAVING = (amounts.OVER, amounts.REST)
"""Evidence of amounts that leave money over."""
AT_ONCE = 100_000
"""So many receipts are thought about at once; the answers do not depend on it."""


def propose(inputs: schema.Inputs) -> schema.Outcome:
    """Proposals, their lines, the evidence, and a verdict on every receipt. The same inputs give the same outcome in any order."""
    return schema.joined(list(outcomes(inputs)))


def outcomes(inputs: schema.Inputs, at_once: int = AT_ONCE, crew: Crew | None = None) -> Iterator[schema.Outcome]:
    """The outcome of `propose` in pieces, in order of receipts. Who gets what is settled for all before the first piece comes; the steps between
    look at no more than `at_once` receipts together, and `crew` may do them elsewhere: the answers depend on neither."""
    crew = crew or Alone()
    books = read(inputs)
    del inputs
    begun = _begun(books, at_once, crew)
    books = without_texts(books)
    yield from explain.outcomes(books, _decided(begun, books, crew), at_once)


def _begun(books: Books, at_once: int, crew: Crew) -> Begun:
    """All receipts looked at, and what their references settle posted."""
    everybody = customers.known(books)
    ground = crew.share(Ground(with_receipts(books, books.receipts.clear()), everybody, names.register(everybody), numbers.read(books.items, books.shapes)))
    parts = crew.each(_look, _counted(_parts(books, at_once), "matching: what receipts say", crew.at, books.receipts.height, at_once), ground)
    looked = crew.told(_told, parts)
    early = _posted(stages.laid_together([part.referred for part in looked]), books)
    seen = pl.concat([early.answers.select("r"), *(part.open for part in looked)])
    refused = books.receipts.select("r").join(seen, on="r", how="anti")
    if refused.height:
        parts += crew.each(_referred, _parts(with_receipts(books, refused), at_once), ground)
    settled = crew.share(_settled(early))
    rounds = -(-(books.receipts.height - early.answers.height) // (at_once * crew.hands))  # in which all hands have something to do
    waiting = crew.each(_waiting, _put_together(parts, max(rounds, 1) * crew.hands), settled)
    return Begun(waiting, early, settled, pl.concat([part.sure for part in looked]))


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
    lately = crew.share(Lately(_settled(late), together.repeats(_first(every.answers).filter("granted").join(late.answers, on="r", how="anti"), every.lines)))
    waiting = crew.told(_itself, crew.each(_suggested, _counted(_let_go(thoughts), "matching: suggestions", crew.at, len(thoughts)), lately, then))
    differences = pl.concat([residual.explained(posted.answers, posted, books), *(part.differences for part in waiting)])
    told, withheld_by = pl.concat([part.told for part in waiting]), pl.concat([part.withheld for part in waiting])
    return explain.Decided(begun.sure, posted, stages.laid_together([part.stage for part in waiting]), told, withheld_by, differences)


def _counted(parts: Iterable[P], what: str, at: Hearer, total: int, receipts: int = 0) -> Iterator[P]:
    """The same parts; `at` hears before each how many of `total` are begun: of the receipts where each part has so many, else of the parts."""
    for n, part in enumerate(parts):
        at(what, n * (receipts or 1), total, "receipts" if receipts else "parts")
        yield part


def _let_go(parts: list[Referred] | list[Thought]) -> Iterator[Referred | Thought]:
    """The parts, taken out of their list one after the other."""
    while parts:
        yield parts.pop(0)


class Ground(NamedTuple):
    """What every step looks at: the books without receipts, everybody's names, and the items' numbers."""

    books: Books
    everybody: customers.Known
    register: names.Register
    items: numbers.Numbers


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


def _parts(books: Books, at_once: int) -> Iterator[Part]:
    """The receipts, so many at once; one payer's stand together, so that a name is looked at once."""
    order = books.receipts.select("r", pl.col("payer_name").str.strip_chars()).sort("payer_name", "r").select("r")
    for start in range(0, max(order.height, 1), at_once):
        own = with_receipts(books, order.slice(start, at_once))
        yield Part(own.receipts, own.remittance)


def _look(part: Part, ground: Ground) -> Referred:
    return _with_open_questions(_referred(part, ground))


def _referred(part: Part, ground: Ground) -> Referred:
    """What the receipts of the part say, and what their references lead to."""
    books = replace(ground.books, receipts=part.receipts, remittance=part.remittance)
    heard = hearing.hear(books, customers.identify(books, ground.everybody), ground.items, ground.register)
    referred = stages.by_reference(heard, books)
    missed = _missed(referred, heard, books)
    sure = stages.sole_payers(heard.candidates).select("r", "c")
    withheld_from = withheld.words(books.receipts)
    return Referred(books, heard, _held_back(referred, missed, withheld_from, books), missed, sure, withheld_from)


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
    rest = part.books.receipts.select("r").join(_first(part.referred.answers).filter("granted"), on="r", how="anti")
    return replace(part, books=with_receipts(part.books, rest), heard=part.heard.of(rest))


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
    return replace(part, books=with_receipts(part.books, rest), heard=part.heard.of(rest), referred=_of_receipts(part.referred, rest),
                   missed=part.missed.join(rest, on="r", how="semi"), withheld=part.withheld.join(rest, on="r", how="semi"))


def _of_receipts(stage: Stage, receipts: pl.DataFrame) -> Stage:
    """The stage's answers for these receipts (r)."""
    return Stage(stage.answers.join(receipts, on="r", how="semi"), stage.lines.join(receipts, on="r", how="semi"))


def _thought(part: Referred, posted: Settled, then: Then) -> Thought:
    """Everything that may become of the receipts."""
    books, heard, referred, missed = part.books, part.heard, part.referred, part.missed
    rest, left = books.receipts.select("r"), replace(books, items=then.items)
    open_still, taken = _still_open(referred, posted)
    named_closed = _named_closed(rest, then.closed, heard, books)
    closed_by_now = pl.concat([taken, named_closed.select("r", "fits")])
    owners = named_closed.group_by("r").agg(stages.one_owner(), pl.col("fits").any()).filter("fits").select("r", "c")
    paid_by = heard.candidates.join(owners, on=["r", "c"])
    paid, no_longer = closed_by_now.filter("fits").select("r").unique().sort("r"), closed_by_now.select("r").unique().sort("r")
    lone = lone_numbers.told(books.receipts, heard, books.items)
    missed = pl.concat([missed, lone.join(_meant(heard.text_hits), on="r", how="anti")]).unique().sort("r")
    spoken = pl.concat([_referring(referred), _naming(heard), books.remittance.select("r"), missed, lone, no_longer]).unique()
    open_still = _without_substitutes(open_still, no_longer)
    unsettled = rest.join(_settling(open_still), on="r", how="anti")
    withheld_from = part.withheld.select("r")
    near = _not_granted(stages.by_near_reference(unsettled, heard, then.closed, left), pl.concat([no_longer, withheld_from]))
    by_sum = _not_granted(stages.by_amount(rest, heard, then.turns, then.owned, left), spoken)
    paid_ahead = prepaid.ahead(rest, books)
    ruled, under_rules = stages.by_rule_set(rest.join(spoken, on="r", how="anti"), by_sum, heard, left)
    by_sum = _not_granted(by_sum, pl.concat([under_rules, paid_ahead, withheld_from]).unique())
    ruled = _not_granted(ruled, pl.concat([paid_ahead, withheld_from]))
    by_sum = _without_mere_nearness(by_sum, pl.concat([_referring(referred), no_longer]).unique())
    every = stages.laid_together([open_still, near, ruled, by_sum])
    return Thought(books, heard, missed, every, paid, no_longer, paid_ahead, paid_by, named_closed.select("r", "i"), part.withheld)


def _suggested(thought: Thought, lately: Lately, then: Then) -> Suggested:
    """What is suggested for the receipts that were not posted `lately` either."""
    books, heard, every, missed = thought.books, thought.heard, thought.every, thought.missed
    left = replace(books, items=then.items)
    waiting = books.receipts.select("r").join(lately.posted.receipts, on="r", how="anti")
    open_now, _ = _still_open(_of_receipts(every, waiting), lately.posted)
    open_now = _not_granted(open_now, lately.repeats)
    payers = stages.sole_payers(heard.candidates).join(waiting, on="r", how="semi")
    paid_ahead = thought.paid_ahead.join(ranking.paid_in_part(open_now), on="r", how="anti")
    ahead = pl.concat([thought.paid, paid_ahead, lately.repeats]).unique()
    owners = pl.concat([payers, thought.paid_by.join(waiting, on="r", how="semi").join(payers, on="r", how="anti")])
    owners = pl.concat([owners, _named_again(open_now, lately.repeats).join(owners, on="r", how="anti")])
    suggested = stages.laid_together([open_now, habits.oldest(payers, left), stages.on_account(owners, ahead, missed, left)])
    suggested = ranking.by_beginning(ranking.completed(suggested), left)
    fees = stages.with_fee(_first(suggested.answers).join(waiting, on="r", how="semi"), suggested, left)
    short = _first(suggested.answers.filter(pl.col("amount_evidence") == amounts.SHORT)).join(waiting, on="r", how="semi")
    suggested = habits.ranked(stages.laid_together([suggested, fees, deducted.suggested(short, suggested, left)]), left)
    firsts = _first(suggested.answers)
    known = _circumstances(every, missed, thought.no_longer, heard, books)
    told = reasons.reasons(waiting, firsts, heard, books, known)
    differences = pl.concat([residual.explained(firsts.join(waiting, on="r", how="semi"), suggested, left),
                             residual.in_other_currency(_unsettled(waiting, firsts), payers, heard.foreign, left),
                             residual.closed(thought.closed.join(waiting, on="r", how="semi"), books)])
    withheld_by = thought.withheld.join(waiting, on="r", how="semi")
    few = _best_few(ranking.taken_back_last(suggested, withheld_by, heard), waiting, books)
    return Suggested(few, told, withheld_by, differences)


def _named_again(stage: Stage, repeats: pl.DataFrame) -> pl.DataFrame:
    """CANDIDATES of the receipts that repeat another's payment: the customer whose items both ask for."""
    firsts = _first(stage.answers).join(repeats, on="r", how="semi").drop_nulls("c")
    return firsts.select("r", "c", pl.lit(customers.SIMILAR, pl.Int8).alias("level"), pl.col("payer_evidence").alias("evidence"))


def _first(answers: pl.DataFrame) -> pl.DataFrame:
    """The likeliest answer of each receipt."""
    return answers.sort("r", "confidence", "a", descending=[False, True, False]).unique("r", keep="first", maintain_order=True)


def _posted(stage: Stage, books: Books) -> Stage:
    """The first answers that are granted, within the limit, and of whose items nobody has the better right."""
    first = _first(stage.answers)
    lines = stage.lines.join(first, on=["r", "a"], how="semi")
    allowed = first.join(_above_limit(books), on="r", how="anti").filter("granted").select("r", pl.lit(value=True).alias("allowed"))
    claims = first.join(allowed, on="r", how="left").with_columns(pl.col("allowed").fill_null(value=False).alias("granted"))
    settled = together.settle(claims, lines, books)
    return Stage(first.join(settled, on="r", how="semi"), lines.join(settled, on="r", how="semi"))


def _above_limit(books: Books) -> pl.DataFrame:
    general = pl.lit(books.policy.unattended_limit_minor, pl.Int64)
    limit = pl.col("currency").replace_strict(dict(books.policy.unattended_limits), default=general, return_dtype=pl.Int64) if books.policy.unattended_limits else general
    return books.receipts.filter((pl.col("amount") > limit).fill_null(value=False)).select("r")


def _missed(referred: Stage, heard: Heard, books: Books) -> pl.DataFrame:
    """The receipts that name a number which ought to be there and is not; looked for where the answer is not already complete."""
    complete = referred.answers.filter(pl.col("granted") & ~pl.col("amount_evidence").is_in(LEAVING)).select("r").unique()
    groups = heard.groups.join(complete, on="r", how="anti")
    return references.unresolved(groups, _meant(heard.text_hits), books.receipts.join(complete, on="r", how="anti"), heard.index)


def _meant(hits: pl.DataFrame) -> pl.DataFrame:
    """`hits` without the short numbers that are items of others than the payer only: by chance."""
    return hits.filter((pl.col("strength") >= references.DIGITS) | (pl.col("grade") > agreement.CONTRADICTED))


def _held_back(referred: Stage, missed: pl.DataFrame, withheld_from: pl.DataFrame, books: Books) -> Stage:
    """An item is not paid in full and the rest left over where the rest is for something else that the payer named, or makes another
    item, or where the whole amount is that of another item, or where what was said may mean something else as well. No item that a text
    names is paid where the text says what is not paid."""
    more = referred.answers.filter((pl.col("rule") == certainty.WITH_MORE) | (pl.len().over("r") > 1)).select("r")
    owners = referred.answers.filter(pl.col("amount_evidence").is_in(LEAVING)).select("r", "c").join(books.receipts.select("r", "currency", "amount"), on="r")
    theirs = books.items.filter(pl.col("c").is_in(owners["c"].unique().implode()))
    same = owners.join(theirs, left_on=["c", "currency", "amount"], right_on=["c", "currency", "open"], how="semi").select("r")
    other_use = pl.concat([missed, more, same]).unique()
    over = pl.col("amount_evidence").is_in(LEAVING) & pl.col("r").is_in(other_use["r"].implode())
    refused = (pl.col("rule") != certainty.ADVICE) & pl.col("r").is_in(withheld_from["r"].implode())
    return Stage(stages.as_suggestions(referred.answers, over | refused), referred.lines)


def _still_open(referred: Stage, posted: Settled) -> tuple[Stage, pl.DataFrame]:
    """The answers whose items nobody got; and r, fits: the receipts that named an item of their own customer which another
    receipt has paid, and whether the amount is that item's."""
    waiting, lines = referred.answers, referred.lines
    void = lines.join(posted.items, on="i", how="semi").select("r", "a").unique()
    settled = pl.col("amount_evidence").is_in(sorted(certainty.SETTLED | certainty.WRITTEN_OFF))
    named = (pl.col("payer_evidence") != "contradicted") & (pl.col("rule") != certainty.WITH_MORE)
    taken = waiting.join(void, on=["r", "a"], how="semi").filter(named)
    fits = taken.group_by("r").agg(settled.any().alias("fits")).sort("r")
    return Stage(waiting.join(void, on=["r", "a"], how="anti"), lines.join(void, on=["r", "a"], how="anti")), fits


def _named_closed(rest: pl.DataFrame, closed: numbers.Numbers, heard: Heard, books: Books) -> pl.DataFrame:
    """r, i, c, fits: the closed items that the receipts name where nothing open has the number, whose they are, and whether the amount is theirs."""
    groups = heard.groups.join(rest, on="r", how="semi").join(references.groups_hit(_meant(heard.text_hits)), on="g", how="anti")
    lines = books.remittance.join(rest, on="r", how="semi")
    receipts = books.receipts.join(rest, on="r", how="semi")
    hits = pl.concat([
        references.in_text(groups, closed, heard.candidates), references.in_words(receipts, closed),
        references.in_lines(lines, closed, heard.candidates).join(heard.line_hits.select("m"), on="m", how="anti"),
    ])
    loud = (pl.col("grade") >= agreement.ALIKE) | ((pl.col("grade") == agreement.SILENT) & (pl.col("strength") >= references.DIGITS))
    amounts = books.closed.with_row_index("i").select("i", pl.col("amount").alias("closed"))
    priced = hearing.graded(hits, heard, books).filter(loud).join(amounts, on="i").join(receipts.select("r", "amount"), on="r")
    return priced.select("r", "i", "c", near_references.paid_with(pl.col("amount"), pl.col("closed")).alias("fits"))


def _unsettled(waiting: pl.DataFrame, firsts: pl.DataFrame) -> pl.DataFrame:
    """The waiting receipts whose amount is not that of their first answer."""
    return waiting.join(firsts.filter(pl.col("amount_evidence").is_in(sorted(certainty.SETTLED))), on="r", how="anti")


def _settling(referred: Stage) -> pl.DataFrame:
    """The receipts whose amount is that of what they name, without items that they do not name."""
    named = pl.col("rule") != certainty.WITH_MORE
    return referred.answers.filter(named & pl.col("amount_evidence").is_in(sorted(certainty.SETTLED))).select("r").unique()


def _referring(referred: Stage) -> pl.DataFrame:
    """The receipts that say what they are for, in more than a few digits."""
    return referred.answers.filter(pl.col("rule") != certainty.SHORT).select("r").unique()


def _naming(heard: Heard) -> pl.DataFrame:
    """The receipts that name somebody's item in more than a few digits, though it may be any of several items."""
    return heard.text_hits.filter(pl.col("strength") >= references.DIGITS).select("r").unique()


def _not_granted(stage: Stage, receipts: pl.DataFrame) -> Stage:
    """The stage with its answers for these receipts as mere suggestions."""
    return Stage(stages.as_suggestions(stage.answers, pl.col("r").is_in(receipts["r"].implode())), stage.lines)


def _without_substitutes(referred: Stage, no_longer: pl.DataFrame) -> Stage:
    """The stage without items that the payer did not name, for receipts whose further money is for an item that is closed."""
    substitute = (pl.col("rule") == certainty.WITH_MORE) & pl.col("r").is_in(no_longer["r"].implode())
    answers = referred.answers.filter(~substitute)
    return Stage(answers, referred.lines.join(answers, on=["r", "a"], how="semi"))


def _without_mere_nearness(stage: Stage, receipts: pl.DataFrame) -> Stage:
    """The stage without the items that only come near the amount, for receipts that say what they are for."""
    kept = ~pl.col("rule").is_in(sorted(unnamed.INEXACT)) | ~pl.col("r").is_in(receipts["r"].implode())
    answers = stage.answers.filter(kept)
    return Stage(answers, stage.lines.join(answers, on=["r", "a"], how="semi"))


def _circumstances(every: Stage, missed: pl.DataFrame, paid: pl.DataFrame, heard: Heard, books: Books) -> reasons.Circumstances:
    granted = _first(every.answers).filter("granted").select("r")
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


def _best_few(suggested: Stage, waiting: pl.DataFrame, books: Books) -> Stage:
    """The likeliest different answers of each waiting receipt, as many as the policy wants; where several customers fit the payer, each
    one's best before the second best of any."""
    answers = suggested.answers.join(waiting, on="r", how="semi")
    lines = suggested.lines.join(answers, on=["r", "a"], how="semi")
    sets = stages.item_sets(lines)
    distinct = answers.join(sets, on=["r", "a"]).with_columns(
        pl.when(pl.col("amount_evidence").is_in(sorted(certainty.TAKEN_OFF))).then(pl.concat_str("set", pl.lit(" less "), "amount_evidence")).otherwise("set").alias("set"))
    distinct = distinct.sort("r", "confidence", "a", descending=[False, True, False]).unique(
        ["r", "set"], keep="first", maintain_order=True)
    rivalling = pl.col("payer_evidence").is_in(sorted(certainty.RIVALLED))
    turn = pl.when(rivalling.any().over("r")).then(pl.int_range(pl.len()).over("r", "c")).otherwise(0).alias("turn")
    chosen = distinct.with_columns(turn).sort("r", "turn", maintain_order=True).filter(pl.int_range(pl.len()).over("r") < books.policy.proposals)
    few = chosen.drop("set", "turn")
    return Stage(few, lines.join(few, on=["r", "a"], how="semi"))
