"""The answers of each stage of thought, judged: by reference, by a nearly right reference, by amount alone, on account.

An answer is a row of ANSWERS with its lines (`amounts.LINES`); `a` tells the answers of one receipt apart, and each stage has its own range
of it, so that answers of all stages can be laid side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from matching import (
    agreement,
    amounts,
    autocash,
    certainty,
    customers,
    itemised,
    named,
    near_references,
    numbers,
    references,
    stated_amounts,
    unnamed,
)
from matching.books import Books
from matching.hearing import Heard, graded
from matching.places import nth

ANSWERS = {
    "r": pl.UInt32, "a": pl.UInt32, "rule": pl.String, "payer_evidence": pl.String, "amount_evidence": pl.String, "rivals": pl.Int64,
    "likelihood": pl.Int64, "confidence": pl.Int64, "granted": pl.Boolean, "c": pl.UInt32,
}
UNJUDGED = {name: dtype for name, dtype in ANSWERS.items() if name not in ("likelihood", "confidence", "granted")}
PAID_FIRST = 895
"""Where what the payer names is paid already, leaving the money on account is likelier than any other item."""
MISSED_FIRST = 615
"""Where what the payer names is not found, leaving the money on account is likelier than an item that has not even the amount."""
BY_NAME = frozenset(("name", "alias", "name_truncated", "name_similar"))
TWIN_LETTERS_MIN = 4
RIVALS_FROM, RIVALS_SHOWN = 50, 3
"""What a look-alike of the payer owes is shown beside the payer's own, in the range of `ALONE_FROM`."""
NEAR_FROM, ALONE_FROM, AMOUNT_FROM, ACCOUNT_FROM, RULE_SET_FROM, FEE_FROM, DEDUCTION_FROM = 100, 200, 300, 400, 500, 600, 1200


@dataclass(frozen=True, slots=True)
class Stage:
    """Answers with their lines."""

    answers: pl.DataFrame  # ANSWERS; c: the customer of the items, null where they are several customers'
    lines: pl.DataFrame  # amounts.LINES


def by_reference(heard: Heard, books: Books) -> Stage:
    """What remittance lines, and else the references in the text, lead to."""
    chosen = itemised.resolved(heard.line_hits, books)
    line_members, stated = itemised.answers(chosen, books)
    text_hits = heard.text_hits.join(chosen.select("r").unique(), on="r", how="anti")
    text_members = named.answers(text_hits, books)
    weighed, lines = amounts.weigh(pl.concat([text_members, _only_named(line_members, stated)]), books)
    stated_weighed, stated_lines = stated_amounts.weigh(stated, books)
    members = pl.concat([text_members, line_members])
    weighed = pl.concat([weighed, stated_weighed]).pipe(_stated_first, chosen.select("r").unique(), books)
    as_stated = line_members.filter(pl.col("a") == itemised.AS_STATED)
    meant = stated_amounts.meant(stated, as_stated, books).with_columns(pl.lit(itemised.AS_MEANT, pl.UInt32).alias("a"))
    more = pl.concat([
        _further(text_members, weighed, books), _among_lines(line_members, weighed, books), _beyond_lines(line_members, weighed, books), meant,
    ])
    more_weighed, more_lines = amounts.weigh(more, books)
    every = pl.concat([weighed, more_weighed])
    told = _told(pl.concat([members, more]), chosen.select("r").unique())
    judged = certainty.judge(told.join(every, on=["r", "a"]).select(list(UNJUDGED)), books.policy)
    all_lines = pl.concat([lines, stated_lines, more_lines])
    return Stage(judged.select(list(ANSWERS)), all_lines.join(judged, on=["r", "a"], how="semi"))


