"""docs/cli.md is held to the code: every command, every option, every action of a screen."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from textual.binding import Binding

import djtui.tui
from djtui.cli import cli

DOCUMENT = Path(__file__).parents[2] / "docs" / "cli.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
ACTIONS = TEXT[TEXT.index("## Every action of a screen") :]
README = (DOCUMENT.parents[1] / "README.md").read_text(encoding="utf-8")


def examples(text: str) -> list[str]:
    """The lines of a document that call djtui."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("djtui")]


EXAMPLES = examples(TEXT)
IN_TABLE = sorted(set(re.findall(r"`(djtui [^`]+)`", ACTIONS)))
GLOBAL = ("--library", "--config", "--json", "--version")


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that the help lists, by its words."""
    yield from _below("", cli, None)


def _below(
    path: str, command: click.Command, parent: click.Context | None
) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command, parent=parent, info_name=path)
    if command.invoke_without_command and path:
        yield path, command
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        if not found.hidden:
            yield from _below(f"{path} {name}".strip(), found, context)


def parsed(line: str) -> tuple[str, list[str]]:
    """The command that a line calls, and the words that follow it. Fails where click would refuse them."""
    words = shlex.split(line, comments=True)
    assert words[0] == "djtui", line
    path: list[str] = []
    command: click.Command = cli
    context: click.Context | None = None
    arguments = words[1:]
    if "--version" in arguments:
        return "", arguments
    while isinstance(command, click.Group):
        given = list(arguments)
        context = command.make_context(" ".join(path), arguments, parent=context)
        rest = [*context._protected_args, *context.args]
        if not rest:
            return " ".join(path), given
        name, found, arguments = command.resolve_command(context, rest)
        assert name is not None and found is not None
        path.append(name)
        command = found
    given = list(arguments)
    command.make_context(path[-1], arguments, parent=context)
    return " ".join(path), given


def actions() -> set[str]:
    """The names of everything that can be pressed on a screen."""
    found: set[str] = set()
    for module in pkgutil.walk_packages(djtui.tui.__path__, "djtui.tui."):
        for _, part in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            bindings = vars(part).get("BINDINGS", ()) if part.__module__.startswith("djtui.") else ()
            found.update(each.id for each in bindings if isinstance(each, Binding) and each.id)
    return found


@pytest.mark.parametrize("line", [*EXAMPLES, *IN_TABLE, *examples(README)])
def test_every_example_is_taken_by_the_program(line: str) -> None:
    parsed(line)


def test_every_command_has_an_example_with_each_of_its_options() -> None:
    used: dict[str, set[str]] = {}
    for line in EXAMPLES:
        path, words = parsed(line)
        used.setdefault(path, set()).update(words)
    lacking = [
        f"{path} {name}".strip()
        for path, command in commands()
        for name in _options(command)
        if name not in used.get(path, ())
    ]
    assert lacking == []
    assert [path for path, _ in commands() if path not in used] == []
    assert [name for name in GLOBAL if name not in TEXT] == []


def _options(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield from parameter.opts
            yield from parameter.secondary_opts


def test_every_action_of_a_screen_stands_in_the_table_and_no_other() -> None:
    named = set(re.findall(r"`([a-z]+\.[a-z_]+)`", ACTIONS))
    assert sorted(actions() - named) == []
    settings = {"ui.keys"}
    assert sorted(named - actions() - settings) == []


def test_no_action_stands_there_twice() -> None:
    rows = re.findall(r"^\| `([a-z]+\.[a-z_]+)`", ACTIONS, re.MULTILINE)
    assert [name for name, many in Counter(rows).items() if many > 1] == []


def test_every_command_is_named_in_the_readme() -> None:
    named = set(re.findall(r"\bdjtui ([a-z]+)", README))
    assert sorted(set(cli.list_commands(click.Context(cli))) - named) == []
