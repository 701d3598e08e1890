"""The answers that an amount gives when the payer is known and says nothing: which of its open items make the sum.

One item, everything, the oldest, a run, a small set; each with the number of other sets that make the same sum (`rivals`). Where
nothing makes it, the items that come nearest are suggested: short paid, or with a discount that came too late. A payer that has
nothing fitting of its own may pay for its family.
"""

from __future__ import annotations

from math import gcd
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from matching import combine, customers
from matching.books import Books
from matching.places import nth
from matching.schema import Policy

SETS = {
    "r": pl.UInt32, "a": pl.UInt32, "i": pl.UInt32, "rule": pl.String, "payer_evidence": pl.String, "level": pl.Int8, "rivals": pl.Int64,
}
SINGLE, EVERYTHING, SMALL_SET, LOOSE_SET, NEAREST, REMOTE, AMOUNT_ONLY, OLDEST = (
    "single_item", "clear_account", "combination", "loose_combination", "nearest_item", "remote_item", "amount_only", "oldest_items",
)
INEXACT = frozenset((NEAREST, REMOTE))
CANDIDATES_MAX = 3
NEAR_PART, REMOTE_PART = 50, 4
"""An item is near when no more than one part in fifty is missing or too much; up to one in four it is still worth a suggestion."""
NO_DATE = -(10**7)
FAR = np.int64(2) ** 62
ROUND = 100_000
CHANCE = 20
"""The sums of all sets hit at most one in so many of the amounts that might as well have come."""
BLOCK = 1 << 16
"""So many open items are looked at at once, for the same reason as in `combine.CELLS_MAX`."""
Integers = npt.NDArray[np.int64]


class Pool(NamedTuple):
    """Open items in order of owner, currency and due date, as arrays; and where each owner's stand."""

    i: Integers
    open: Integers
    discount: Integers
    discount_day: Integers
    owners: pl.DataFrame  # c, currency, start, count


class Pools(NamedTuple):
    """The open items of each customer, and those of each family of several by its root."""

    own: Pool
    family: Pool


class Tasks(NamedTuple):
    """Receipts that stand each before one owner's items, all with the same number of them, as arrays."""

    target: Integers
    day: Integers  # the last day on which a discount is still in time
    start: Integers
    rounding: Integers
    fee: Integers
    turn: Integers  # the receipt's place among those of the same payer and amount
    near: Integers  # 1 where items that only come near are worth an answer, else 0


class Answer(NamedTuple):
    """Positions in the task's items, the rule, and how many other sets are as good."""

    chosen: tuple[int, ...]
    rule: str
    rivals: int


def turns(candidates: pl.DataFrame, books: Books) -> pl.DataFrame:
    """r, c, turn for the receipts' likeliest payers: the receipt's place among those of the same payer, currency and amount, by date."""
    ordered = candidates.sort("r", "level", "c", descending=[False, True, False])
    likely = ordered.filter(nth("r") < CANDIDATES_MAX).join(books.receipts.select("r", "currency", "amount", "date"), on="r")
    return likely.sort("date", "r").select("r", "c", pl.int_range(pl.len()).over("c", "currency", "amount").alias("turn"))


def pools(books: Books) -> Pools:
    """The open items, ready to be added up."""
    several = books.customers.filter(pl.len().over("root") > 1)
    return Pools(_pool(books.items), _pool(books.items.join(several.select("c", "root"), on="c").drop("c").rename({"root": "c"})))


def answers(receipts: pl.DataFrame, candidates: pl.DataFrame, owned: Pools, books: Books) -> pl.DataFrame:
    """SETS for the receipts' likeliest payers (`candidates` with `turn`), from their own items or else from their family's. Items that only
    come near are looked for where the payer is one likely customer."""
    likely = candidates.join(receipts.select("r"), on="r", how="semi")
    near = (pl.col("level") >= customers.SIMILAR) & ~pl.col("evidence").is_in(["ambiguous", "disputed"])
    own = _solved(likely.with_columns(near.alias("near")), owned.own, books)
    exact = ~pl.col("rule").is_in(sorted(INEXACT))
    settled = own.filter(exact).select("r").unique()
    own = own.filter(exact | ~pl.col("r").is_in(settled["r"].implode()))
    family = _of_family(_heads(likely.join(settled, on="r", how="anti"), books), owned.family, books)
    return pl.concat([own.join(family.select("r").unique(), on="r", how="anti"), family]).select(list(SETS))


def by_amount(receipts: pl.DataFrame, books: Books) -> pl.DataFrame:
    """SETS of one item each for receipts of unknown payers: whose item has exactly this amount, if only few have."""
    items = books.items.select("i", "currency", pl.col("open").alias("amount"), "due_date")
    as_much = items.filter(pl.col("amount").is_in(receipts["amount"].unique().implode()))
    unusual = as_much.filter(pl.len().over("currency", "amount") <= CANDIDATES_MAX)
    found = receipts.select("r", "currency", "amount").join(unusual, on=["currency", "amount"])
    ordered = found.sort("r", "due_date", "i", nulls_last=True)
    return ordered.select(
        "r", nth("r").cast(pl.UInt32).alias("a"), "i", pl.lit(AMOUNT_ONLY).alias("rule"), pl.lit("none").alias("payer_evidence"),
        pl.lit(0, pl.Int8).alias("level"), (pl.len().over("r").cast(pl.Int64) - 1).alias("rivals"),
    )