def by_near_reference(rest: pl.DataFrame, heard: Heard, closed: numbers.Numbers, books: Books) -> Stage:
    """What numbers in bad shape lead to, alone and beside the good ones of the receipt; only suggested where all of them are another customer's
    as they stand."""
    receipts = books.receipts.join(rest, on="r", how="semi")
    sure = _sole_families(heard, books)
    tokens = near_references.text_tokens(receipts, sure, heard.index, closed)
    found = graded(near_references.near(tokens, heard.candidates, books), heard, books)
    if found.is_empty():
        return nothing()
    clear = heard.text_hits.filter(pl.col("strength") >= references.DIGITS)
    anothers = (pl.col("grade") == agreement.CONTRADICTED) & pl.col("r").is_in(sure["r"].implode())
    loud = clear.filter(~anothers).join(found.select("r").unique(), on="r", how="semi").join(books.items.select("i"), on="i", how="semi")
    beside = named.answers(pl.concat([found, loud]), books)
    beside = beside.join(beside.filter(pl.col("strength") == references.NEAR).select("r", "a").unique(), on=["r", "a"], how="semi")
    agreeing = clear.filter(pl.col("grade") >= agreement.ALIKE).select("r").unique()
    alone = found.join(agreeing, on="r", how="anti").unique(["r", "i"], keep="first", maintain_order=True).sort("r", "i").with_columns(
        (nth("r").cast(pl.UInt32) + named.MORE_FROM).alias("a"))
    single = beside.filter(pl.len().over("r", "a") == 1).select("r", "i")
    alone = alone.join(single, on=["r", "i"], how="anti").select(list(named.MEMBERS))
    members = pl.concat([beside, alone])
    weighed, lines = amounts.weigh(members, books)
    fits = weighed.filter((pl.col("a") < named.MORE_FROM) | pl.col("amount_evidence").is_in(sorted(certainty.SETTLED)))
    told = _told(members, rest.clear()).join(fits, on=["r", "a"]).select(list(UNJUDGED))
    of_others = near_references.in_good_shape(tokens.join(found, on="m", how="semi"), heard.index, closed)
    bent = found.join(of_others, on="m", how="anti").select("r", "i")
    damaged = members.filter(pl.col("strength") == references.NEAR).join(bent, on=["r", "i"], how="semi").select("r", "a").unique()
    judged = certainty.judge(told, books.policy).join(damaged.with_columns(pl.lit(value=True).alias("damaged")), on=["r", "a"], how="left")
    judged = as_suggestions(judged, pl.col("damaged").is_null()).select(list(ANSWERS))
    return shifted(Stage(judged, lines), NEAR_FROM)


def by_amount(rest: pl.DataFrame, heard: Heard, turns: pl.DataFrame, owned: unnamed.Pools, books: Books) -> Stage:
    """What the amount leads to, among the items of the likely payers; of everybody, where nobody is likely. `turns`: of `unnamed.turns`."""
    receipts = books.receipts.join(rest, on="r", how="semi").filter(pl.col("amount") > 0)
    candidates, pointed = pointed_out(heard)
    standing = standings(candidates)
    known = unnamed.answers(receipts, standing.join(turns, on=["r", "c"]), owned, books)
    likely = standing.filter(pl.col("level") >= customers.SIMILAR).select("r").unique()
    unknown = unnamed.by_amount(receipts.join(likely, on="r", how="anti"), books).with_columns(pl.col("a") + (AMOUNT_FROM - ALONE_FROM))
    sets = pl.concat([known, unknown])
    weighed, lines = amounts.weigh(sets, books)
    owners = sets.join(books.items.select("i", "c"), on="i").group_by("r", "a").agg(
        pl.first("rule", "payer_evidence", "rivals"), one_owner())
    told = owners.join(weighed, on=["r", "a"]).select(list(UNJUDGED))
    told, rivals = _doubted(told, pointed, heard, books)
    shown, shown_lines = amounts.weigh(rivals, books)
    beside = rivals.join(shown, on=["r", "a"]).with_columns(pl.lit(unnamed.SINGLE).alias("rule"), pl.lit(1, pl.Int64).alias("rivals"))
    every = pl.concat([told, beside.select(list(UNJUDGED))])
    return shifted(Stage(certainty.judge(every, books.policy).select(list(ANSWERS)), pl.concat([lines, shown_lines])), ALONE_FROM)


