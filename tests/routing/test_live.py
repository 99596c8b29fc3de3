"""The thread behind the preview: the newest wish wins, and reasons come for what is seen."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from djtui.library.routes import Base, Child
from djtui.routing.live import Answer, Everywhere, Mistake, Preview, Previews, Seen, Trouble, Wish
from tests.routing.invented import build

BASE = Base(1, "base", "Base")
CHILDREN = (
    Child(1, 1, "Peak", rule="bpm:126..", spotify_id="Peak time"),
    Child(2, 1, "Slow", rule="bpm:..110", kind="local"),
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("live") / "library.db"
    build(path, 600)
    return path


class Asking:
    """The thread, and what it answered."""

    def __init__(self, path: Path) -> None:
        self.answers: queue.Queue[Answer] = queue.Queue()
        self.previews = Previews(path, self.answers.put)

    def next(self) -> Any:
        return self.answers.get(timeout=10)


@pytest.fixture
def asking(library: Path) -> Iterator[Asking]:
    it = Asking(library)
    yield it
    it.previews.close()


def test_what_a_rule_that_is_typed_would_do(asking: Asking) -> None:
    asking.previews.show(Wish(BASE, CHILDREN, 1))
    stored = asking.next()
    assert isinstance(stored, Preview)
    assert stored.child is not None
    assert stored.child.counts["remove"] > 0
    assert len(stored.songs) == 600
    assert [sign for sign, _ in stored.songs] == sorted((it for it, _ in stored.songs), key="+-?= ".index)
    asking.previews.show(Wish(BASE, CHILDREN, 1, "bpm:126.. rating:4.."))
    typed = asking.next()
    assert len(typed.child.target) < len(stored.child.target)
    assert len(typed.plan.nowhere) > len(stored.plan.nowhere)
    assert any("rating" in need for need in typed.needs)
    asking.previews.show(Wish(BASE, CHILDREN, 1, "bmp:126.."))
    assert isinstance(asking.next(), Mistake)


def test_reasons_come_for_what_is_seen_and_for_every_child(asking: Asking) -> None:
    asking.previews.show(Wish(BASE, CHILDREN, 1))
    shown = asking.next()
    uris = [uri for _, uri in shown.songs[:30]]
    asking.previews.look(uris)
    seen = asking.next()
    assert isinstance(seen, Seen)
    assert seen.wish is shown.wish
    assert list(seen.songs) == uris
    assert all(told.why.text.startswith("because bpm") for told in seen.songs.values())
    asking.previews.wonder(uris[0])
    everywhere = asking.next()
    assert isinstance(everywhere, Everywhere)
    assert [child.name for child, _ in everywhere.children] == ["Peak", "Slow"]


def test_songs_in_no_child_and_in_several(asking: Asking) -> None:
    asking.previews.show(Wish(BASE, CHILDREN, "nowhere"))
    assert asking.next().songs == tuple((" ", uri) for uri in asking_plan(asking).nowhere)
    both = (*CHILDREN, Child(3, 1, "All"))
    asking.previews.show(Wish(BASE, both, "several"))
    several = asking.next()
    asking.previews.look([several.songs[0][1]])
    (told,) = asking.next().songs.values()
    assert "All" in told.why.text


def asking_plan(asking: Asking) -> Any:
    asking.previews.show(Wish(BASE, CHILDREN))
    return asking.next().plan


def test_of_many_wishes_the_last_is_answered(asking: Asking) -> None:
    asking.previews.show(Wish(BASE, CHILDREN, 1))
    asking.next()
    text = "bpm:126.. rating:4.. genre:house"
    for end in range(1, len(text) + 1):
        asking.previews.show(Wish(BASE, CHILDREN, 1, text[:end]))
    until = time.monotonic() + 10
    while time.monotonic() < until:
        answer = asking.next()
        assert not isinstance(answer, Trouble)
        if answer.wish.rule == text:
            break
    assert isinstance(answer, Preview)
    assert asking.answers.empty()


def test_a_library_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    it = Asking(tmp_path / "none.db")
    assert isinstance(it.next(), Trouble)
    it.previews.close()
