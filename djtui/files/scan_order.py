"""What is to be scanned, and how: as a screen or a command line puts it together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Order:
    """A scan that was asked for. `watch`: again whenever something changes there."""

    folders: tuple[str, ...]
    analyze: bool = False
    background: bool = False
    watch: bool = False
    dry_run: bool = False

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the job."""
        found: dict[str, Any] = {"folders": list(self.folders)}
        if self.dry_run:
            found["dry_run"] = True
        elif self.analyze:
            found["analyze"] = True
        return found