def _doubted(told: pl.DataFrame, pointed: pl.DataFrame, heard: Heard, books: Books) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The answers, `name_twin` where nothing but the name tells who paid and another customer, whose name begins like the payer's, owes
    exactly the amount; `ambiguous` where somebody in a parent's family does, since parents pay for children. References resolve the doubt
    (`pointed`). Beside them what the others owe, as answers to be shown: r, a, i, c, payer_evidence."""
    settled = told.join(pointed, on="r", how="anti").filter(pl.col("amount_evidence").is_in(sorted(certainty.SETTLED))).select("r", "a", "c", "payer_evidence")
    named = settled.filter(pl.col("payer_evidence").is_in(sorted(BY_NAME)))
    spoken = heard.payers.spoken.join(named.select("r").unique(), on="r", how="semi")
    begun = customers.beginnings(heard.payers.spellings.join(spoken.select("n").unique(), on="n", how="semi"), heard.payers.known, TWIN_LETTERS_MIN)
    mentioned = heard.candidates.filter(pl.col("evidence") == customers.MENTIONED).select("r", pl.col("c").alias("other"))
    twins = pl.concat([
        named.join(spoken.join(begun, on="n").select("r", pl.col("c").alias("other")).unique(), on="r"),
        settled.filter(pl.col("payer_evidence") == customers.IN_TEXT).join(mentioned, on="r"),
    ])
    roots = books.customers.select("c", "root")
    parents = settled.join(roots, on="c").filter(pl.col("c") == pl.col("root"))
    children = parents.join(roots.rename({"c": "other"}), on="root").select(twins.columns)
    owed = books.items.select("i", pl.col("c").alias("other"), "currency", pl.col("open").alias("amount"))
    doubts = pl.concat([
        pairs.filter(pl.col("other") != pl.col("c")).join(books.receipts.select("r", "currency", "amount"), on="r")
        .join(owed, on=["other", "currency", "amount"]).select("r", "a", "other", "i", pl.lit(doubt).alias("doubt"))
        for pairs, doubt in ((children, "ambiguous"), (twins, "name_twin"))
    ])
    first = doubts.unique(["r", "a"], keep="first", maintain_order=True).select("r", "a", "doubt")
    doubted = told.join(first, on=["r", "a"], how="left").with_columns(pl.coalesce("doubt", "payer_evidence").alias("payer_evidence"))
    rivals = doubts.select("r", "i", pl.col("other").alias("c"), pl.col("doubt").alias("payer_evidence")).sort("r", "i", "payer_evidence").unique(
        ["r", "i"], keep="first", maintain_order=True).filter(nth("r") < RIVALS_SHOWN)
    return doubted.drop("doubt"), rivals.with_columns((nth("r").cast(pl.UInt32) + RIVALS_FROM).alias("a"))


def by_rule_set(rest: pl.DataFrame, by_sum: Stage, heard: Heard, books: Books) -> tuple[Stage, pl.DataFrame]:
    """What the manager's rule sets lead to; and the receipts (r) whose payer has one. An answer that meets another of the same amount
    among `by_sum` has a rival, whatever its rule; `oldest_first`, which looks at no amount, has none."""
    sets = autocash.sets_of(books)
    sure = sole_payers(heard.candidates).join(rest, on="r", how="semi").filter(pl.col("c").is_in(list(sets)))
    told, lines = autocash.answers(sure, sets, books)
    settled = by_sum.answers.filter(pl.col("amount_evidence").is_in(sorted(certainty.SETTLED)))
    others = item_sets(by_sum.lines.join(settled, on=["r", "a"], how="semi")).select("r", pl.col("set").alias("other"))
    against = told.join(item_sets(lines), on=["r", "a"]).join(others, on="r").filter(pl.col("set") != pl.col("other"))
    rivals = against.group_by("r", "a").agg(pl.len().cast(pl.Int64).alias("met"))
    tested = pl.col("rule") != autocash.PREFIX + "oldest_first"
    weighed = told.join(rivals, on=["r", "a"], how="left").with_columns(
        pl.max_horizontal("rivals", pl.when(tested).then(pl.col("met").fill_null(0)).otherwise(0)).alias("rivals"))
    judged = certainty.judge(weighed.select(*UNJUDGED, "may_post"), books.policy)
    known = pl.col("payer_evidence").is_in(sorted(certainty.KNOWN))
    strata = judged.select("rule", "payer_evidence", "amount_evidence").iter_rows()
    open_stratum = pl.Series("open", [certainty.may_post(books.policy, *stratum) for stratum in strata], dtype=pl.Boolean)
    granted = pl.col("may_post") & (pl.col("rivals") == 0) & known & open_stratum
    ruled = judged.with_columns(granted.alias("granted"), pl.when(granted).then(certainty.BY_RULE_SET).otherwise("confidence").alias("confidence"))
    return shifted(Stage(ruled.select(list(ANSWERS)), lines), RULE_SET_FROM), sure.select("r")


def as_suggestions(answers: pl.DataFrame, which: pl.Expr) -> pl.DataFrame:
    """`answers` with those of `which` not granted, and as likely as a suggestion is."""
    return answers.with_columns(
        (pl.col("granted") & ~which).alias("granted"),
        pl.when(which).then("likelihood").otherwise("confidence").alias("confidence"),
    )


def first(answers: pl.DataFrame) -> pl.DataFrame:
    """The likeliest answer of each receipt."""
    return answers.sort("r", "confidence", "a", descending=[False, True, False]).unique("r", keep="first", maintain_order=True)


def of_receipts(stage: Stage, receipts: pl.DataFrame) -> Stage:
    """The stage's answers for these receipts (r)."""
    return Stage(stage.answers.join(receipts, on="r", how="semi"), stage.lines.join(receipts, on="r", how="semi"))


