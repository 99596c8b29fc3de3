"""A long address for somebody at a terminal far away: as a link, on the clipboard, and as a QR code.

Everything here is text; whoever shows it decides whether the terminal gets it.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

_ESC: Final = "\x1b"
_END: Final = f"{_ESC}\\"  # ST, the string terminator
_SCREEN_CHUNK: Final = 256  # GNU screen cuts longer control strings off
_QUIET: Final = 2  # empty modules around the code; readers want some, not the standard's four
_BLACK_ON_WHITE: Final = f"{_ESC}[30;107m"
_DARK_CELLS: Final = f"{_ESC}[40m  {_BLACK_ON_WHITE}"
_PLAIN: Final = f"{_ESC}[0m"
# By the upper and the lower module of a cell.
_HALVES: Final = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}


def hyperlink(url: str, text: str | None = None) -> str:
    """`text` (or the URL) as an OSC 8 link. A terminal that does not know these shows the text alone.

    tmux hands such links on by itself from version 3.4 on.
    """
    target = quote(url, safe="!#$%&'()*+,/:;=?@[]~")
    return f"{_ESC}]8;;{target}{_END}{text or url}{_ESC}]8;;{_END}"


def clipboard(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """What makes the terminal copy `text` (OSC 52), also through SSH and through tmux and GNU screen.

    tmux takes it in two ways, each of which its owner may have forbidden: as its own clipboard
    (`set-clipboard on`) and handed through to the terminal (`allow-passthrough on`). It gets both.
    """
    data = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    plain = f"{_ESC}]52;c;{data}\a"
    terminal = environ.get("TERM", "")
    if environ.get("TMUX") or terminal.startswith("tmux"):
        return f"{plain}{_ESC}Ptmux;{plain.replace(_ESC, _ESC * 2)}{_END}"
    if environ.get("STY") or terminal.startswith("screen"):
        pieces = (plain[at : at + _SCREEN_CHUNK] for at in range(0, len(plain), _SCREEN_CHUNK))
        return "".join(f"{_ESC}P{piece}{_END}" for piece in pieces)
    return plain


def qr_rows(text: str, *, blocks: bool = True, light: bool = False) -> tuple[str, ...]:
    """The QR code of `text`, a row of text for each line on the screen; all are equally wide.

    `blocks`: two modules a cell, in half blocks; otherwise ASCII, a module two cells wide, for a terminal
    that shows no others. What is drawn are the dark modules: show the rows black on white. With `light`
    the light ones: for light text on a dark ground where no colours may be used.

    A sign-in link makes about 73 columns and 37 rows of blocks.
    """
    import segno

    code = segno.make_qr(text, error="l", boost_error=False)
    modules = [[bool(module) != light for module in row] for row in code.matrix_iter(border=_QUIET)]
    if not blocks:
        return tuple("".join("##" if module else "  " for module in row) for row in modules)
    if len(modules) % 2:
        modules.append([light] * len(modules[0]))
    return tuple(
        "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(modules[::2], modules[1::2], strict=True)
    )


def qr_text(text: str, *, blocks: bool = True, colour: bool = True) -> str:
    """The QR code of `text` as lines for the command line, black on white where colours may be used."""
    return "\n".join(_coloured(qr_rows(text, blocks=blocks, light=not colour), colour))


def _coloured(rows: Iterable[str], colour: bool) -> Iterable[str]:
    if not colour:
        return rows
    return (f"{_BLACK_ON_WHITE}{row.replace('##', _DARK_CELLS)}{_PLAIN}" for row in rows)
