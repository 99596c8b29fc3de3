"""Opening the screens: settings, library, and one clear line when that fails.

Apart from the app and from the command line's parser, so that neither is imported before it is needed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from djtui.tui import environment


def open_screens(library: str | None, config: str | None) -> int:
    """Run the terminal screens; returns the exit code."""
    if not sys.stdout.isatty() or not sys.stdin.isatty():
        print("djtui: the screens need a terminal. Name a command instead: djtui --help.", file=sys.stderr)
        return 2
    environment.hurry()
    from djtui import config as configuration
    from djtui.library.database import LibraryError

    try:
        settings = configuration.load(Path(config) if config else None)
        from djtui.tui.app import run

        return run(Path(library) if library else configuration.default_library(), settings)
    except (configuration.ConfigError, LibraryError) as error:
        print(f"djtui: {error}", file=sys.stderr)
        return 1
