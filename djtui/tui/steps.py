"""A key that moves something, held down: the steps that come while one is taken are taken in one go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Steps(Generic[T]):
    """Takes steps of things one after another, with `take(thing, steps)`."""

    def __init__(self, take: Callable[[T, int], Awaitable[object]]) -> None:
        self._take = take
        self._waiting: list[tuple[T, int]] = []
        self._busy = False

    async def add(self, thing: T, step: int) -> None:
        """Take a step; returns when there is nothing more to take, at once if another call sees to it."""
        if self._waiting and self._waiting[-1][0] == thing:
            step += self._waiting.pop()[1]
        self._waiting.append((thing, step))
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting:
                thing, steps = self._waiting.pop(0)
                if steps:
                    await self._take(thing, steps)
        finally:
            self._busy = False
            self._waiting.clear()
