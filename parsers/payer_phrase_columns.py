"""Who paid by a phrase of the bank's, asked of a whole column of texts at once: `parsers.payer_phrases.payer_name` for many."""

from __future__ import annotations

import numpy as np
import polars as pl

from parsers import bank_text, payer_phrases


def may_tell(said: pl.Series) -> pl.Series:
    """Whether one of the marks stands in a text."""
    return said.str.contains_any(list(payer_phrases.MARKS), ascii_case_insensitive=True)


def with_payers(names: pl.Series, said: pl.Series) -> pl.Series:
    """The names, and where there is none, those of `payer_phrases.payer_told`."""
    labelled = ((names == "") & said.str.contains("[:=]")).arg_true()
    if not labelled.is_empty():
        names = names.scatter(labelled, [bank_text.payer_name(text) for text in said.gather(labelled)])
    return with_told(names, said)


def with_told(names: pl.Series, said: pl.Series) -> pl.Series:
    """The names, and where there is none, those that the texts tell."""
    silent = np.flatnonzero((names == "").to_numpy())
    texts = said.gather(silent)
    marked = may_tell(texts).arg_true()
    if marked.is_empty():
        return names
    return names.scatter(silent[marked.to_numpy()], [payer_phrases.payer_name(text) for text in texts.gather(marked)])
