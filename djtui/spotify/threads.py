"""Blocking calls beside the event loop, on threads that nobody waits for.

`asyncio.to_thread` is no use here: the interpreter waits for its threads at the end, so that quitting would
take as long as the request in flight.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, Final, Generic, Protocol, TypeVar

COUNT: Final = 2

Result = TypeVar("Result")


class Closing(Protocol):
    """What a thread holds for its calls, closed by the thread at its end."""

    def close(self) -> None:
        """Give back connections."""
        ...


Held = TypeVar("Held", bound=Closing)


class Threads(Generic[Held]):
    """Two daemon threads. Each makes its own `Held` at its first call, and hands it to every call."""

    def __init__(self, make: Callable[[], Held], *, name: str = "spotify", count: int = COUNT) -> None:
        self._make = make
        self._name = name
        self._count = count
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._started = False
        self._closed = False
        self._waiting: set[asyncio.Future[Any]] = set()

    async def run(self, work: Callable[[Held], Result]) -> Result:
        """The result of `work`, or what it raises. A call that is cancelled before it began never begins."""
        if self._closed:
            raise RuntimeError("The connection to Spotify is closed.")
        self._start()
        call = _Call(asyncio.get_running_loop(), work)
        self._waiting.add(call.future)
        call.future.add_done_callback(self._waiting.discard)
        self._calls.put(call)
        result: Result = await call.future
        return result

    def close(self) -> None:
        """Cancel what waits and let the threads end. Returns at once; a call in flight ends unheard."""
        self._closed = True
        for future in tuple(self._waiting):
            future.cancel()
        for _ in range(self._count if self._started else 0):
            self._calls.put(None)

    def _start(self) -> None:
        if not self._started:
            self._started = True
            for number in range(self._count):
                threading.Thread(target=self._serve, name=f"{self._name}-{number}", daemon=True).start()

    def _serve(self) -> None:
        held: Held | None = None
        try:
            while (call := self._calls.get()) is not None:
                if call.future.cancelled():
                    continue
                try:
                    if held is None:
                        held = self._make()
                    result = call.work(held)
                except BaseException as trouble:
                    call.failed(trouble)
                else:
                    call.done(result)
                    del result
                del call
        finally:
            if held is not None:
                held.close()


class _Call:
    """One call on its way to a thread and back."""

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Callable[[Any], Any]) -> None:
        self.work = work
        self.future: asyncio.Future[Any] = loop.create_future()
        self._loop = loop

    def done(self, result: Any) -> None:
        self._tell(lambda: self.future.set_result(result))

    def failed(self, trouble: BaseException) -> None:
        self._tell(lambda: self.future.set_exception(trouble))

    def _tell(self, settle: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._settled, settle)
        except RuntimeError:
            return  # the loop has ended, and with it whoever asked

    def _settled(self, settle: Callable[[], None]) -> None:
        if not self.future.done():
            settle()