def _heads(likely: pl.DataFrame, books: Books) -> pl.DataFrame:
    """The one certain payer of each receipt; of several in one family its root, or else one of them, as `ambiguous` as they are."""
    certain = likely.filter((pl.col("level") >= customers.CERTAIN).all().over("r")).join(books.customers.select("c", "root"), on="c")
    one_family = certain.filter(pl.col("root").min().over("r") == pl.col("root").max().over("r"))
    ordered = one_family.sort("r", pl.col("c") != pl.col("root"), "c")
    return ordered.unique("r", keep="first", maintain_order=True).drop("root")


def _of_family(heads: pl.DataFrame, owned: Pool, books: Books) -> pl.DataFrame:
    """SETS from the items of everybody in the payer's family. Only what a parent pays counts as its own."""
    related = heads.join(books.customers.select("c", "root"), on="c")
    told = pl.when(pl.col("c") == pl.col("root")).then("evidence").otherwise(pl.lit("family")).alias("evidence")
    return _solved(related.with_columns(told, pl.lit(value=False).alias("near")).drop("c").rename({"root": "c"}), owned, books)


def _pool(items: pl.DataFrame) -> Pool:
    """The items (i, c, currency, open, …) by owner `c`."""
    owned = items.select("c", "currency", "due_date", "i", "open", "discount", "discount_date").sort("c", "currency", "due_date", "i", nulls_last=True)
    owners = owned.with_row_index("at").group_by("c", "currency").agg(pl.min("at").alias("start"), pl.len().alias("count"))
    day = owned["discount_date"].to_physical().cast(pl.Int64).fill_null(NO_DATE)
    numbers, opens, discounts = (owned[column].cast(pl.Int64).to_numpy() for column in ("i", "open", "discount"))
    return Pool(numbers, opens, discounts, day.to_numpy(), owners)


def _solved(tasks: pl.DataFrame, owned: Pool, books: Books) -> pl.DataFrame:
    """SETS of all tasks (r, c, level, evidence, turn, near)."""
    asked = tasks.join(books.receipts.select("r", "currency", "amount", "date", "rounding", "fee"), on="r").join(owned.owners, on=["c", "currency"])
    asked = asked.sort("r", "level", "c", descending=[False, True, False])
    return _rows(asked, _search(asked, owned, books), owned.i, books.policy.proposals)


