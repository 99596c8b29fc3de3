from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.routing.account import Account, Song
from tests.spotify.conftest import _own_folders

__all__ = ["_own_folders", "account"]

Accounts = Callable[..., Account]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    """`account(songs)` is an account whose base playlist holds them; asked for again, the same one."""
    made: dict[str, Account] = {}

    def make(songs: Sequence[Song], **values: Any) -> Account:
        key = repr((songs, values))
        if key not in made:
            folder: Path = tmp_path_factory.mktemp("account")
            made[key] = Account(folder / "library.db", songs, **values)
        return made[key]

    yield make
    for each in made.values():
        each.close()
