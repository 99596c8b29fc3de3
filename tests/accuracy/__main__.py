"""`python -m tests.accuracy`: makes the truth set, or measures how right the analysis is on it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from tests.accuracy import making, modules, report, songs, truth


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy", description=__doc__)
    parser.add_argument("--make", metavar="FOLDER", type=Path, help="make what is missing in this truth set")
    parser.add_argument("--games", metavar="FOLDER", type=Path, default=modules.GAMES, help="tracker modules")
    parser.add_argument("--truth", metavar="FOLDER", type=Path, help="measure on this truth set")
    parser.add_argument("--peers", action="store_true", help="also measure what others hear (slow)")
    parser.add_argument(
        "--edition", metavar="N", type=int, default=0, help="make other tracks, on which nothing was tuned"
    )
    options = parser.parse_args()
    if options.make:
        make(options.make, options.games, options.edition)
    if options.truth:
        report.show(truth.read(options.truth), peers=options.peers)
    if not (options.make or options.truth):
        parser.print_help()


def make(folder: Path, games: Path, edition: int = 0) -> None:
    """Make the files that the truth set lacks; each is on the table as soon as it is there."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / truth.TABLE
    known = frozenset(row.path for row in truth.read(folder)) if table.exists() else frozenset()
    for row in _all(folder, known, games, edition):
        truth.append(folder, [row])
        print(f"{row.path}: {row.bpm} BPM {row.key}", flush=True)


def _all(folder: Path, known: frozenset[str], games: Path, edition: int) -> Iterator[truth.Truth]:
    yield from making.dance_tracks(folder, known, edition)
    yield from making.folk_tunes(folder, known, edition)
    if edition:
        return
    yield from songs.loops(folder, known)
    yield from modules.modules(folder, known, games)
    yield from songs.lmms_projects(folder, known)


if __name__ == "__main__":
    main()