def not_granted(stage: Stage, receipts: pl.DataFrame) -> Stage:
    """The stage with its answers for these receipts as mere suggestions."""
    return Stage(as_suggestions(stage.answers, pl.col("r").is_in(receipts["r"].implode())), stage.lines)


def item_sets(lines: pl.DataFrame) -> pl.DataFrame:
    """r, a, set: the items of each answer as one text, by which answers of different stages can be told to be the same."""
    return lines.group_by("r", "a").agg(pl.col("i").sort(nulls_last=True).cast(pl.String).fill_null("-").implode().list.join(" ").first().alias("set"))


def on_account(payers: pl.DataFrame, paid: pl.DataFrame, missed: pl.DataFrame, books: Books) -> Stage:
    """The whole receipt left on account of its payer (`payers`: customers.CANDIDATES, one for each receipt); ahead of everything else for the
    receipts `paid`, whose items are closed already or who pay ahead, and ahead of mere nearness for those that name what is not found (`missed`)."""
    money = payers.sort("r").join(books.receipts.select("r", "amount"), on="r", maintain_order="left").with_columns(pl.lit(ACCOUNT_FROM, pl.UInt32).alias("a"))
    told = money.with_columns(
        pl.lit(certainty.ON_ACCOUNT).alias("rule"), pl.col("evidence").alias("payer_evidence"), pl.lit(certainty.UNDECIDED).alias("amount_evidence"),
        pl.lit(0, pl.Int64).alias("rivals"),
    ).select(list(UNJUDGED))
    judged = certainty.judge(told, books.policy).with_columns(
        pl.when(pl.col("r").is_in(paid["r"].implode())).then(PAID_FIRST).when(pl.col("r").is_in(missed["r"].implode())).then(MISSED_FIRST)
        .otherwise("confidence").alias("confidence"),
    )
    nil = pl.lit(0, pl.Int64)
    lines = money.select(
        "r", "a", pl.lit(None, pl.UInt32).alias("i"), pl.col("amount").alias("applied"), nil.alias("discount"), nil.alias("deduction"),
        pl.lit("").alias("reason"), nil.alias("write_off"),
    )
    return Stage(judged.select(list(ANSWERS)), lines)


def with_fee(firsts: pl.DataFrame, suggested: Stage, books: Books) -> Stage:
    """Beside first answers that are short by no more than a fee may be: the same items in full, the difference written off."""
    short = firsts.filter(pl.col("amount_evidence") == amounts.SHORT).select("r", "a")
    limits = books.receipts.select("r", "fee_limit")
    lines = suggested.lines.join(short, on=["r", "a"]).join(books.items.select("i", "open"), on="i").join(limits, on="r")
    rest = pl.col("open") - pl.col("applied") - pl.col("discount") - pl.col("deduction") - pl.col("write_off")
    missing = lines.with_columns(rest.alias("rest"), rest.sum().over("r").alias("gap"))
    chosen = missing.filter((pl.col("gap") * amounts.FEE_PARTS >= pl.col("fee_limit")) & (pl.col("gap") <= pl.col("fee_limit")) & (pl.col("fee_limit") > 0))
    answers = suggested.answers.join(chosen.select("r", "a").unique(), on=["r", "a"], how="semi").with_columns(
        pl.lit(amounts.UNSTATED_FEE).alias("amount_evidence"))
    judged = certainty.judge(answers.select(list(UNJUDGED)), books.policy).select(list(ANSWERS))
    in_full = chosen.with_columns((pl.col("write_off") + pl.col("rest")).alias("write_off")).select(list(amounts.LINES))
    return shifted(Stage(judged, in_full), FEE_FROM)


