"""Few pools of memory, settled before anything that allocates much is loaded."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from cashapp.memory import POLARS_READS

POOLS = """
import ctypes, sys, threading
from cashapp import memory
if sys.argv[1] == "few":
    memory.hold_little()
library = ctypes.CDLL(None)
library.fopen.restype = ctypes.c_void_p
ready = threading.Barrier(4)
def allocate():
    ready.wait()
    library.malloc(1000)
    ready.wait()
threads = [threading.Thread(target=allocate) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
library.malloc_info(0, ctypes.c_void_p(library.fopen(b"/dev/fd/1", b"w")))
library.fflush(None)
"""


HELD = """
from cashapp import memory
def held():
    with open("/proc/self/statm", encoding="ascii") as told: return int(told.read().split()[1])
many = [bytes(2000) for _ in range(100_000)]
last, full = bytes(2000), held()
del many
memory.give_back()
print(held() < full * 0.5)
"""


def told(*words: str, **environment: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if name not in {POLARS_READS, "MALLOC_ARENA_MAX"}}
    return subprocess.run([sys.executable, *words], env=inherited | environment, check=True, capture_output=True, text=True).stdout


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the pools are glibc's")
def test_threads_share_one_pool() -> None:
    assert told("-c", POOLS, "few").count("<heap ") == 1
    assert told("-c", POOLS, "many").count("<heap ") > 1


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the allocator is glibc's")
def test_what_is_freed_below_what_is_held_is_given_back() -> None:
    assert told("-c", HELD).strip() == "True"


@pytest.mark.parametrize(("environment", "read"), [({}, "narenas:2,dirty_decay_ms:500,muzzy_decay_ms:0"), ({POLARS_READS: "narenas:8"}, "narenas:8")])
def test_polars_allocator_hears_of_it_unless_the_operator_says_otherwise(environment: dict[str, str], read: str) -> None:
    said = f"import sys, os; from cashapp import memory; memory.hold_little(); assert 'polars' not in sys.modules; print(os.environ['{POLARS_READS}'])"
    assert told("-c", said, **environment).strip() == read


def test_nothing_is_loaded_before_the_command_line_has_said_so() -> None:
    assert told("-c", "import cashapp.__main__, sys; print('polars' in sys.modules)").strip() == "False"
