"""How the process holds memory. It has two allocators: glibc's, which serves SQLite and Arrow, and jemalloc, which serves polars. Each has pools for every few
threads, and what one pool has freed another cannot use."""

from __future__ import annotations

import ctypes
import gc
import os
import sys

POLARS_READS = "_RJEM_MALLOC_CONF"
"""The environment variable that polars' allocator reads when it is loaded."""
_POLARS = "narenas:2,dirty_decay_ms:500,muzzy_decay_ms:0"
"""Freed memory is given back after half a second, and then wholly (`muzzy` pages still count as the process's): after a tenth matching takes a twentieth more time,
at once a whole run takes a fifth more."""
_M_ARENA_MAX = -8  # glibc, malloc.h
_COLLECTED_FROM = 50_000
"""From so many new objects on Python looks for rings among them. Each query of polars is some hundred objects that go by themselves; looking every
700 took a hundredth of a large run."""


def hold_little() -> None:
    """Have few pools, and give back soon what is freed. To be said before polars is loaded and threads are started; what the environment says stands."""
    os.environ.setdefault(POLARS_READS, _POLARS)
    gc.set_threshold(_COLLECTED_FROM)
    glibc = _glibc()
    if glibc and "MALLOC_ARENA_MAX" not in os.environ:
        glibc.mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Hand what is freed among what is held back to the system, where the allocator would keep it: for when much has been done."""
    glibc = _glibc()
    if glibc:
        glibc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """The C library where it is glibc."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if library and hasattr(library, "gnu_get_libc_version") else None
