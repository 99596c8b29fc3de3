"""What the command line prints fits the terminal."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from djtui.cli.output import _fitting


@pytest.mark.parametrize("columns", [20, 60, 80, 200])
def test_a_line_of_progress_is_one_line_however_long_the_job_is_called(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    middle = " · Moving 1 / 2"
    line = _fitting("Rename · {artist} - {title} · 日本語の曲名", middle, "  1,234/s")
    assert cell_len(line) < columns
    assert middle in line
    assert columns < 80 or line == f"Rename · {{artist}} - {{title}} · 日本語の曲名{middle}  1,234/s"
