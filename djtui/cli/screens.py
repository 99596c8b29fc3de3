"""Opening the screens from the command line: settings, library, and one clear line when that fails."""

from __future__ import annotations

import sys
from pathlib import Path


def open_screens(library: str | None, config: str | None) -> int:
    """Run the terminal screens; returns the exit code."""
    from djtui import config as configuration
    from djtui.library.database import LibraryError

    if not sys.stdout.isatty() or not sys.stdin.isatty():
        print("djtui: the screens need a terminal. Name a command instead: djtui --help.", file=sys.stderr)
        return 2
    try:
        settings = configuration.load(Path(config) if config else None)
        from djtui.tui.app import run

        return run(Path(library) if library else configuration.default_library(), settings)
    except (configuration.ConfigError, LibraryError) as error:
        print(f"djtui: {error}", file=sys.stderr)
        return 1
