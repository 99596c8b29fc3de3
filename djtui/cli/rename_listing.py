"""What `djtui rename` prints: the plan with old and new names, the counts, the words of templates."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from rich.cells import cell_len

from djtui.cli.library import unknown_to_traktor
from djtui.cli.output import table
from djtui.files.context import Context
from djtui.files.plan import Planned
from djtui.files.rename_plan import Renames
from djtui.files.tokens import FUNCTIONS, TOKENS
from djtui.model.text import harmless, plural
from djtui.traktor.affected import Affected, besides

_LISTED: Final = 40
_REFUSED: Final = 3
_REASONS: Final = 5
_WIDE: Final = 40
_UNLIMITED: Final = 10_000
_GRAMMAR: Final = (
    "/ begins a folder. <…> is left out where nothing in it is known, and so are brackets by themselves:",
    "{artist} - {title} [{camelot} {bpm}] of a track without key and tempo is Bicep - Opal.",
    "Functions follow a token, one after the other: {artist|first|upper}.",
)


def files(renames: Renames, *, whole: bool = False, limit: int = _LISTED) -> list[str]:
    """Old and new names below their folders: the first ones, or with `whole` every file.

    Then, if not `whole`, the files that keep names which they should not keep, by reason.
    """
    meant = (it for it in renames.items if it.status in ("rename", "numbered") or whole)
    shown = list(meant if whole else islice(meant, limit))
    lines = _lines(shown)
    if (more := renames.counts()["planned"] - len(shown)) > 0 and not whole:
        lines.append(f"… and {more:,} more: --all shows them.")
    if whole:
        return lines
    return lines + _refused(renames)


def _refused(renames: Renames) -> list[str]:
    """Why files keep names that they should not keep: the commonest reasons, each with some files."""
    reasons: dict[str, list[str]] = {}
    for item in renames.items:
        if item.status == "refused":
            reasons.setdefault(item.reason or "", []).append(item.path or f"track {item.id}")
    lines: list[str] = []
    for reason, paths in sorted(reasons.items(), key=lambda each: -len(each[1]))[:_REASONS]:
        lines.append(f"{plural(len(paths), 'file')} cannot be renamed: {reason}")
        lines += [f"! {path}" for path in paths[:_REFUSED]]
        if len(paths) > _REFUSED:
            lines.append(f"  … and {len(paths) - _REFUSED:,} more: --all shows them.")
    if len(reasons) > _REASONS:
        lines.append(f"… and {len(reasons) - _REASONS:,} more reasons: --all shows them.")
    return lines


def _lines(items: Sequence[Planned]) -> list[str]:
    names = [_name(it) for it in items]
    width = min(max(map(cell_len, names), default=0), _WIDE)
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else _UNLIMITED
    lines: list[str] = []
    folder = None
    for name, item in zip(names, items, strict=True):
        own = item.path.rpartition("/")[0]
        if own != folder:
            folder = own
            lines.append(f"{own}/" if item.path else "No file on this machine")
        lines += _of(item, name, width, columns)
    return lines


def _of(item: Planned, name: str, width: int, columns: int) -> Iterator[str]:
    """The lines for one file: old -> new, in two lines where one is too short, and the reason."""
    blank = " " * max(0, width - cell_len(name))
    if item.status == "refused":
        yield f"! {name}"
    elif item.target == item.path:
        yield f"= {name}"
    else:
        mark = "+" if item.status == "numbered" else " "
        target = _target(item)
        if cell_len(name) > width or 6 + width + cell_len(target) > columns:
            yield f"{mark} {name}"
            yield f"    -> {target}"
        else:
            yield f"{mark} {name}{blank} -> {target}"
    if item.reason:
        yield f"    {harmless(item.reason)}"


def _name(item: Planned) -> str:
    return harmless(item.path.rpartition("/")[2] or f"track {item.id}")


def _target(item: Planned) -> str:
    """The new name; with its folders below the old one, or the whole path where it goes elsewhere."""
    folder = item.path.rpartition("/")[0] + "/"
    return harmless(item.target.removeprefix(folder))


def counts(renames: Renames) -> str:
    """ "806 files would be renamed, 4 called so already, 2 cannot be renamed."."""
    found = renames.plan.counts()
    planned = found["rename"] + found["numbered"]
    numbered = f" ({found['numbered']:,} with a number: their names are taken)" if found["numbered"] else ""
    said = [f"{plural(planned, 'file')} would be renamed{numbered}"]
    if found["unchanged"]:
        said.append(f"{found['unchanged']:,} called so already")
    if found["refused"]:
        said.append(f"{found['refused']:,} cannot be renamed")
    return f"{', '.join(said)}."


def traktor(share: Affected) -> str:
    """What changes in Traktor's collection."""
    if not share.locations:
        return "Traktor: its collection has none of these files."
    said = (
        f"Traktor: {plural(share.locations, 'location')} and"
        f" {plural(share.places, 'playlist entry', 'playlist entries')} change in the same step"
    )
    return f"{said}, and {share.besides} that wait." if share.besides else f"{said}."


