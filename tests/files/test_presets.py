"""Presets: the DJ's own before djtui's, the same for both faces."""

from __future__ import annotations

import pytest

from djtui.config import ConfigError, FilesSettings, Settings
from djtui.files import presets
from djtui.files.context import BY_CONTEXT, PRESETS
from djtui.files.template import TemplateError


def test_the_own_presets_go_before_the_built_in_ones_and_take_their_names() -> None:
    files = FilesSettings(presets={"club": "{bpm} {title}", "plain": "{title}"})
    found = presets.all_presets(files)
    assert [it.name for it in found[:2]] == ["club", "plain"]
    assert len(found) == len(PRESETS) + 1
    assert presets.named(files, "plain") == found[1]
    assert presets.named(files, "nope") is None


def test_templates_by_context_are_those_of_the_settings_else_the_built_in_ones() -> None:
    assert presets.by_context(FilesSettings()) == BY_CONTEXT
    found = presets.by_context(FilesSettings(album="{track} {title}"))
    assert found == {"album": "{track} {title}", "single": BY_CONTEXT["single"]}


def test_a_new_preset_goes_behind_the_others_and_a_known_one_keeps_its_place() -> None:
    settings = presets.with_preset(Settings(), "one", "{title}")
    settings = presets.with_preset(settings, " two ", "{artist} {title}")
    settings = presets.with_preset(settings, "one", "{name}")
    assert list(settings.files.presets.items()) == [("one", "{name}"), ("two", "{artist} {title}")]


def test_a_preset_needs_a_name_and_a_template_that_can_be_used() -> None:
    with pytest.raises(ConfigError, match="needs a name"):
        presets.with_preset(Settings(), " ", "{title}")
    with pytest.raises(TemplateError):
        presets.with_preset(Settings(), "x", "{bmp}")


def test_every_built_in_template_makes_a_name_of_the_example() -> None:
    for template in (*BY_CONTEXT.values(), *(it.template for it in PRESETS)):
        assert presets.example(template).endswith("Opal (Four Tet Remix)" + _rest(template))
    assert presets.example("{title}.{ext|upper}") == "Opal (Four Tet Remix).MP3"


def _rest(template: str) -> str:
    return " [8A 128].mp3" if template.endswith("[{camelot} {bpm}]") else ".mp3"
