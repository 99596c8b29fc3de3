"""The command line: the same jobs as the screens, for scripts, schedules and slow lines."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click

from djtui import __version__
from djtui.cli.output import Output
from djtui.cli.session import CANCELLED, FAILED, Failure, Session
from djtui.config import ConfigError, default_library
from djtui.library.cues import CueError
from djtui.library.database import LibraryError
from djtui.library.history import HistoryError
from djtui.library.playlists import PlaylistError

_COMMANDS = {
    "traktor": "traktor",
    "spotify": "spotify",
    "route": "route",
    "scan": "scan",
    "rename": "rename",
    "tags": "tags",
    "duplicates": "duplicates",
    "relocate": "relocate",
    "analyze": "analyze",
    "differences": "differences",
    "search": "library",
    "edit": "editing",
    "delete": "editing",
    "cue": "cues",
    "playlists": "library",
    "playlist": "playlists",
    "stats": "library",
    "nights": "nights",
    "history": "changes",
    "undo": "changes",
    "redo": "changes",
    "jobs": "jobs",
    "host": "hosting",
    "config": "system",
    "doctor": "system",
    "demo": "system",
}


class _Commands(click.Group):
    """Imports a command's module only when it is called: `djtui search` needs no XML parser."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"djtui.cli.{_COMMANDS[cmd_name]}")
        found: click.Command = getattr(module, cmd_name)
        return found


@click.group(
    cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--library", "library", type=click.Path(path_type=Path, readable=False), help="The library file."
)
@click.option(
    "--config", "settings", type=click.Path(path_type=Path, readable=False), help="The settings file."
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="One JSON object a line, for programs; the last one is the result, or the error.",
)
@click.version_option(__version__, prog_name="djtui")
@click.pass_context
def cli(context: click.Context, library: Path | None, settings: Path | None, as_json: bool) -> None:
    """A DJ's library in the terminal, in step with Traktor.

    Without a command: the screens.

    \b
    djtui                                        open the screens
    djtui traktor import collection.nml          bring a Traktor collection in
    djtui search 'bicep bpm:124..128 key:~8A'    find tracks
    djtui undo                                   take the last change back

    Exit codes: 0 done, 1 failed, 2 wrong use, 3 done but for some items, 75 waiting for a rate limit or
    paused, 130 cancelled. With --json a result is ok also where some items could not be done: `failed`
    counts them.
    """
    context.obj = Session(
        (library or default_library()).expanduser().absolute(), settings, Output(as_json=as_json)
    )
    if context.invoked_subcommand is None:
        if as_json:
            raise click.UsageError("--json wants a command.")
        from djtui.tui.opening import open_screens

        context.exit(open_screens(str(library) if library else None, str(settings) if settings else None))


def run() -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong use, 3 some items failed, 130 cancelled."""
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    out = Output(as_json="--json" in arguments)
    try:
        return int(cli.main(arguments, prog_name="djtui", standalone_mode=False) or 0)
    except click.exceptions.Abort:
        out.error("Cancelled.")
        return CANCELLED
    except KeyboardInterrupt:
        out.error("Cancelled.")
        return CANCELLED
    except click.ClickException as error:
        if out.as_json:
            out.error(error.format_message())
        else:
            error.show()
        return error.exit_code
    except Failure as error:
        out.error(str(error), **error.fields)
        return error.code
    except (ConfigError, LibraryError, HistoryError, PlaylistError, CueError) as error:
        out.error(str(error))
        return FAILED