def done(result: Mapping[str, Any], unknown: int) -> list[str]:
    """What a rename did; `unknown`: how many new names Traktor does not know."""
    if result["change"] is None:
        return [f"Nothing was renamed: {result['skipped']:,} called so already."]
    back = f"(change {result['change']}; djtui undo takes it back)"
    lines = [f"{plural(result['renamed'], 'file')} renamed {back}."]
    if result["skipped"]:
        lines.append(f"{result['skipped']:,} called so already.")
    if "written" in result:
        lines.append(f"Tags of {plural(result['written'], 'file')} written.")
    if result.get("lists"):
        lines.append(f"{plural(result['lists'], 'playlist file')} followed.")
    if (export := result.get("export")) is not None:
        more = f", and {also}" if (also := _besides(export)) else ""
        lines.append(f"Traktor: {plural(export['moved'], 'location')} changed in {export['path']}{more}.")
    if unknown:
        lines.append(unknown_to_traktor(unknown))
    return lines


def _besides(export: Mapping[str, Any]) -> str:
    """What else went into the collection, for it had waited."""
    changed = export["entries_changed"] - export["moved"] - export["added"]
    return besides(export["added"], max(0, changed) + export["playlists_changed"])


def presets(rows: Sequence[Mapping[str, str]], contexts: Mapping[Context, str]) -> list[str]:
    """The presets by name, each with what a name then looks like."""
    lines = []
    for row in rows:
        lines += [f"{row['name']:<10}  {row['template']}", f"{'':<10}  {row['example']}  ({row['meaning']})"]
    lines.append("By context (--by-context):")
    return lines + [f"  {name:<8}  {template}" for name, template in contexts.items()]


def tokens() -> list[str]:
    """Tokens and functions, each with an example."""
    lines = table(
        ("Token", "Is", "Example"),
        [(f"{{{name}}}", token.meaning, token.example) for name, token in TOKENS.items()],
    )
    lines += [
        "",
        *table(
            ("Function", "Makes it", "Example"),
            [(_spelled(name), it.meaning, it.example) for name, it in FUNCTIONS.items()],
        ),
    ]
    return [*lines, "", *_GRAMMAR]


def _spelled(name: str) -> str:
    function = FUNCTIONS[name]
    return f"{name}:…" if function.argument and not function.optional else name


def tokens_as_json() -> dict[str, list[dict[str, str]]]:
    """The same for a program."""
    return {
        "tokens": [
            {"token": name, "meaning": it.meaning, "example": it.example} for name, it in TOKENS.items()
        ],
        "functions": [
            {"function": name, "meaning": it.meaning, "argument": it.argument, "example": it.example}
            for name, it in FUNCTIONS.items()
        ],
    }
