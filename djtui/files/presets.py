"""The templates that a DJ can choose by name: the DJ's own ones before djtui's."""

from __future__ import annotations

from typing import Final

from djtui import config
from djtui.config import FilesSettings, Settings
from djtui.files.context import BY_CONTEXT, PRESETS, Context, Preset
from djtui.files.facts import Facts
from djtui.files.template import Template

OWN: Final = "yours"
"""The meaning of a preset that the settings have."""


def all_presets(files: FilesSettings) -> list[Preset]:
    """The DJ's presets in their order, then djtui's, but for those whose names the DJ's have."""
    own = [Preset(name, template, OWN) for name, template in files.presets.items()]
    return [*own, *(preset for preset in PRESETS if preset.name not in files.presets)]


def by_context(files: FilesSettings) -> dict[Context, str]:
    """The template for files of an album, and the one for all others: as set, else djtui's."""
    return {
        "album": files.album or BY_CONTEXT["album"],
        "single": files.single or BY_CONTEXT["single"],
    }


def named(files: FilesSettings, name: str) -> Preset | None:
    """The preset of this name."""
    return next((preset for preset in all_presets(files) if preset.name == name), None)


def with_preset(settings: Settings, name: str, template: str) -> Settings:
    """The settings, not saved yet, with one more preset, or a new template for one that there is.

    Raises `ConfigError` for a name that is none, and `TemplateError` for a mistake in the template.
    """
    if not (name := name.strip()) or not name.isprintable():
        raise config.ConfigError("A preset needs a name of letters that can be seen.")
    Template(template)
    return config.changed(settings, "files.presets", settings.files.presets | {name: template})


_EXAMPLE: Final = Facts(
    "/music/New/01 Opal.mp3", artist="Bicep", title="Opal (Four Tet Remix)", album="Isles",
    albumartist="Bicep", label="Ninja Tune", catalogue="ZEN12", genre="Techno", remixer="Four Tet",
    producer="Bicep", comment="peak time", comment2="vocal", isrc="GBCFB2000123", year=2021,
    released="2021-01-22", added="2025-06-01", track=3, disc=1, bpm=128.0, key=21, bitrate=320_000,
    duration=392.0, rating=4, energy=7,
)  # fmt: skip


def example(template: str) -> str:
    """The name that a well-known track would get. Raises `TemplateError`."""
    parsed = Template(template)
    return f"{parsed.render(_EXAMPLE)}{parsed.extension(_EXAMPLE.path)}"
