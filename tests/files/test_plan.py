"""Many renames at once: who gets which name, and in which order."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from djtui.files import names
from djtui.files.disk import Disk
from djtui.files.facts import Facts
from djtui.files.plan import Plan, plan
from djtui.files.steps import Step, undo_steps
from djtui.files.template import Template

TITLE = Template("{title}")
MAC = Disk(folds_case=True, folds_forms=True)


def files(*pairs: tuple[str, str | None]) -> list[Facts]:
    """Files in /m by name and title."""
    return [Facts(f"/m/{name}", number, title=title) for number, (name, title) in enumerate(pairs, 1)]


def outcome(made: Plan) -> dict[str, tuple[str, str]]:
    return {item.path[3:]: (item.target[3:], item.status) for item in made.items}


class Folder:
    """What a file system would do with steps; it refuses every rename to a name that is not free."""

    def __init__(self, paths: Iterable[str], disk: Disk) -> None:
        self.disk = disk
        self.files = {path: path for path in paths}
        self.places = {disk.place(path) for path in self.files}

    def do(self, step: Step) -> None:
        place = self.disk.place
        assert step.source in self.files, "the file is there"
        assert place(step.target) not in self.places, "the name is free"
        if step.kind == "rename" and not step.last:
            assert step.source.rpartition("/")[0] == step.target.rpartition("/")[0]
        self.files[step.target] = self.files.pop(step.source)
        self.places.remove(place(step.source))
        self.places.add(place(step.target))


def carried_out(made: Plan, others: Iterable[str] = ()) -> Folder:
    """Does all steps, and takes each beginning of them back on the way."""
    disk = made.disk
    before = [item.path for item in made.items] + list(others)
    steps = made.steps()
    folder = Folder(before, disk)
    for number, step in enumerate(steps):
        folder.do(step)
        if number < 12 or number == len(steps) - 1:
            undone = Folder(before, disk)
            for each in (*steps[: number + 1], *undo_steps(steps[: number + 1])):
                undone.do(each)
            assert undone.files == {path: path for path in before}
    expected = {item.target: item.path for item in made.items} | {path: path for path in others}
    assert folder.files == expected
    last = {step.id: step.target for step in steps if step.last}
    assert last == {item.id: item.target for item in made.items if item.path != item.target}
    return folder


def test_each_file_gets_its_name_or_says_why_not() -> None:
    made = plan(files(("old.MP3", "New"), ("Same.mp3", "Same"), ("none.mp3", None)), TITLE)
    assert outcome(made) == {
        "old.MP3": ("New.MP3", "rename"),
        "Same.mp3": ("Same.mp3", "unchanged"),
        "none.mp3": ("none.mp3", "refused"),
    }
    reasons = {item.path: item.reason for item in made.items}
    assert reasons["/m/none.mp3"] == "Title is unknown."
    assert reasons["/m/old.MP3"] is None
    unknown = Template("{artist} - {title} [{bpm}]"), Template("{artist}/{title} {album} {label} {bpm}")
    said = {plan([Facts("/m/a.mp3", 1)], template).items[0].reason for template in unknown}
    assert said == {"Artist and title are unknown.", "Artist, title and album are unknown."}
    assert made.steps() == [Step("rename", "/m/old.MP3", "/m/New.MP3", 1)]
    assert made.counts() == {"rename": 1, "unchanged": 1, "refused": 1}


def test_of_two_that_want_one_name_the_first_by_path_gets_it() -> None:
    pairs = files(("b.mp3", "X"), ("a.mp3", "X"), ("c.mp3", "X"))
    for order in (pairs, pairs[::-1]):
        made = plan(order, TITLE)
        assert outcome(made) == {
            "a.mp3": ("X.mp3", "rename"),
            "b.mp3": ("X (2).mp3", "numbered"),
            "c.mp3": ("X (3).mp3", "numbered"),
        }
    assert made.items[1].reason == "“a.mp3” becomes “X.mp3” too."


def test_who_has_a_name_keeps_it_and_a_plan_of_what_was_renamed_is_empty() -> None:
    pairs = files(("a.mp3", "X"), ("X.mp3", "X"), ("X (3).mp3", "X"))
    made = plan(pairs, TITLE)
    assert outcome(made) == {
        "X.mp3": ("X.mp3", "unchanged"),
        "X (3).mp3": ("X (3).mp3", "unchanged"),
        "a.mp3": ("X (2).mp3", "numbered"),
    }
    again = [facts._replace(path=item.target) for facts, item in zip(sorted(pairs), made.items, strict=True)]
    assert plan(again, TITLE).steps() == []


def test_a_file_that_is_not_part_of_it_is_never_overwritten() -> None:
    there = {"/m/X.mp3", "/m/X (2).mp3", "/m/a.mp3"}
    for taken in (there, there.__contains__):
        made = plan(files(("a.mp3", "X")), TITLE, disk=Disk(taken=taken))
        assert outcome(made) == {"a.mp3": ("X (3).mp3", "numbered")}
        assert made.items[0].reason == "There is a file “X.mp3” already, which is not part of this."


def test_a_name_is_free_if_its_file_goes_away() -> None:
    made = plan(files(("a.mp3", "b"), ("b.mp3", "c")), TITLE, disk=Disk(taken={"/m/a.mp3", "/m/b.mp3"}))
    assert outcome(made) == {"a.mp3": ("b.mp3", "rename"), "b.mp3": ("c.mp3", "rename")}
    assert [step.id for step in made.steps()] == [2, 1]
    carried_out(made)


def test_a_name_is_not_free_if_its_file_must_stay() -> None:
    made = plan(files(("a.mp3", "b"), ("b.mp3", None)), TITLE)
    assert outcome(made) == {"a.mp3": ("b (2).mp3", "numbered"), "b.mp3": ("b.mp3", "refused")}
    assert made.items[0].reason == "There is a track “b.mp3” already, which keeps its name."


@pytest.mark.parametrize("many", [2, 3, 50])
def test_files_change_places_in_a_circle(many: int) -> None:
    ring = files(*((f"{n:02}.mp3", f"{(n + 1) % many:02}") for n in range(many)))
    made = plan(ring, TITLE)
    steps = made.steps()
    assert len(steps) == many + 1
    assert steps[0] == Step("rename", "/m/00.mp3", "/m/.djtui-1.mp3", 1, last=False)
    carried_out(made)


def test_a_temporary_name_is_one_that_nobody_has() -> None:
    disk = Disk(taken={"/m/.djtui-1.mp3"})
    made = plan(files(("a.mp3", "b"), ("b.mp3", "a")), TITLE, disk=disk)
    assert made.steps()[0].target == "/m/.djtui-2.mp3"


def test_a_long_chain_is_no_trouble() -> None:
    many = 20_000
    made = plan(files(*((f"{n:05}.mp3", f"{n + 1:05}") for n in range(many))), TITLE)
    assert [step.id for step in made.steps()] == list(range(many, 0, -1))


def test_a_change_of_case_goes_through_a_temporary_name_where_case_is_folded() -> None:
    pairs = files(("opal.mp3", "Opal"))
    assert len(plan(pairs, TITLE).steps()) == 1
    made = plan(pairs, TITLE, disk=MAC)
    assert [step.target for step in made.steps()] == ["/m/.djtui-1.mp3", "/m/Opal.mp3"]
    there = Disk(taken=lambda path: path.lower() == "/m/opal.mp3", folds_case=True)
    assert outcome(plan(pairs, TITLE, disk=there)) == {"opal.mp3": ("Opal.mp3", "rename")}


def test_new_names_that_differ_in_case_only_get_numbers_on_every_disk() -> None:
    pairs = files(("a.mp3", "straße"), ("b.mp3", "STRASSE"), ("c.mp3", "Straße"))
    for disk in (Disk(), MAC):
        made = plan(pairs, TITLE, disk=disk)
        assert outcome(made)["b.mp3"] == ("STRASSE (2).mp3", "numbered")
        assert outcome(made)["c.mp3"] == ("Straße (3).mp3", "numbered")
        said = "“STRASSE.mp3” would be mistaken for “straße.mp3”, which another track becomes."
        assert made.items[1].reason == said


def test_case_twins_that_are_there_keep_their_names_and_a_third_gets_a_number() -> None:
    made = plan(files(("SAME.mp3", "SAME"), ("Same.mp3", "Same"), ("x.mp3", "same")), TITLE)
    assert outcome(made) == {
        "SAME.mp3": ("SAME.mp3", "unchanged"),
        "Same.mp3": ("Same.mp3", "unchanged"),
        "x.mp3": ("same (2).mp3", "numbered"),
    }
    taken = {"/m/Same.mp3"}
    assert (
        outcome(plan(files(("x.mp3", "SAME")), TITLE, disk=Disk(taken=taken)))["x.mp3"][0] == "SAME (2).mp3"
    )


def test_decomposed_names_become_composed() -> None:
    made = plan(files(("e\u0301.mp3", "é")), TITLE)
    assert outcome(made) == {"e\u0301.mp3": ("é.mp3", "rename")}
    assert len(made.steps()) == 2
    both = files(("e\u0301.mp3", "é"), ("é.mp3", "é"))
    made = plan(both, TITLE)
    assert outcome(made) == {
        "e\u0301.mp3": ("é (2).mp3", "numbered"),
        "é.mp3": ("é.mp3", "unchanged"),
    }
    carried_out(made)


def test_numbers_behind_a_name_have_room() -> None:
    made = plan(files(("a.mp3", "é" * 300), ("b.mp3", "é" * 300)), Template("{title} [{bpm}]"))
    first, second = (item.target for item in made.items)
    assert names.size(first[3:]) in (254, 255) and second.endswith("é (2).mp3")
    assert names.size(second[3:]) <= 255


def test_a_path_that_is_too_long_is_refused_with_its_length() -> None:
    made = plan(files(("a.mp3", "x" * 30)), TITLE, disk=Disk(longest_path=30))
    assert made.items[0].status == "refused"
    assert made.items[0].reason == "The path would have 37 bytes; it can have 29."


def test_a_late_refusal_gives_back_the_name_that_another_was_to_have() -> None:
    pairs = files(("a.mp3", "x" * 14), ("b.mp3", "x" * 14), ("c.mp3", "b"))
    made = plan(pairs, TITLE, disk=Disk(longest_path=22))
    assert outcome(made) == {
        "a.mp3": ("x" * 14 + ".mp3", "rename"),
        "b.mp3": ("b.mp3", "refused"),
        "c.mp3": ("b (2).mp3", "numbered"),
    }
    carried_out(made)


def test_two_tracks_of_one_file_are_not_renamed_twice() -> None:
    twice = [Facts("/m/a.mp3", 2, title="X"), Facts("/m/a.mp3", 1, title="Y"), Facts("", 3, title="Z")]
    made = plan(twice, TITLE)
    assert [(item.id, item.status) for item in made.items] == [(3, "refused"), (1, "rename"), (2, "refused")]


def test_a_template_without_slash_leaves_files_in_their_folders() -> None:
    made = plan([Facts("/m/one/a.mp3", 1, title="X"), Facts("/m/two/a.mp3", 2, title="X")], TITLE, "/m")
    assert [item.target for item in made.items] == ["/m/one/X.mp3", "/m/two/X.mp3"]


def test_folders_are_made_below_the_root_parents_first() -> None:
    template = Template("{label}/{year}/{title}")
    items = [
        Facts("/m/new/a.mp3", 1, title="A", label="L", year=2020),
        Facts("/m/new/b.mp3", 2, title="B", label="AC/DC."),
        Facts("/m/new/c.mp3", 3, title="C"),
    ]
    made = plan(items, template, "/m")
    assert [item.target for item in made.items] == ["/m/L/2020/A.mp3", "/m/AC-DC/B.mp3", "/m/C.mp3"]
    assert made.folders == ["/m/AC-DC", "/m/L", "/m/L/2020"]
    assert plan(items, template, "/m", Disk(folders={"/m/L"})).folders == ["/m/AC-DC", "/m/L/2020"]
    assert plan(items, template).items[2].target == "/m/new/C.mp3"


def test_folders_that_differ_in_case_only_are_one_where_case_is_folded() -> None:
    items = [Facts("/m/a.mp3", 1, title="A", artist="BICEP"), Facts("/m/b.mp3", 2, title="B", artist="Bicep")]
    targets = [item.target for item in plan(items, Template("{artist}/{title}"), "/m", MAC).items]
    assert targets == ["/m/BICEP/A.mp3", "/m/BICEP/B.mp3"]
    here = [*items, Facts("/m/bicep/c.mp3", 3, title="C", artist="bicep")]
    targets = [item.target for item in plan(here, Template("{artist}/{title}"), "/m", MAC).items]
    assert targets == ["/m/bicep/A.mp3", "/m/bicep/B.mp3", "/m/bicep/C.mp3"]


def test_a_file_where_a_folder_would_be_is_not_replaced() -> None:
    items = [Facts("/m/a.mp3", 1, title="A", artist="b.mp3"), Facts("/m/b.mp3", 2, title="B", artist="C")]
    made = plan(items, Template("{artist}/{title}"), "/m")
    assert made.items[0].reason == "“b.mp3” is a file, so no folder can be called so."
    there = Disk(taken={"/m/X"}, folders=())
    assert plan([items[0]._replace(artist="X")], Template("{artist}/{title}"), "/m", there).items[
        0
    ].status == ("refused")


def test_a_folder_where_a_file_would_be_is_not_replaced() -> None:
    items = [Facts("/m/a.mp3", 1, title="X"), Facts("/m/X.mp3/b.mp3", 2, title="b")]
    made = plan(items, TITLE)
    assert made.items[1].target == "/m/X (2).mp3"
    assert made.items[1].reason == "A folder is called “X.mp3”."


def test_across_file_systems_a_file_is_copied() -> None:
    disk = Disk(device=lambda folder: 2 if folder.startswith("/m/usb") else 1)
    items = [Facts("/m/a.mp3", 1, title="A", artist="usb"), Facts("/m/b.mp3", 2, title="B", artist="here")]
    made = plan(items, Template("{artist}/{title}"), "/m", disk)
    assert [step.kind for step in made.steps()] == ["copy", "rename"]
    assert [step.kind for step in undo_steps(made.steps())] == ["rename", "copy"]


def test_each_file_may_have_a_template_of_its_own() -> None:
    loud = Template("{title|upper}")
    made = plan(files(("a.mp3", "x"), ("b.mp3", "y")), lambda facts: loud if facts.id == 2 else TITLE)
    assert [item.target for item in made.items] == ["/m/x.mp3", "/m/Y.mp3"]


def test_undone_steps_say_which_of_them_brings_a_file_home() -> None:
    steps = plan(files(("a.mp3", "b"), ("b.mp3", "a")), TITLE).steps()
    assert [(step.source[3:], step.target[3:], step.last) for step in undo_steps(steps)] == [
        ("b.mp3", ".djtui-1.mp3", False),
        ("a.mp3", "b.mp3", True),
        (".djtui-1.mp3", "a.mp3", True),
    ]


# Few letters, so that names meet.
letters = st.sampled_from(["a", "A", "b", "é", "e\u0301", "É", " (2)", "?", "/", "."])
titles = st.lists(letters, max_size=3).map("".join)
on_disk = titles.map(lambda stem: stem.replace("/", "").replace("?", "") or "x")
folding = st.sampled_from([(False, False), (True, False), (True, True), (False, True)])


def distinct(paths: Iterable[str], disk: Disk) -> dict[str, str]:
    """Paths by their places: what can be on one disk."""
    found: dict[str, str] = {}
    for path in paths:
        found.setdefault(disk.place(path), path)
    return found


@settings(max_examples=int(os.environ.get("DJTUI_EXAMPLES", "300")), deadline=None)
@given(
    st.lists(st.tuples(on_disk, titles, st.sampled_from(["", "d/"])), max_size=12),
    st.lists(on_disk, max_size=4),
    folding,
    st.sampled_from(["{title}", "{title|upper}", "{artist}/{title}"]),
    st.booleans(),
)
def test_any_plan_loses_nothing_and_can_be_undone_from_anywhere(
    wanted: list[tuple[str, str, str]],
    others: list[str],
    folds: tuple[bool, bool],
    template: str,
    asked: bool,
) -> None:
    alone = Disk(folds_case=folds[0], folds_forms=folds[1])
    title_of = {f"/m/{folder}{stem}.mp3": title for stem, title, folder in wanted}
    mine = distinct(title_of, alone)
    lying = distinct([*mine.values(), *(f"/m/{stem}.mp3" for stem in others)], alone)
    strange = [path for place, path in lying.items() if place not in mine]
    taken = (lambda path: alone.place(path) in lying) if asked else set(lying.values())
    disk = replace(alone, taken=taken)
    items = [
        Facts(path, n, title=title_of[path], artist=title_of[path][:1])
        for n, path in enumerate(mine.values())
    ]
    made = plan(items, Template(template), "/m", disk)

    shuffled = random.Random(1).sample(items, len(items))
    assert plan(shuffled, Template(template), "/m", disk).items == made.items
    new = [names.folded(item.target) for item in made.items if item.path != item.target]
    kept = {names.folded(item.path) for item in made.items if item.path == item.target}
    assert len({*new} - kept) == len(new)
    moved = carried_out(made, strange)
    if "/" not in template:
        again = [
            facts._replace(path=item.target) for facts, item in zip(sorted(items), made.items, strict=True)
        ]
        settled = plan(again, Template(template), "/m", replace(alone, taken=set(moved.files)))
        assert settled.steps() == []


def test_a_real_tree_is_renamed_and_comes_back(tmp_path: Path) -> None:
    nasty = ["a\nb", "x\x1b[0m", "é" * 120, "e\u0301", "é", "con", "dot.", "\u202ertl", "🎧"]
    wanted = ["A\nB/C", "\x1b[31mred", "é" * 200, "é", "e\u0301", "CON", "...", "\u202eabc", "👩\u200d🎤"]
    nasty, wanted = [*nasty, *"Aabc"], [*wanted, *"bcaA"]
    items = []
    for number, (name, title) in enumerate(zip(nasty, wanted, strict=True), 1):
        path = tmp_path / f"{name}.mp3"
        path.write_bytes(bytes([number]))
        items.append(Facts(str(path), number, title=title))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    made = plan(items, TITLE, disk=Disk(taken=os.path.lexists, folders=os.path.isdir))
    steps = made.steps()
    for step in (*steps, *undo_steps(steps)):
        assert not os.path.lexists(step.target)
        os.rename(step.source, step.target)
        if step is steps[-1]:
            contents = {item.target: bytes([item.id]) for item in made.items}
            assert {str(path): path.read_bytes() for path in tmp_path.iterdir()} == contents
            assert all(names.component(Path(item.target).name) == Path(item.target).name
                       for item in made.items if item.status in ("rename", "numbered"))  # fmt: skip
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
