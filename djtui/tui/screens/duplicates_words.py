"""Duplicates in words: the lines of the list, and what is going to happen to a group, or to many."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Final

from textual.content import Content

from djtui.files.duplicates import Copy
from djtui.jobs.views import JobView
from djtui.tui import formats
from djtui.tui.formats import Part, Parts
from djtui.tui.screens.duplicates_review import Case, Review, Which
from djtui.tui.widgets.rows import Row, RowSource

_UNITS: Final = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_BASIS: Final = {"sound": "same sound", "isrc": "same ISRC", "name": "? same name and length"}
_WHY: Final = {
    "sound": "The same sound to the last bit.",
    "isrc": "The same ISRC, and as long.",
    "name": "Doubtful: only artist, title and length agree.",
}
SHOWN: Final[dict[Which, str]] = {
    "all": "",
    "exact": "shown: only the same sound",
    "doubtful": "shown: only the doubtful ones",
}
NOTHING: Final[dict[Which, str]] = {
    "all": "No track is there twice.",
    "exact": "No two tracks are known to be the same sound.",
    "doubtful": "Nothing here is doubtful.",
}
HEAD: Final = Row(
    "head",
    (("   stays?  file", "$quiet"),),
    ((f"{'quality':<16}{'size':>9}{'cues':>5}{'plays':>6}{'lists':>6}", "$quiet"),),
    live=False,
)


class Lines(RowSource):
    """The lines of a review, made as they are painted. A copy's key is its track's id."""

    def __init__(self, review: Review) -> None:
        self._review = review
        self.wide = False
        """Whether there is room for the folders."""

    def __len__(self) -> int:
        return len(self._review)

    def line(self, at: int) -> Row:
        case, copy = self._review.line(at)
        if copy is None:
            return _heading(case, marked=self._review.is_marked(case))
        return _line(case, copy, wide=self.wide)

    def place_of(self, key: Hashable) -> int | None:
        return self._review.line_of(key) if isinstance(key, int) else None


def _heading(case: Case, *, marked: bool) -> Row:
    name = " - ".join(text for text in (case.keeper.artist, case.keeper.title) if text) or case.keeper.name
    mark = ("● ", "$accent") if marked else ("  ", "")
    style = "$warning" if case.basis == "name" else "$quiet"
    return Row(("group", case.key), (mark, (name, "bold")), ((_BASIS[case.basis], style),), live=False)


def _line(case: Case, copy: Copy, *, wide: bool) -> Row:
    stays = copy is case.keeper
    does = "✓ stays  " if stays else "  trash  " if copy in case.trashed else "  merge  "
    folder = (copy.path or "").rpartition("/")[0] if wide else ""
    left = (
        (f"  {does}", "bold $accent" if stays else "$quiet"),
        (copy.name, "" if copy.is_there else "$quiet"),
        (f"  {formats.tilde(Path(folder))}" if folder else "", "$quiet"),
    )
    return Row(copy.id, left, _columns(case, copy))


def _columns(case: Case, copy: Copy) -> Parts:
    quality = copy.quality if copy.is_there else "no file"
    better = copy.id in case.best
    return (
        (formats.fit(f"{'↑' if better else ' '}{quality}", 16), "" if better else "$quiet"),
        (f"{size(copy.size) if copy.size else '':>9}", "$quiet"),
        (f"{copy.cues or '':>5}{copy.plays or '':>6}{copy.lists or '':>6}", ""),
    )


def size(octets: int) -> str:
    """Bytes as people say them: "12.1 MB", "1.2 GB"."""
    for unit, name in _UNITS:
        if octets >= unit:
            return f"{octets / unit:,.1f} {name}"
    return f"{octets} bytes"


# -- what is seen at a glance ---------------------------------------------------------------------


def counts(review: Review) -> list[Part]:
    """How many groups are open, of which kinds, what is shown of them and what is marked."""
    kinds = review.kinds()
    said = [f"{kinds['sound']:,} same sound", f"{kinds['isrc']:,} same ISRC"]
    parts: list[Part] = [
        (f"{formats.plural(kinds.total(), 'group')}: {' · '.join(said)} · ", "$quiet"),
        (f"{kinds['name']:,} doubtful", "$warning" if kinds["name"] else "$quiet"),
    ]
    if wasted := review.wasted():
        parts.append((f" · {size(wasted)} taken twice", "$quiet"))
    if shown := SHOWN[review.which]:
        parts.append((f" · {shown}", "$accent"))
    return parts


def facts(copy: Copy, lists: Sequence[str]) -> list[Part]:
    """A copy in full: where it lies, and what the columns have no room for."""
    said = [
        formats.clock(copy.duration),
        f"rating {copy.rating}" if copy.rating else "",
        f"added {copy.added[:10]}" if copy.added else "",
        "in Traktor" if copy.collected else "",
        f"in {', '.join(lists)}" if lists else "",
    ]
    return [
        (formats.tilde(Path(copy.path)) if copy.path else "no file is known", ""),
        ("\n", ""),
        ("  ".join(text for text in said if text), "$quiet"),
    ]


# -- what is going to happen ----------------------------------------------------------------------


def what_happens(case: Case, trash: str) -> list[Part]:
    """What enter does to a group, in sentences."""
    why = _WHY[case.basis]
    if not case.fits:
        return [(f"{why} ", "$quiet"), (no_file(case), "$warning")]
    reason = f": {case.reason}" if case.reason else ", as you chose"
    many = len(case.others)
    of_them = f"the other {many}" if many > 1 else "the other"
    parts: list[Part] = [
        (f"{why} ", "$warning" if case.basis == "name" else "$quiet"),
        (f"{case.keeper.name} stays{reason}.", "$quiet"),
        ("\n", ""),
        (f"Enter gives it the cues, rating, plays and playlist places of {of_them}; ", ""),
        (_files(case.trashed, trash), ""),
    ]
    if case.best and case.keeper.id not in case.best:
        parts.insert(2, (" ↑ sounds better.", "$warning"))
    return parts


def what_happens_to(cases: Sequence[Case], which: str, trash: str) -> str:
    """What merging many groups does, in sentences. `which`: "12 marked groups"."""
    gone = sum(len(case.others) for case in cases)
    files = [copy for case in cases for copy in case.trashed]
    doubtful = sum(case.basis == "name" for case in cases)
    doubts = f" Doubtful: {doubtful:,}, of which only names and lengths agree." if doubtful else ""
    moved = _files(files, trash)
    return (
        f"{which}: those that stay get the cues, rating, plays and playlist places of"
        f" {formats.plural(gone, 'other')}.{doubts} {moved[0].upper()}{moved[1:]}"
    )


def _files(files: Sequence[Copy], trash: str) -> str:
    """What becomes of files. The trash folder stands last: where room is short, its path is cut."""
    last = "u takes it back, Traktor hears of it at the next export."
    if not files:
        return f"no file is moved. {last[0].upper()}{last[1:]}"
    many = "one file" if len(files) == 1 else f"{len(files):,} files"
    go = "goes" if len(files) == 1 else "go"
    return f"{many} ({size(sum(copy.size or 0 for copy in files))}) {go} to the trash; {last} Trash: {trash}"


def no_file(case: Case) -> str:
    """Why a group cannot be merged as it is."""
    return f"The file of {case.keeper.name} is not there: choose another one to stay (t)."


def merged(job: JobView) -> str:
    """What a merge has done; "" while it has not, and of other jobs."""
    if job.kind != "merge" or job.state != "succeeded" or job.result is None:
        return ""
    left = f"; {job.failures:,} left alone (view 2, f: which and why)" if job.failures else ""
    return f"{formats.plural(job.result['merged'], 'track')} merged{left} · u takes it back"


def several(parts: Sequence[Part]) -> Content:
    """Parts with breaks between lines; nothing else in them breaks a line."""
    return Content.assemble(
        *("\n" if text == "\n" else formats.content([(text, style)]) for text, style in parts)
    )
