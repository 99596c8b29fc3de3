"""Spotify on the command line."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import click

from djtui.cli.output import table
from djtui.cli.session import WRONG_USE, Failure, Session, command
from djtui.cli.spotify_login import login
from djtui.cli.spotify_match import match, missing
from djtui.cli.spotify_shared import explained
from djtui.cli.spotify_status import cache_line, status
from djtui.cli.spotify_sync import sync, warm
from djtui.model.text import plural

if TYPE_CHECKING:
    from djtui.config import SpotifySettings
    from djtui.spotify.cache import Figures
    from djtui.spotify.forgetting import Held

_ALL = "all"
_KINDS = ("track", "artist", "album", "items", _ALL)


@click.group()
def spotify() -> None:
    """Read your liked songs and playlists from Spotify.

    \b
    djtui spotify login     sign in; says how to come by an app of your own
    djtui spotify sync      read what is new
    djtui spotify status    account, requests left, last sync
    """


@spotify.command()
@click.option("--forget", is_flag=True, help="Also remove Spotify's songs and playlists from the library.")
@click.option("--yes", is_flag=True, help="With --forget: do not ask.")
@command
async def logout(session: Session, forget: bool, yes: bool) -> None:
    """Sign out: the sign-in that is kept here is deleted. What was read stays in the library.

    With --forget that goes too, so that another account can be read into this library; your tracks, and the
    playlists at Spotify, stay as they are. Which apps have access to your account is shown, and ended, at
    https://www.spotify.com/account/apps/.
    """
    settings = session.settings.spotify
    found = await _forget(session, settings, yes) if forget else None
    was = await asyncio.to_thread(_sign_out, settings)
    lines = ["Signed out." if was else "Nobody was signed in."]
    if found is not None:
        lines.append(
            f"{plural(found.songs, 'song')} and {plural(found.playlists, 'playlist')} removed from "
            "the library."
        )
    session.out.result(
        lines,
        signed_out=was,
        songs=found.songs if found is not None else 0,
        playlists=found.playlists if found is not None else 0,
    )


async def _forget(session: Session, settings: SpotifySettings, yes: bool) -> Held | None:
    """Remove what was read, once the DJ has agreed."""
    from djtui.spotify.forgetting import forget, held

    if not session.library_path.exists():
        return None
    async with session.library(create=False) as library:
        found = await held(library)
        if not found.anything:
            return found
        whose = f"{found.account}'s " if found.account else ""
        question = (
            f"{whose}{plural(found.songs, 'song')} and {plural(found.playlists, 'playlist')} go, and the "
            "links between songs and tracks. At Spotify, and to your tracks, nothing happens."
        )
        if not yes:
            if session.out.as_json or not sys.stdin.isatty():
                raise Failure(f"{question} Say --yes to have it done.", WRONG_USE)
            session.out.note(question)
            if not click.confirm("Remove them from the library?", err=True):
                raise Failure("Nothing was changed.")
        with explained():
            found = await forget(library)
    await asyncio.to_thread(_cleared, settings, "items", None)
    return found


def _sign_out(settings: SpotifySettings) -> bool:
    from djtui.spotify.tokens import Tokens

    tokens = Tokens(settings)
    was = tokens.path.exists()
    try:
        tokens.forget()
    except OSError as error:
        raise Failure(f"{tokens.path} cannot be deleted: {error.strerror}.") from error
    return was


@spotify.command()
@click.option(
    "--clear",
    is_flag=False,
    flag_value=_ALL,
    type=click.Choice(_KINDS),
    help="Drop what is kept: of one kind, or all. items are the rows of playlists.",
)
@click.option("--id", "id_", help="With --clear KIND: only that of this id (of a playlist, for items).")
@command
async def cache(session: Session, clear: str | None, id_: str | None) -> None:
    """Show what is kept of Spotify's answers and what that saved, or drop it.

    \b
    djtui spotify cache                       sizes, hits, requests saved
    djtui spotify cache --clear items         have playlists read anew
    djtui spotify cache --clear               drop everything
    """
    if id_ is not None and clear in (None, _ALL):
        raise Failure("--id wants a kind: --clear track --id ID, say.", WRONG_USE)
    settings = session.settings.spotify
    dropped = await asyncio.to_thread(_cleared, settings, clear, id_) if clear is not None else None
    figures, note = await asyncio.to_thread(_figures, settings)
    lines = [f"{plural(dropped, 'answer')} dropped."] if dropped is not None else []
    lines += [f"{cache_line(figures)}, in {figures.where}", *_kind_lines(figures)]
    if note is not None:
        session.out.note(note)
    session.out.result(lines, **_figure_fields(figures), dropped=dropped, note=note)


def _cleared(settings: SpotifySettings, kind: str | None, id_: str | None) -> int:
    from djtui.spotify.cache import KINDS, open_cache

    kept = open_cache(settings)
    try:
        return kept.forget(next((known for known in KINDS if known == kind), None), id_)
    finally:
        kept.close()


def _figures(settings: SpotifySettings) -> tuple[Figures, str | None]:
    from djtui.spotify.cache import open_cache

    kept = open_cache(settings)
    try:
        return kept.figures(), kept.note
    finally:
        kept.close()


def _kind_lines(figures: Figures) -> list[str]:
    rows = [
        (kind, f"{it.entries:,}", f"{it.bytes / 1e6:,.1f} MB", it.hits, it.misses, it.saved)
        for kind, it in figures.kinds.items()
    ]
    header = ("Kind", "Kept", "Size", "Found", "Missed", "Requests saved")
    return table(header, rows, right=(1, 2, 3, 4, 5)) if rows else []


def _figure_fields(figures: Figures) -> dict[str, Any]:
    def of(it: Any) -> dict[str, int]:
        return {name: getattr(it, name) for name in ("entries", "bytes", "hits", "misses", "saved")}

    return {
        "where": figures.where,
        "rate": figures.rate,
        **of(figures.total),
        "kinds": {kind: of(it) for kind, it in figures.kinds.items()},
    }


for each in (login, status, sync, warm, match, missing):
    spotify.add_command(each)
