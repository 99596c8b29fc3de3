"""Where the style sheets lie: in the package once installed, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Final

SHEETS: Final = ("base", "library", "jobs", "history", "settings")


def folder() -> Path:
    """The folder of the style sheets."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "styles"
    return inside if inside.is_dir() else package.parent / "styles"


def paths() -> list[str | PurePath]:
    """The style sheets in the order in which they apply."""
    return [folder() / f"{name}.tcss" for name in SHEETS]
