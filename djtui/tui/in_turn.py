"""Keys one after the other: each goes to where the one before it has led, however fast they come.

Textual hands all keys that have come to the widget that has the focus; an input or dialog that the first
of them opens has it a little later. Over a slow line, where keys come in bursts, the rest of /bicep would be
commands to the table, or the answer to a question that nobody has seen.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, Final, TypeVar

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen

R = TypeVar("R")

HOLD_S: Final = 3.0
"""Keys wait no longer for what an earlier one opens. Then they are dropped: they were not meant for what is
on the screen still."""
_LOOK_S: Final = 0.005
_QUIET: Final = 2
"""A key has led to its end when nothing moved in so many rounds through all that hear of keys."""

_work: ContextVar[object | None] = ContextVar("work", default=None)


class InTurn(App[int]):
    """An app that holds keys until the one before them is done with."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._held: deque[events.Event] = deque()
        self._now: events.Event | None = None
        self._settling: asyncio.Task[None] | None = None
        self._works: dict[object, Screen[Any] | None] = {}

    async def on_unmount(self) -> None:
        if self._settling is not None:
            self._settling.cancel()

    async def on_event(self, event: events.Event) -> None:
        typed = isinstance(event, events.Key | events.Paste) and not event.is_forwarded
        if not typed:
            await super().on_event(event)
        elif event is self._now:
            self._now = None
            if self._has_screen:
                self._settling = asyncio.create_task(self._settle(self._hearing()))
                await super().on_event(event)
        else:
            self._held.append(event)
            if self._now is None and self._settling is None:
                self._next()

    def _next(self) -> None:
        self._settling = None
        if self._held:
            self._now = self._held.popleft()
            if not self.post_message(self._now):
                self._now = None

    @property
    def _has_screen(self) -> bool:
        """There is none when the app ends."""
        return bool(self._screen_stacks.get(self.current_mode))

    def _hearing(self) -> DOMNode:
        """Who hears of a key first."""
        return (self.focused or self.screen) if self._has_screen else self

    # -- when a key is done with ------------------------------------------------------------------

    async def _settle(self, first: DOMNode) -> None:
        ends = time.monotonic() + HOLD_S
        await self._round(first, ends)
        quiet = 0
        while quiet < _QUIET and time.monotonic() < ends:
            before = self._hearing()
            await self._round(before, ends)
            if self._is_opening():
                quiet = 0
                await asyncio.sleep(_LOOK_S)
            else:
                quiet = quiet + 1 if self._hearing() is before else 0
        if quiet < _QUIET:
            self._held.clear()
            self._works.clear()
        self._next()

    async def _round(self, first: DOMNode, ends: float) -> None:
        """All that waits for a widget, and for those that it is in, is done with; or it takes too long."""
        for node in first.ancestors_with_self:
            done = asyncio.Event()
            if node.is_running and node.call_later(done.set):
                while not done.is_set() and node.is_running and time.monotonic() < ends:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(done.wait(), _LOOK_S)

    def _is_opening(self) -> bool:
        """Whether a screen is on its way: pushed, or asked for by work that a key began."""
        if not self._has_screen:
            return False
        stack = self.screen_stack
        return not stack[-1].is_mounted or any(asked not in stack for asked in self._works.values())

    # -- work that keys begin ---------------------------------------------------------------------

    def in_turn(self, work: Coroutine[Any, Any, object]) -> Coroutine[Any, Any, None]:
        """The same work; if a key began it, the keys after that wait until it is done, or asks something."""
        token = object() if self._settling is not None else None
        if token is not None:
            self._works[token] = None
        return self._followed(work, token)

    async def _followed(self, work: Coroutine[Any, Any, object], token: object | None) -> None:
        _work.set(token)
        try:
            await work
        finally:
            self._works.pop(token, None)

    async def push_screen_wait(  # type: ignore[override]  # no screen of ours is asked by its name
        self, screen: Screen[R], *, mode: str | None = None
    ) -> R:
        """While an answer is waited for, keys are for the one who asks."""
        token = _work.get()
        if token in self._works:
            self._works[token] = screen
        try:
            return await super().push_screen_wait(screen, mode=mode)
        finally:
            if token in self._works:
                self._works[token] = None