def laid_together(parts: list[Stage]) -> Stage:
    """The answers of several stages side by side."""
    return Stage(pl.concat([part.answers for part in parts]), pl.concat([part.lines for part in parts]))


def nothing() -> Stage:
    """No answers."""
    return Stage(pl.DataFrame(schema=ANSWERS), pl.DataFrame(schema=amounts.LINES))


def sole_payers(candidates: pl.DataFrame) -> pl.DataFrame:
    """The receipts of which it is certain who paid: r, c, level, evidence."""
    certain = candidates.filter(pl.col("level") >= customers.CERTAIN)
    return certain.filter(pl.len().over("r") == 1)


def _sole_families(heard: Heard, books: Books) -> pl.DataFrame:
    """r, c: the certain payers with everybody in their families."""
    roots = books.customers.select("c", "root")
    return sole_payers(heard.candidates).select("r", "c").join(roots, on="c").drop("c").join(roots, on="root").select("r", "c")


def standings(candidates: pl.DataFrame) -> pl.DataFrame:
    """The candidates with the evidence they have where no reference helps: several certain ones are ambiguous, and a bank account that
    contradicts the name is disputed."""
    certain = pl.col("level") >= customers.CERTAIN
    disputed = (pl.col("level") == customers.SIMILAR) & ~pl.col("evidence").is_in(sorted(certainty.ALIKE))
    similar = (pl.col("level") == customers.SIMILAR) & ((pl.col("level") == customers.SIMILAR).sum().over("r") > 1)
    return candidates.with_columns(
        pl.when(certain & (certain.sum().over("r") > 1)).then(pl.lit("ambiguous")).when(disputed).then(pl.lit("disputed"))
        .when(similar).then(pl.lit("ambiguous")).otherwise("evidence").alias("evidence"),
    )


