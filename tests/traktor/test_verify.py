"""Checking a new file: whatever is not as planned is found, and what was wrong before is no one's fault."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from djtui.traktor.nml import NmlError, SourceChanged, survey
from djtui.traktor.patch import Plan
from djtui.traktor.verify import compare, pieces, references, verify, well_formed
from tests.traktor.nml_text import entry, folder, nml, playlist, playlists, written
from tests.traktor.patch_text import exported
from tests.traktor.test_nml import LAYOUTS

KEY = "C:/:Music/:"
PLAIN = nml(
    *(entry(f"{name}.mp3") for name in ("one", "two", "three")),
    tree=playlists(folder("F", playlist("A", f"{KEY}one.mp3", f"{KEY}gone.mp3"))),
)


def against(tmp_path: Path, before: str, after: str) -> list[str]:
    source = written(tmp_path, before, "source.nml")
    return references(survey(source), survey(written(tmp_path, after, "result.nml")))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_well_formed_passes(tmp_path: Path, layout: str) -> None:
    well_formed(str(written(tmp_path, LAYOUTS[layout])))


def test_what_is_not_well_formed_is_refused_with_the_line(tmp_path: Path) -> None:
    lines = PLAIN.split("\n")
    for number, line in enumerate(lines[:-1], start=1):
        broken = "\n".join([*lines[: number - 1], line.replace('="', '="<', 1) + "</x>", *lines[number:]])
        with pytest.raises(NmlError, match=rf"is not well-formed: .* \(line {number}\)\."):
            well_formed(str(written(tmp_path, broken)))
    for text in (
        "",
        "<NML>",
        PLAIN + "<NML/>",
        PLAIN.replace("One", "\x01"),
        PLAIN.replace("One", "&nothing;"),
    ):
        with pytest.raises(NmlError, match="is not well-formed"):
            well_formed(str(written(tmp_path, text)))


def test_depth_beyond_the_limits_of_a_quick_parser_is_no_fault(tmp_path: Path) -> None:
    well_formed(str(written(tmp_path, f"<NML>{'<x>' * 5000}{'</x>' * 5000}</NML>")))


def test_pieces_are_cut_before_entries_wherever_those_came_to_lie(tmp_path: Path) -> None:
    entries = [entry(f"{number}.mp3", attributes=f'TITLE="{number}"') for number in range(60)]
    path = written(tmp_path, nml(*entries, tree=playlists(playlist("A", f"{KEY}7.mp3"))))
    edits = {place: {"title": "longer than it was"} for place in range(0, 60, 7)}
    found, plan, target = exported(path, edits, removed=range(1, 60, 9))
    cut = pieces(found, plan, least=1000)
    assert len(cut) == 6
    assert [stop for _, stop in cut] == [*(start for start, _ in cut[1:]), None]
    for start, _ in cut[1:]:
        assert target.read_bytes()[start:].startswith(b"<ENTRY MODIFIED")
    for piece in cut:
        well_formed(str(target), *piece)
    assert pieces(found, plan) == [(0, None)]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_pieces_are_well_formed_exactly_if_the_whole_is(tmp_path: Path, layout: str) -> None:
    dice = random.Random(layout)
    snippets = (
        b"",
        b">",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]",
        b"</ENTRY>",
        b"</COLLECTION>",
        b"<x>",
        b'"',
        b"\xc3",
    )
    for _ in range(25):
        text = LAYOUTS[layout]
        for _ in range(dice.choice((0, 1, 2))):
            at = dice.randrange(len(text))
            text = text[:at] + dice.choice(snippets) + text[at + dice.choice((0, 1)) :]
        path = str(written(tmp_path, text))
        whole = _passes(path)
        for _ in range(4):
            cuts = sorted(dice.sample(range(1, len(text)), dice.choice((1, 2))))
            each = [_passes(path, *piece) for piece in zip([0, *cuts], [*cuts, None], strict=True)]
            assert all(each) == whole


def _passes(path: str, start: int = 0, stop: int | None = None) -> bool:
    try:
        well_formed(path, start, stop)
    except NmlError:
        return False
    return True


def test_a_file_as_planned_passes(tmp_path: Path) -> None:
    found, plan, target = exported(written(tmp_path, PLAIN), {1: {"title": "x"}})
    assert verify(found, str(target), plan) == []


def test_every_byte_that_is_not_as_planned_is_found(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN)
    found, plan, target = exported(path, {1: {"title": "x"}})
    right = target.read_bytes()
    for at in range(0, len(right), 7):
        target.write_bytes(right[:at] + bytes([right[at] ^ 1]) + right[at + 1 :])
        assert len(compare(str(path), found.fingerprint, str(target), plan)) == 1
    for wrong in (right + b"\n", right[:-1], right[:500] + right[501:], b""):
        target.write_bytes(wrong)
        assert len(compare(str(path), found.fingerprint, str(target), plan)) == 1
    target.write_bytes(right)
    assert compare(str(path), found.fingerprint, str(target), plan) == []
    twice = Plan(plan.size, plan.splices * 2)
    assert compare(str(path), found.fingerprint, str(target), twice) == [
        f"Two changes overlap at byte {plan.splices[0].offset:,} of the source."
    ]


def test_a_source_that_changed_is_noticed(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN)
    found, plan, target = exported(path, {1: {"title": "x"}})
    path.write_text(PLAIN + "\n")
    with pytest.raises(SourceChanged):
        compare(str(path), found.fingerprint, str(target), plan)
    target.unlink()
    path = written(tmp_path, PLAIN)
    with pytest.raises(NmlError, match=r"new.nml cannot be read: No such file or directory\."):
        compare(str(path), survey(path).fingerprint, str(target), plan)


def test_a_key_that_is_doubled_now_is_found_and_one_that_was_is_not(tmp_path: Path) -> None:
    doubled = PLAIN.replace("three.mp3", "one.mp3")
    assert against(tmp_path, PLAIN, doubled) == ["C:/:Music/:one.mp3 is there more than once."]
    assert against(tmp_path, doubled, doubled.replace("two.mp3", "2.mp3")) == []
    assert against(tmp_path, doubled, doubled.replace('TITLE="One"', 'TITLE="1"')) == []
    added = PLAIN.replace("</COLLECTION>", f"{entry('one.mp3', info=None)}</COLLECTION>").replace(
        'S="3"', 'S="4"'
    )
    assert against(tmp_path, PLAIN, added) == ["C:/:Music/:one.mp3 is there more than once."]
    same = PLAIN.replace("</COLLECTION>", f"{entry('one.mp3')}</COLLECTION>").replace('S="3"', 'S="4"')
    assert against(tmp_path, PLAIN, same) == ["C:/:Music/:one.mp3 is there more than once."]


def test_an_item_without_a_track_now_is_found_and_one_that_was_is_not(tmp_path: Path) -> None:
    removed = PLAIN.replace(entry("one.mp3"), "").replace('ENTRIES="3"', 'ENTRIES="2"')
    lost = ["C:/:Music/:one.mp3 stands in a playlist, but no track has it."]
    assert against(tmp_path, PLAIN, removed) == lost
    assert against(tmp_path, PLAIN, PLAIN.replace('FILE="one.mp3"', 'FILE="1.mp3"')) == lost
    listed = PLAIN.replace(f"{KEY}one.mp3", f"{KEY}other.mp3")
    assert against(tmp_path, PLAIN, listed) == [lost[0].replace("one", "other")]
    assert against(tmp_path, PLAIN, PLAIN.replace(f"{KEY}one.mp3", f"{KEY}gone.mp3")) == []
    assert against(tmp_path, PLAIN, PLAIN.replace(f"{KEY}one.mp3", f"{KEY}two.mp3")) == []
    a_set = PLAIN.replace(f'"TRACK" KEY="{KEY}one.mp3', '"SET" KEY="x.set')
    assert against(tmp_path, PLAIN, a_set) == []
    twice = PLAIN.replace("three.mp3", "one.mp3")
    assert against(tmp_path, twice, twice.replace(entry("one.mp3"), "", 1).replace('"3"', '"2"')) == []


def test_many_keys_make_one_sentence(tmp_path: Path) -> None:
    keys = [f"{KEY}{number}.mp3" for number in range(9)]
    after = nml(
        *(entry(f"{name}.mp3") for name in ("one", "two", "three")), tree=playlists(playlist("A", *keys))
    )
    [problem] = against(tmp_path, PLAIN, after)
    assert problem == f"{', '.join(keys[:3])} and 6 more stands in a playlist, but no track has it."


def test_counts_are_right_or_as_wrong_as_before(tmp_path: Path) -> None:
    renamed = PLAIN.replace('NAME="A"', 'NAME="B"')
    assert against(tmp_path, PLAIN, renamed) == []
    assert against(tmp_path, PLAIN, renamed.replace('COUNT="1"', 'COUNT="2"')) == [
        "SUBNODES of 'F' says 2; 1 would be right.",
        "SUBNODES of '$ROOT' says 2; 1 would be right.",
    ]
    wrong = PLAIN.replace('<PLAYLIST ENTRIES="2"', '<PLAYLIST ENTRIES="5"')
    assert against(tmp_path, PLAIN, wrong) == ["PLAYLIST of 'A' says 5; 2 would be right."]
    assert against(tmp_path, wrong, wrong.replace('NAME="F"', 'NAME="G"')) == []
    fewer = PLAIN.replace(entry("two.mp3"), "")
    assert against(tmp_path, PLAIN, fewer) == ["COLLECTION says that it has 3 entries; 2 would be right."]
    odd = PLAIN.replace('ENTRIES="3"', 'ENTRIES="many"')
    assert against(tmp_path, odd, odd.replace(entry("two.mp3"), "")) == []
