"""Other processes for a run's work, here or on other machines: `cashapp run --engine local:2`, `--engine tcp://scheduler:8786`.

The engine is Dask distributed (`pip install cashapp-engine[cluster]`): a worker that dies is replaced and its parts are done again from their inputs.
Workers only compute: nothing is written before the one transaction in which the run posts, so a part that is done twice counts once, and
a run whose whole engine dies has changed nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import cashapp
from cashapp.errors import CashappError, UsageError
from matching import engine
from matching.crew import Alone, Hearer, nobody

if TYPE_CHECKING:
    from matching.schema import Inputs, Outcome

P = TypeVar("P")
R = TypeVar("R")

_WAIT_SECONDS = 60
_ATTEMPTS = 4
_ANY_PORT = "127.0.0.1:0"  # of Dask's status page: its own is taken where another cluster runs


class LostWorkersError(CashappError):
    """The engine cannot give what it was asked for: workers died."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"the engine lost its workers ({type(error).__name__}: {error}) – nothing was posted; run again")
        self.is_final = type(error).__name__ == "KilledWorker"


class Workers:
    """The workers of a Dask cluster; what they make stays with them until it is asked for (`matching.crew.Crew`)."""

    at = staticmethod(nobody)  # all parts are handed out at once

    def __init__(self, client: Any) -> None:
        self._client = client
        self.hands = max(1, sum(client.nthreads().values()))
        self._shared: list[object] = []  # kept to the end: what a part was made from is wanted again when its worker dies

    def share(self, thing: P, /) -> P:
        """A copy for each worker, so that one that dies takes none along; LostWorkersError where the engine cannot take it just now."""
        try:
            self._shared.append(self._client.scatter(thing, broadcast=True, hash=False))
        except Exception as error:  # of Dask alone, whatever its type: nothing of ours runs here
            raise LostWorkersError(error) from error
        return cast("P", self._shared[-1])

    def each(self, step: Callable[..., R], parts: Iterable[object], *shared: object) -> list[R]:
        """The parts' steps handed out; each is done where its part is, if it can be."""
        return [self._client.submit(step, part, *shared, pure=False) for part in parts]

    def told(self, step: Callable[[P], R], parts: list[P]) -> list[R]:
        """The steps' results brought here, in order; LostWorkersError where the engine cannot give them."""
        try:
            return cast("list[R]", self._client.gather(self.each(step, parts)))
        except Exception as error:
            if type(error).__module__.startswith(("distributed", "concurrent.futures", "asyncio")):
                raise LostWorkersError(error) from error
            raise

    def recovered(self) -> None:
        """Wait for a worker and let go of all that was shared; LostWorkersError where none comes back."""
        self._shared.clear()
        try:
            self._client.wait_for_workers(1, timeout=_WAIT_SECONDS)
        except Exception as error:
            raise LostWorkersError(error) from error


@contextmanager
def hired(name: str, part: int, at: Hearer = nobody) -> Iterator[Callable[[Inputs], Iterator[Outcome]]]:
    """`matching.engine.outcomes` by the workers of the engine (`workers`), `part` receipts at once; without a name by this process alone, of which
    `at` hears how it goes on."""
    if not name:
        yield partial(engine.outcomes, crew=Alone(at))
        return
    with workers(name) as crew:
        yield partial(outcomes, crew, part)


def outcomes(crew: Workers, part: int, inputs: Inputs) -> Iterator[Outcome]:
    """`matching.engine.outcomes` by the crew, begun anew from the inputs where workers died at a moment that Dask cannot mend. All that the crew does
    comes before the first piece, so that no piece comes twice. LostWorkersError where it cannot be, or a part has killed each worker that was given it."""
    for attempt in range(1, _ATTEMPTS + 1):
        pieces = engine.outcomes(inputs, part, crew)
        try:
            first = next(pieces)
        except LostWorkersError as lost:
            if attempt == _ATTEMPTS or lost.is_final:
                raise
            crew.recovered()
        else:
            yield first
            yield from pieces
            return


@contextmanager
def workers(name: str) -> Iterator[Workers]:
    """The workers of an engine: `local:N` for N processes of this machine, else a scheduler's address. UsageError where there are none."""
    with ExitStack() as stack:
        yield Workers(_client(name, stack))


def _client(name: str, stack: ExitStack) -> Any:
    """A client of the engine with workers of this version; the stack ends it, and the processes that were started for it."""
    try:
        import distributed
    except ImportError:
        raise UsageError(f"--engine {name} needs Dask: pip install 'cashapp-engine[cluster]'") from None
    dask: Any = distributed
    kind, _, count = name.partition(":")
    if kind == "local" and not (count.isdecimal() and int(count)):
        raise UsageError(f"--engine {name}: say how many processes, as in local:2")
    try:
        where = stack.enter_context(dask.LocalCluster(n_workers=int(count), threads_per_worker=1, dashboard_address=_ANY_PORT, silence_logs=logging.CRITICAL)) if kind == "local" else name
        client = stack.enter_context(dask.Client(where, timeout=_WAIT_SECONDS, set_as_default=False))
        client.wait_for_workers(int(count) if kind == "local" else 1, timeout=_WAIT_SECONDS)
        versions = client.run(_version)
    except (OSError, TimeoutError, ValueError, RuntimeError) as error:  # RuntimeError: a worker that dies while it starts
        raise UsageError(f"--engine {name}: no workers there ({error}) – is the scheduler up, and `dask worker` beside it?") from error
    _refuse_others(versions)
    return client


def _version() -> str:
    return cashapp.__version__


def _refuse_others(versions: dict[str, str]) -> None:
    """Another version of the rules would give other answers."""
    for worker, version in versions.items():
        if version != cashapp.__version__:
            raise UsageError(f"worker {worker} has cashapp {version}, not {cashapp.__version__}: install the same everywhere")
