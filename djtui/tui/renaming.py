"""What the rename screen asks for, and what it does about Traktor and the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from djtui import config
from djtui.config import ConfigError, FilesSettings, Settings
from djtui.files import presets
from djtui.files.context import Context
from djtui.files.tag_defaults import as_params
from djtui.files.template import Template, TemplateError
from djtui.tui import changing, environment, formats
from djtui.tui.beside import beside

if TYPE_CHECKING:
    from djtui.tui.app import DjtuiApp

KIND: Final = "rename"


@dataclass(frozen=True, slots=True)
class Wish:
    """How files are to be called, and what else is done in the same step.

    `by_context`: by `templates` instead of `template`. `root` is where the folders of a template begin;
    empty: in the folder that each file is in. `tags` are fields to write too.
    """

    template: str
    templates: Mapping[Context, str]
    by_context: bool = False
    root: str = ""
    traktor: bool = True
    lists: bool = True
    tags: tuple[str, ...] = ()

    @classmethod
    def first(cls, files: FilesSettings) -> Wish:
        """What a DJ begins with: the first preset."""
        return cls(presets.all_presets(files)[0].template, presets.by_context(files), lists=bool(files.lists))

    @property
    def texts(self) -> tuple[str, ...]:
        """The templates that count."""
        return tuple(self.templates.values()) if self.by_context else (self.template,)

    @property
    def mistake(self) -> str | None:
        """What is wrong with a template that counts."""
        for text in self.texts:
            try:
                Template(text)
            except TemplateError as error:
                return str(error)
        return None

    def again(self, before: Wish) -> Wish:
        """What the next rename begins with, if this one began with `before`: templates that are in order and
        where folders begin, but nothing that is done besides."""
        kept = before if self.mistake is not None else self
        return replace(before, template=kept.template, templates=kept.templates, by_context=kept.by_context,
                       root=self.root)  # fmt: skip

    def with_text(self, number: int, text: str) -> Wish:
        """The same with another template in that place."""
        if not self.by_context:
            return replace(self, template=text)
        name = list(self.templates)[number]
        return replace(self, templates={**self.templates, name: text})

    def has_folders(self) -> bool:
        """Whether files may come into other folders. Raises `TemplateError`."""
        return any(Template(text).has_folders for text in self.texts)

    def naming(self) -> dict[str, Any]:
        """The params of a job that say what files are called. Raises `TemplateError`."""
        named: dict[str, Any] = (
            {"templates": dict(self.templates)} if self.by_context else {"template": self.template}
        )
        return named | ({"root": self.root} if self.root and self.has_folders() else {})

    def params(self, files: FilesSettings) -> dict[str, Any]:
        """All params of the job but the tracks. Raises `TemplateError`."""
        params = self.naming()
        if self.tags:
            params |= {"tags": list(self.tags), **as_params(files)}
        if places := self.places(files):
            params["m3u"] = places
        return params if self.traktor else params | {"export": False}

    def places(self, files: FilesSettings) -> list[str]:
        """The M3U files, and folders of them, that follow."""
        return [str(changing.absolute(place)) for place in files.lists] if self.lists else []


@dataclass(frozen=True, slots=True)
class Traktor:
    """What there is to know of Traktor before files are renamed.

    `collection`: the one that is linked. `running`: the name of a Traktor that runs here. `question`: what
    is asked once before the collection of another machine is written.
    """

    collection: Path | None = None
    running: str | None = None
    question: str | None = None


async def traktor(app: DjtuiApp) -> Traktor:
    """Look for it. Raises `LibraryError`."""
    await environment.loaded("djtui.bridge.telling")
    from djtui.bridge import telling
    from djtui.traktor.question import question
    from djtui.traktor.running import running

    library = await app.library()
    collection = await beside(telling.linked, library, app.settings)
    if collection is None:
        return Traktor()
    return Traktor(collection, await beside(running), await question(library, str(collection)))


async def agreed(app: DjtuiApp, found: Traktor) -> bool:
    """Ask the one question about the collection of another machine, if it is open. Raises `LibraryError`."""
    from djtui.traktor.question import answered
    from djtui.tui.screens.dialog import Question

    if found.question is None or found.collection is None:
        return True
    answers = (("n", "not now"), ("y", "yes, now and from now on"))
    if await app.push_screen_wait(Question("Traktor's collection follows", found.question, answers)) != "y":
        return False
    await answered(await app.library(), str(found.collection))
    return True


async def sure(app: DjtuiApp, files: int) -> bool:
    """Ask before very many files are renamed."""
    from djtui.tui.screens.dialog import Question

    if files < app.settings.warn.files:
        return True
    answer = await app.push_screen_wait(
        Question(
            f"Rename {formats.plural(files, 'file')}?",
            "That is a great part of a library. The job can be paused and cancelled, and u takes it back as "
            "a whole.",
            (("n", "look again"), ("y", f"rename {formats.plural(files, 'file')}")),
        )
    )
    return answer == "y"


# -- presets --------------------------------------------------------------------------------------


def with_preset(app: DjtuiApp, name: str, wish: Wish) -> Settings:
    """The settings with the present template as a preset. Raises `ConfigError`, `TemplateError`."""
    return presets.with_preset(app.settings, name, wish.template)


def without_preset(app: DjtuiApp, name: str) -> Settings:
    """The settings without a preset of the DJ's own."""
    left = {key: text for key, text in app.settings.files.presets.items() if key != name}
    return config.changed(app.settings, "files.presets", left)


def with_templates(app: DjtuiApp, wish: Wish) -> Settings:
    """The settings with the present templates for albums and singles."""
    settings = app.settings
    for name, text in wish.templates.items():
        settings = config.changed(settings, f"files.{name}", text)
    return settings


async def keep(app: DjtuiApp, settings: Settings) -> None:
    """Go by these settings, now and for good. Raises `ConfigError`."""
    app.apply(settings)
    try:
        await asyncio.to_thread(config.save, settings)
    except ConfigError as error:
        raise ConfigError(f"{error} It counts until djtui ends.") from error