def _search(asked: pl.DataFrame, pool: Pool, books: Books) -> dict[int, list[Answer]]:
    """The answers of the tasks that have any, by their places; tasks with equally many items are looked at together."""
    found: dict[int, list[Answer]] = {}
    day = asked["date"].to_physical().cast(pl.Int64).fill_null(-NO_DATE) - books.policy.discount_grace_days
    told = asked.with_columns(day.alias("day")).select("amount", "day", "start", "rounding", "fee", "turn", "near")
    columns = Tasks(*(column.cast(pl.Int64).to_numpy() for column in told))
    counts = asked["count"].to_numpy()
    for count in np.unique(counts).tolist():
        places = np.flatnonzero(counts == count)
        for block in np.array_split(places, -(-len(places) * count // BLOCK)):
            answered = _answered(_at(columns, block), count, pool, books)
            found.update((int(block[row]), told) for row, told in answered.items())
    return found


def _at(tasks: Tasks, rows: npt.NDArray[np.intp]) -> Tasks:
    return Tasks(*(column[rows] for column in tasks))


def _answered(tasks: Tasks, count: int, pool: Pool, books: Books) -> dict[int, list[Answer]]:
    """The answers of tasks with `count` items each, by row: sets that make the amount gross, or net of earned discounts; else what is near."""
    at = tasks.start[:, None] + np.arange(count)
    opens = pool.open[at]
    earned = np.where(tasks.day[:, None] <= pool.discount_day[at], pool.discount[at], 0)
    sets = _making(tasks, opens, earned, combine.FEW_SETS)
    without = _missing(sets, len(opens))
    if combine.looks_further(count) and len(without):
        patient = _making(_at(tasks, without), opens[without], earned[without], combine.MANY_SETS)
        sets |= {int(without[row]): found for row, found in patient.items()}
    answered = {
        row: _judged(_in_turn(found, int(tasks.turn[row])), opens[row], int(tasks.target[row]), books.policy) for row, found in sets.items()
    }
    without = _missing(sets, len(opens))
    without = without[tasks.near[without] > 0]
    if len(without):
        near = _nearest(_at(tasks, without), opens[without], pool.discount[at[without]])
        answered |= dict(zip(without.tolist(), near, strict=True))
    return answered


def _missing(sets: dict[int, list[combine.Chosen]], rows: int) -> npt.NDArray[np.intp]:
    """The rows without any sets."""
    without = np.ones(rows, dtype=bool)
    without[list(sets)] = False
    return np.flatnonzero(without)


def _making(tasks: Tasks, opens: Integers, earned: Integers, sets_max: int) -> dict[int, list[combine.Chosen]]:
    """The sets of the rows that have any."""
    sets = {row: found for row, found in enumerate(combine.find(opens, tasks.target, sets_max)) if found}
    offered = np.flatnonzero(earned.any(axis=1))
    net = combine.find((opens - earned)[offered], tasks.target[offered], sets_max)
    for row, found in zip(offered.tolist(), net, strict=True):
        if found:
            sets[row] = combine.in_order([*sets.get(row, []), *found], opens.shape[1])
    return sets


def _in_turn(sets: list[combine.Chosen], turn: int) -> list[combine.Chosen]:
    """Equal items are suggested to equal receipts one after the other, the oldest item to the first receipt."""
    if len(sets) == 1:
        return sets
    singles = sum(len(chosen) == 1 for chosen in sets)
    return sets if singles < 2 else [*sets[turn % singles : singles], *sets[: turn % singles], *sets[singles:]]


def _judged(sets: list[combine.Chosen], amounts: Integers, target: int, policy: Policy) -> list[Answer]:
    """The likeliest sets as answers; all that make the sum are rivals of each other."""
    count = len(amounts)
    listed = sets[: policy.proposals]
    few = count <= min(policy.subset_items, combine.SMALL)
    seen_all = few and any(1 < len(chosen) < count for chosen in listed) and _is_telling(amounts, target)
    answered: list[Answer] = []
    for chosen in listed:
        small = seen_all and (len(chosen) <= policy.subset_size or combine.is_run(chosen))
        rule = SINGLE if len(chosen) == 1 else EVERYTHING if len(chosen) == count else SMALL_SET if small else LOOSE_SET
        answered.append(Answer(chosen, rule, len(sets) - 1))
    return answered


def _is_telling(amounts: Integers, target: int) -> bool:
    """Whether a sum that comes out right says something: round amounts add up to a round target by chance too often."""
    roundness = gcd(target, ROUND)
    as_round = int((amounts % roundness == 0).sum())
    chances = max(1 << len(amounts), (1 << as_round) * roundness)
    return chances * CHANCE <= int(abs(amounts).sum())


def _nearest(tasks: Tasks, opens: Integers, discounts: Integers) -> list[list[Answer]]:
    """Items to which a fee, a rounding difference or a late discount leads; else those of which little is missing or that little is too
    much for; else the only one, or everything where more came than is open."""
    count = opens.shape[1]
    gap = opens - tasks.target[:, None]
    rounding = tasks.rounding[:, None]
    explained = (abs(gap) <= rounding) | ((discounts > 0) & (abs(gap - discounts) <= rounding)) | ((tasks.fee > 0)[:, None] & (gap == tasks.fee[:, None]))
    worth = np.where(explained.any(axis=1)[:, None], explained, abs(gap) * REMOTE_PART <= opens)
    near = explained | (abs(gap) * NEAR_PART <= opens)
    order = np.argsort(np.where(worth, abs(gap), FAR), axis=1, kind="stable")[:, :CANDIDATES_MAX]
    listed = np.take_along_axis(near, order, axis=1).tolist()
    answered: list[list[Answer]] = []
    sums = zip(worth.sum(axis=1).tolist(), opens.sum(axis=1).tolist(), tasks.target.tolist(), strict=True)
    for places, nears, (many, total, target) in zip(order.tolist(), listed, sums, strict=True):
        if count == 1 or (not many and total < target):
            answered.append([Answer(tuple(range(count)), NEAREST if any(nears) and count == 1 else REMOTE, 0)])
        else:
            answered.append([Answer((place,), NEAREST if close else REMOTE, many - 1) for place, close in zip(places[:many], nears[:many], strict=True)])
    return answered


def _rows(asked: pl.DataFrame, found: dict[int, list[Answer]], items: Integers, answers_max: int) -> pl.DataFrame:
    """SETS of all answers, numbered for each receipt; the answers of a receipt's other candidates are rivals as well."""
    rows: list[tuple[int, int, int, str, int]] = []
    following: dict[int, int] = {}
    places = sorted(found)
    for place, r in zip(places, asked["r"].gather(places).to_list(), strict=True):
        for answer in found[place][:answers_max]:
            a = following.get(r, 0)
            following[r] = a + 1
            rows += [(place, a, at, answer.rule, answer.rivals) for at in answer.chosen]
    answered = pl.DataFrame(rows, schema={"place": pl.UInt32, "a": pl.UInt32, "at": pl.Int64, "rule": pl.String, "rivals": pl.Int64}, orient="row")
    of_task = asked.select("r", "start", "level", pl.col("evidence").alias("payer_evidence"))[answered["place"]]
    item = pl.Series("i", items[(of_task["start"] + answered["at"]).to_numpy()], pl.UInt32)
    return pl.concat([answered, of_task, item.to_frame()], how="horizontal").select(list(SETS))
