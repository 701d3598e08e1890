"""Frames in, proposals out: pure functions over polars frames. No I/O, no clock, no knowledge of files or databases.

`matching.engine.propose` is the whole of it; `matching.schema` says what goes in and comes out.
"""
