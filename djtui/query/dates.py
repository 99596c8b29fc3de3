"""Dates as text: `2025`, `2025-06`, `2025-06-01` or a whole ISO timestamp, each for all the time it names.

A period runs from its start up to, but not including, its end; both are texts from which a closing
"-01" was cut, so that plain text order is the order in time: "2025" <= "2025-01-07" < "2025-02".
A value that lies only partly in a period (`2025`, asked for June) is unknown, not guessed.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

AgeUnit = Literal["d", "w", "m", "y"]

# After every text that goes on with a date: "2025" + END is past "2025-12-31".
END: Final = "~"

_DATE: Final = re.compile(r"([12][0-9]{3})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")


@dataclass(frozen=True, slots=True)
class During:
    """Within the period; None: it has no such end."""

    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True)
class Age:
    """`<30d`: so old in days, weeks, months or years, counted from the day it is asked."""

    operator: str
    count: int
    unit: AgeUnit

    def period(self, today: date) -> During:
        """The days that are younger or older than that, as of `today`."""
        day = _before(today, self.count, self.unit)
        if self.operator == "<":
            return During(start=_text(day + timedelta(days=1)))
        if self.operator == "<=":
            return During(start=_text(day))
        if self.operator == ">":
            return During(end=_text(day))
        return During(end=_text(day + timedelta(days=1)))


def read_period(text: str) -> tuple[str, str] | None:
    """Start and end of the year, month or day that `text` names; None if it is no date."""
    if not (match := _DATE.fullmatch(text)):
        return None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        start = date(year, month if match[2] else 1, day if match[3] else 1)
    except ValueError:
        return None
    if match[3]:
        end = start + timedelta(days=1)
    elif match[2]:
        end = start + timedelta(days=monthrange(year, month)[1])
    else:
        end = date(year + 1, 1, 1)
    return _text(start), _text(end)


def within(value: str, period: During) -> bool | None:
    """Whether the time that `value` names lies in the period; None if only a part of it does."""
    start, end = period.start, period.end
    if (start is None or value >= start) and (end is None or value + END < end):
        return True
    if (end is not None and value >= end) or (start is not None and value + END < start):
        return False
    return None


def _text(day: date) -> str:
    return day.isoformat().removesuffix("-01").removesuffix("-01")


def _before(today: date, count: int, unit: AgeUnit) -> date:
    try:
        if unit in "dw":
            return today - timedelta(days=count * (7 if unit == "w" else 1))
        months = today.year * 12 + today.month - 1 - count * (12 if unit == "y" else 1)
        year, month = divmod(months, 12)
        return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))
    except (ValueError, OverflowError):
        return date.min
