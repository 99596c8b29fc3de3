"""Where the style sheets lie: in the package once installed, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path


def folder() -> Path:
    """The folder of the style sheets."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "styles"
    return inside if inside.is_dir() else package.parent / "styles"


def sheet(name: str) -> str:
    """The path of a style sheet: "base" for all screens, else one that is named as its view."""
    return str(folder() / f"{name}.tcss")