def pointed_out(heard: Heard) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The candidates, only one of them where the references name an item of that one alone; and the receipts (r) of which that is so."""
    named = pl.concat([heard.text_hits, heard.line_hits]).filter(pl.col("strength") >= references.DIGITS).select("r", "c").unique()
    sole = heard.candidates.join(named, on=["r", "c"], how="semi").filter(pl.len().over("r") == 1)
    return pl.concat([heard.candidates.join(sole, on="r", how="anti"), sole]), sole.select("r")


def _only_named(members: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """The members whose answer is not stated in amounts."""
    return members.join(stated.select("r", "a").unique(), on=["r", "a"], how="anti")


def _stated_first(weighed: pl.DataFrame, itemised_receipts: pl.DataFrame, books: Books) -> pl.DataFrame:
    """Drops the answer as named where the lines as stated are a good one; where they are not, and the items do not make the amount
    either, the lines do not add up."""
    stated = books.remittance.filter(pl.col("stated").is_not_null()).select("r").unique().with_columns(pl.lit(value=True).alias("has_amounts"))
    others = weighed.join(itemised_receipts, on="r", how="anti")
    lines = weighed.join(itemised_receipts, on="r", how="semi").join(stated, on="r", how="left")
    taken_at_word = lines.filter(pl.col("a") == itemised.AS_STATED)
    good = taken_at_word.filter(pl.col("amount_evidence") != stated_amounts.MISMATCH).select("r")
    as_named = lines.filter(pl.col("a") == itemised.AS_NAMED).join(good, on="r", how="anti")
    contradicts = pl.col("has_amounts").fill_null(value=False) & ~pl.col("amount_evidence").is_in(sorted(certainty.SETTLED))
    told = as_named.with_columns(
        pl.when(contradicts).then(pl.lit(stated_amounts.MISMATCH)).otherwise("amount_evidence").alias("amount_evidence"),
    )
    return pl.concat([others, taken_at_word.select(weighed.columns), told.select(weighed.columns)])


def _further(members: pl.DataFrame, weighed: pl.DataFrame, books: Books) -> pl.DataFrame:
    """Answers that leave out named items or add some that were not named, for receipts that nothing settles yet."""
    settled = weighed.filter(~pl.col("amount_evidence").is_in([amounts.SHORT, amounts.OVER, amounts.LATE])).select("r").unique()
    open_ended = members.join(settled, on="r", how="anti")
    if open_ended.is_empty():
        return open_ended
    return pl.concat([named.parts(open_ended, books), named.ranges(open_ended, books), named.with_more(open_ended, weighed, books)])


def _among_lines(members: pl.DataFrame, weighed: pl.DataFrame, books: Books) -> pl.DataFrame:
    """Of remittance lines that do not come to the amount those that do: the advice was longer than the payment."""
    differing = weighed.group_by("r").agg((pl.col("amount_evidence") == stated_amounts.MISMATCH).all().alias("all")).filter("all")
    return named.parts(members.join(differing, on="r", how="semi"), books)


def _beyond_lines(members: pl.DataFrame, weighed: pl.DataFrame, books: Books) -> pl.DataFrame:
    """Answers that add to remittance lines what the rest of the money makes: the advice was shorter than the payment."""
    at_odds = (pl.col("amount_evidence") == stated_amounts.MISMATCH) & (pl.col("a") == itemised.AS_STATED)
    leaving = weighed.filter((pl.col("amount_evidence").is_in([amounts.OVER, amounts.REST]) | at_odds) & (pl.col("gap") < 0))
    return named.with_more(members.join(leaving, on=["r", "a"], how="semi"), leaving, books)


def _told(members: pl.DataFrame, itemised_receipts: pl.DataFrame) -> pl.DataFrame:
    """r, a, rule, payer_evidence, rivals, c of each answer: as good as its weakest member."""
    weakest = pl.col("grade") == pl.col("grade").min().over("r", "a")
    per_answer = members.with_columns(pl.when(weakest).then("payer_evidence").alias("payer_evidence")).group_by("r", "a").agg(
        pl.min("strength"), pl.max("payer_evidence"), one_owner(), (pl.col("source") == "po_number").any().alias("order"),
        (pl.col("source") == "structured_reference").all().alias("structured"), (pl.col("source") == "credit").any().alias("credit"),
        (pl.col("source") == "unnamed").any().alias("unnamed"), (pl.col("source") == "stated").any().alias("stated"), (pl.col("source") == "range").any().alias("range"),
        ((pl.col("c").n_unique() > 1) & (pl.col("strength") == references.EXPLICIT).all()).alias("several"),
    )
    agent = pl.col("several") & (pl.col("payer_evidence") == agreement.EVIDENCE[agreement.CONTRADICTED])
    per_answer = per_answer.with_columns(pl.when(agent).then(pl.lit(certainty.AGENT)).otherwise("payer_evidence").alias("payer_evidence"))
    advice = per_answer.join(itemised_receipts.with_columns(pl.lit(value=True).alias("advice")), on="r", how="left")
    strength = pl.col("strength")
    rule = (
        pl.when("range").then(pl.lit(certainty.RANGE))
        .when(pl.col("a").is_between(named.PARTS_FROM, named.RANGE_FROM - 1)).then(pl.lit(certainty.PART))
        .when("unnamed").then(pl.lit(certainty.WITH_MORE)).when("stated").then(pl.lit(certainty.MEANT))
        .when(pl.col("credit") & (strength >= references.DIGITS)).then(pl.lit(certainty.WITH_CREDIT))
        .when(strength == references.NEAR).then(pl.lit(certainty.NEAR)).when(strength == references.SHORT).then(pl.lit(certainty.SHORT))
        .when(pl.col("advice").fill_null(value=False)).then(pl.lit(certainty.ADVICE))
        .when((strength == references.DIGITS) & pl.col("order")).then(pl.lit(certainty.ORDER))
        .when(strength == references.DIGITS).then(pl.lit(certainty.DIGITS))
        .when("structured").then(pl.lit(certainty.STRUCTURED)).otherwise(pl.lit(certainty.NUMBER))
    )
    return advice.select("r", "a", rule.alias("rule"), "payer_evidence", pl.lit(0, pl.Int64).alias("rivals"), "c")


def one_owner() -> pl.Expr:
    """`c`, where all of the group have the same."""
    return pl.when(pl.col("c").min() == pl.col("c").max()).then(pl.col("c").min()).alias("c")


def shifted(stage: Stage, by: int) -> Stage:
    """The stage with its answers numbered from `by`."""
    higher = (pl.col("a") + by).cast(pl.UInt32)
    return Stage(stage.answers.with_columns(higher), stage.lines.with_columns(higher).join(stage.answers.with_columns(higher), on=["r", "a"], how="semi"))
