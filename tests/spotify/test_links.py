"""Long addresses at a far terminal: link, clipboard, QR code."""

from __future__ import annotations

import base64
import re

import pytest
import segno

from djtui.spotify.links import clipboard, hyperlink, qr_rows, qr_text

URL = "https://accounts.spotify.com/authorize?client_id=0123456789abcdef&scope=user-library-read&state=abc"
LONG = URL + "&code_challenge=" + "x" * 300


def test_a_link_shows_its_text_and_leads_to_the_url() -> None:
    assert hyperlink(URL, "Spotify") == f"\x1b]8;;{URL}\x1b\\Spotify\x1b]8;;\x1b\\"
    assert f"\x1b\\{URL}\x1b]8;;" in hyperlink(URL)


def test_a_hostile_url_cannot_leave_its_link() -> None:
    text = hyperlink("https://a/\x1b\\\x07 é", "x")
    assert text == "\x1b]8;;https://a/%1B%5C%07%20%C3%A9\x1b\\x\x1b]8;;\x1b\\"


def copied(text: str) -> str:
    found = re.search(r"\]52;c;([A-Za-z0-9+/=]+)\a", text)
    assert found is not None
    return base64.b64decode(found[1]).decode()


def test_the_terminal_is_asked_to_copy() -> None:
    text = clipboard(URL, {"TERM": "xterm-256color"})
    assert text.startswith("\x1b]52;c;")
    assert copied(text) == URL


@pytest.mark.parametrize("environ", [{"TMUX": "/tmp/t,1,0"}, {"TERM": "tmux-256color"}])
def test_tmux_is_asked_itself_and_asked_to_pass_it_on(environ: dict[str, str]) -> None:
    plain, mark, passed = clipboard(URL, environ).partition("\x1bPtmux;")
    assert mark
    assert copied(plain) == URL
    assert passed.endswith("\a\x1b\\")
    assert passed.removesuffix("\x1b\\").replace("\x1b\x1b", "\x1b") == plain


def test_gnu_screen_gets_it_in_pieces_that_it_does_not_cut() -> None:
    text = clipboard("x" * 2000, {"TERM": "screen.xterm-256color"})
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", text, re.DOTALL)
    assert all(len(piece) <= 256 for piece in pieces)
    assert copied("".join(pieces)) == "x" * 2000


def expected(text: str) -> list[list[bool]]:
    code = segno.make_qr(text, error="l", boost_error=False)
    return [[bool(module) for module in row] for row in code.matrix_iter(border=2)]


def from_blocks(rows: tuple[str, ...]) -> list[list[bool]]:
    modules = []
    for row in rows:
        modules.append([cell in "█▀" for cell in row])
        modules.append([cell in "█▄" for cell in row])
    return modules


@pytest.mark.parametrize("text", ["short", URL, LONG])
def test_half_blocks_draw_the_modules_of_the_code(text: str) -> None:
    rows = qr_rows(text)
    assert len({len(row) for row in rows}) == 1
    size = len(expected(text))
    assert from_blocks(rows)[:size] == expected(text)
    assert not any(any(row) for row in from_blocks(rows)[size:])


def test_on_a_dark_ground_the_light_modules_are_drawn() -> None:
    size = len(expected(URL))
    drawn = from_blocks(qr_rows(URL, light=True))
    assert [[not module for module in row] for row in drawn[:size]] == expected(URL)
    assert all(all(row) for row in drawn[size:])


def test_without_utf_8_there_is_ascii() -> None:
    rows = qr_rows(URL, blocks=False)
    assert all(row.isascii() for row in rows)
    assert [[row[at] == "#" for at in range(0, len(row), 2)] for row in rows] == expected(URL)


def test_on_the_command_line_the_code_is_black_on_white() -> None:
    lines = qr_text(URL).split("\n")
    assert all(line.startswith("\x1b[30;107m") and line.endswith("\x1b[0m") for line in lines)
    assert qr_text(URL, colour=False).split("\n") == list(qr_rows(URL, light=True))
    plain = re.sub(r"\x1b\[40m  \x1b\[30;107m", "##", qr_text(URL, blocks=False))
    assert tuple(re.sub(r"\x1b\[[\d;]*m", "", plain).split("\n")) == qr_rows(URL, blocks=False)
