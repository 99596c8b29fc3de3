"""`djtui` and `python -m djtui`.

Kept bare: each worker of the process pool imports this module before it does anything.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; without a command, the terminal screens."""
    if (options := _screens_wanted(sys.argv[1:])) is not None:
        from djtui.tui.opening import open_screens

        sys.exit(open_screens(options.get("--library"), options.get("--config")))
    from djtui.cli import run

    run()


def _screens_wanted(arguments: list[str]) -> dict[str, str] | None:
    """The options of a call without a command, else None.

    The command line's own parser costs a quarter of the time to the first paint; the screens go without it.
    """
    options: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if name not in ("--library", "--config") or not (equals or rest):
            return None
        options[name] = value if equals else rest.pop(0)
    return options


if __name__ == "__main__":
    main()
