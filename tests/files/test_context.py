"""Presets, and whether a file is part of an album or a single."""

from __future__ import annotations

from djtui.files.context import BY_CONTEXT, PRESETS, ByContext, contexts
from djtui.files.facts import Facts
from djtui.files.plan import plan
from djtui.files.template import Template


def folder(*albums: str | None, name: str = "/m/f") -> list[Facts]:
    return [Facts(f"{name}/{n}.mp3", n, title=f"T{n}", album=album) for n, album in enumerate(albums)]


def test_files_that_make_most_of_their_folder_are_an_album_and_the_others_singles() -> None:
    found = contexts(folder("Isles", "ISLES", "isles ", "Other", None))
    assert list(found.values()) == ["album", "album", "album", "single", "single"]


def test_less_than_sixty_percent_or_two_files_are_singles() -> None:
    assert set(contexts(folder("A", "A", "A", "B", "C", "D")).values()) == {"single"}
    assert set(contexts(folder("A", "A")).values()) == {"single"}


def test_albums_of_one_name_by_different_artists_are_different_ones() -> None:
    mixed = [
        facts._replace(albumartist=artist) for facts, artist in zip(folder(*"AAAA"), "xxyy", strict=True)
    ]
    assert set(contexts(mixed).values()) == {"single"}


def test_each_file_gets_the_template_of_its_context() -> None:
    items = folder("A", "A", "A", name="/m/album") + folder("B", "C", name="/m/new")
    templates = {
        context: Template(text) for context, text in {"album": "{album} {title}", "single": "{title}"}.items()
    }
    made = plan(items, ByContext(contexts(items), templates))  # type: ignore[arg-type]
    assert [item.target for item in made.items][2:4] == ["/m/album/A T2.mp3", "/m/new/T0.mp3"]


def test_every_preset_is_a_template() -> None:
    assert len({preset.name for preset in PRESETS}) == len(PRESETS)
    for template in (*(preset.template for preset in PRESETS), *BY_CONTEXT.values()):
        facts = Facts("/m/a.mp3", title="Opal", artist="Bicep")
        assert "Opal" in Template(template).render(facts)
