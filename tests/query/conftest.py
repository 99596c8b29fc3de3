from __future__ import annotations

import pytest

from tests.query.shelf import Shelf


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    return Shelf()
