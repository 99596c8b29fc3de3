"""A stand-in for Spotify: a real HTTP server on this machine that answers as Spotify's Web API does in 2026.

It keeps one account (`World`), lets apps sign in, counts requests against a window and a quota, and makes the
trouble it is told to (`Faults`). With a clock of their own, tests let its hours pass in no time.
`python -m djtui.demo.spotify --help` runs it by hand.
"""

from __future__ import annotations

import argparse
import time
from typing import Final

from djtui.demo.spotify_accounts import SCOPES
from djtui.demo.spotify_answers import COHORTS, Cohort
from djtui.demo.spotify_limits import Faults, Quota, Window
from djtui.demo.spotify_server import Logged, StandIn
from djtui.demo.spotify_world import Playlist, World, stamp

__all__ = [
    "COHORTS",
    "SCOPES",
    "Cohort",
    "Faults",
    "Logged",
    "Playlist",
    "Quota",
    "StandIn",
    "Window",
    "World",
    "settings_text",
    "stamp",
]

_COHORTS: Final = "; ".join(
    (
        "new: an app in development mode made since February 2026",
        "old: one made before, which may ask for several songs at once but is sent no genres",
        "extended: an app with extended quota, which is sent everything",
    )
)


def settings_text(stand_in: StandIn, client_id: str = "stand-in") -> str:
    """What a configuration file of djtui must say to use this stand-in."""
    return (
        "[spotify]\n"
        f'client_id = "{client_id}"\n'
        f'api_url = "{stand_in.api_url}"\n'
        f'accounts_url = "{stand_in.accounts_url}"\n'
    )


def main() -> None:
    """Run the stand-in until Ctrl-C, and print each request."""
    options = _options()
    world = World.generated(
        options.seed,
        liked=options.liked,
        artists=options.artists,
        albums=options.albums,
        playlists=options.playlists,
        rows=options.rows,
    )
    faults = Faults(
        p_500=options.p_500,
        p_timeout=options.p_timeout,
        p_lost=options.p_lost,
        delay_s=options.delay,
        plain_429=options.plain_429,
        stale_snapshot_s=options.stale,
        rotate_refresh=options.rotate,
        deny=options.deny,
        seed=options.seed,
    )
    quota = Quota(options.quota, options.quota_retry_after) if options.quota else None
    stand_in = StandIn(
        world, cohort=options.cohort, window=options.window, quota=quota, port=options.port, faults=faults
    )
    with stand_in:
        print(f"A stand-in for Spotify listens at {stand_in.accounts_url} ({options.cohort} app).")
        print("Write this into a file and start `djtui --config FILE` with it:\n")
        print(settings_text(stand_in), flush=True)
        try:
            _follow(stand_in)
        except KeyboardInterrupt:
            print()


def _follow(stand_in: StandIn) -> None:
    told = 0
    while True:
        time.sleep(0.2)
        for logged in stand_in.log[told:]:
            if logged.status is None and (stand_in.clock.now() - logged.at).total_seconds() < 2:
                break  # it is being answered
            told += 1
            blocked = "  while blocked" if logged.while_blocked else ""
            offset = f" from {logged.query['offset']}" if "offset" in logged.query else ""
            status = logged.status or "dropped"
            print(
                f"{logged.at:%H:%M:%S}  {status}  {logged.method} {logged.path}{offset}{blocked}", flush=True
            )


def _window(text: str) -> Window:
    """`20/30` or `20/30/7`: requests, seconds, Retry-After."""
    parts = text.split("/")
    if not 2 <= len(parts) <= 3:
        raise argparse.ArgumentTypeError("REQUESTS/SECONDS or REQUESTS/SECONDS/RETRY_AFTER, such as 20/30")
    return Window(int(parts[0]), float(parts[1]), int(parts[2]) if len(parts) == 3 else None)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m djtui.demo.spotify", description=main.__doc__)
    add = parser.add_argument
    add("--port", type=int, default=0, help="the port of 127.0.0.1; 0: any that is free")
    add("--cohort", choices=list(COHORTS), default="new", help=_COHORTS)
    add(
        "--window",
        type=_window,
        metavar="N/SECONDS[/RETRY_AFTER]",
        help="so many requests in so many seconds",
    )
    add("--quota", type=int, default=0, help="requests in 24 hours; 0: no quota")
    add("--quota-retry-after", type=int, default=Quota(0).retry_after, help="seconds that the quota blocks")
    add("--seed", type=int, default=1, help="the same seed makes the same account")
    add("--liked", type=int, default=500, help="liked songs")
    add("--artists", type=int, default=250, help="artists of all songs")
    add("--albums", type=int, default=350, help="albums of all songs")
    add("--playlists", type=int, default=12, help="playlists, a tenth of them other people's")
    add("--rows", type=int, default=600, help="rows of the playlists that can be read, together")
    add("--delay", type=float, default=0.0, help="seconds before every answer")
    add("--p-500", type=float, default=0.0, help="the chance of an answer 500")
    add(
        "--p-timeout",
        type=float,
        default=0.0,
        help="the chance of a connection dropped before anything is done",
    )
    add("--p-lost", type=float, default=0.0, help="the chance of a connection dropped after it is done")
    add("--plain-429", action="store_true", help="limits are answered with text instead of JSON")
    add(
        "--stale", type=float, default=0.0, help="seconds for which a changed playlist shows its old snapshot"
    )
    add("--rotate", action="store_true", help="refreshing yields a new refresh token")
    add("--deny", action="store_true", help="who signs in refuses")
    return parser.parse_args()


if __name__ == "__main__":
    main()
