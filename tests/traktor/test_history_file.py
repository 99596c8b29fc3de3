"""Reading Traktor's history files."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from djtui.traktor.history_file import Night, history_files, look, read_night, read_nights
from djtui.traktor.nml import NmlError
from tests.traktor.nml_text import entry, nml, playlist, playlists, written

SAMPLES = sorted((Path(__file__).parents[3] / "shared/samples/nml").glob("*histor*.nml"))
ONE, TWO = "C:/:Music/:one.mp3", "C:/:Music/:two.mp3"


def packed(year: int, month: int, day: int) -> int:
    return year << 16 | month << 8 | day


FRIDAY, SATURDAY = packed(2019, 10, 18), packed(2019, 10, 19)


def data(
    date: object = FRIDAY,
    time: object = 68839,
    deck: object = 0,
    duration: object = 240.5,
    public: object = 1,
) -> str:
    """An EXTENDEDDATA as Traktor writes it."""
    return (
        f'<EXTENDEDDATA DECK="{deck}" DURATION="{duration}" EXTENDEDTYPE="HistoryData" '
        f'PLAYEDPUBLIC="{public}" STARTDATE="{date}" STARTTIME="{time}"></EXTENDEDDATA>\n'
    )


def play(key: str = ONE, extended: str | None = None, kind: str = "TRACK") -> str:
    """An item of a history."""
    own = data() if extended is None else extended
    return f'<ENTRY><PRIMARYKEY TYPE="{kind}" KEY="{key}"></PRIMARYKEY>\n{own}</ENTRY>\n'


def history(*plays: str, entries: tuple[str, ...] = (), uuid: str = ' UUID="a0"') -> str:
    """A history file."""
    return nml(*entries, tree=playlists(protocol(*plays, uuid=uuid)))


def protocol(*plays: str, uuid: str = ' UUID="a0"') -> str:
    """The node of a history."""
    items = f'<PLAYLIST ENTRIES="{len(plays)}" TYPE="PROTOCOL"{uuid}>{"".join(plays)}</PLAYLIST>\n'
    return f'<NODE TYPE="PLAYLIST" NAME="HISTORY">{items}</NODE>\n'


def read(folder: Path, text: str, name: str = "history.nml") -> Night:
    return read_night(written(folder, text, name))


def test_a_play_says_what_when_where_how_long_and_whether_it_was_heard(tmp_path: Path) -> None:
    night = read(tmp_path, history(play(extended=data(deck=2, public=0)), entries=(entry(),)))
    assert night.plays == [(ONE, "One", "Ada", "2019-10-18T19:07:19", 3, 240.5, False)]
    assert (night.started, len(night.digest)) == ("2019-10-18T19:07:19", 16)


def test_a_night_goes_past_midnight(tmp_path: Path) -> None:
    night = read(
        tmp_path,
        history(
            play(extended=data(FRIDAY, 86399)),
            play(extended=data(FRIDAY, 86400)),
            play(extended=data(SATURDAY, 61)),
        ),
    )
    assert [play.at for play in night.plays] == [
        "2019-10-18T23:59:59",
        "2019-10-19T00:00:00",
        "2019-10-19T00:01:01",
    ]


def test_it_began_with_its_earliest_play_in_whatever_order_they_stand(tmp_path: Path) -> None:
    night = read(tmp_path, history(play(extended=data(time=7200)), play(extended=data(time=3600))))
    assert night.started == "2019-10-18T01:00:00"
    assert [play.at for play in night.plays] == ["2019-10-18T02:00:00", "2019-10-18T01:00:00"]


def test_the_same_track_twice_is_two_plays(tmp_path: Path) -> None:
    night = read(tmp_path, history(play(ONE), play(TWO), play(ONE), entries=(entry(),)))
    assert [(play.key, play.title) for play in night.plays] == [(ONE, "One"), (TWO, None), (ONE, "One")]


def test_a_play_without_data_is_kept_and_the_name_of_the_file_says_when_it_began(tmp_path: Path) -> None:
    night = read(tmp_path, history(play(extended=""), uuid=""), "history_2011y05m02d_20h14m33s.nml")
    assert night.plays == [(ONE, None, None, None, None, None, None)]
    assert night.started == "2011-05-02T20:14:33"


@pytest.mark.parametrize("name", ["evening.nml", "history_2011y15m02d_20h14m33s.nml"])
def test_a_name_that_says_nothing_leaves_the_beginning_unknown(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, history(play(extended="")), name).started is None


@pytest.mark.parametrize(
    "extended",
    [
        data(0, "x", -1, "nan", "2"),
        data(packed(2019, 13, 1), 1, 4, "-1", ""),
        data(packed(2019, 2, 30), 1, "", "1e999", "yes"),
        data(FRIDAY, 10**9, "two", "", "-1"),
        data(1 << 39, 1, 9, "inf", "10"),
        data("", "", None, None, None),
    ],
)
def test_values_that_make_no_sense_are_unknown(tmp_path: Path, extended: str) -> None:
    assert read(tmp_path, history(play(extended=extended))).plays == [
        (ONE, None, None, None, None, None, None)
    ]


def test_a_play_that_names_no_track_is_a_play_of_an_unknown_one(tmp_path: Path) -> None:
    night = read(tmp_path, history(f"<ENTRY>{data()}</ENTRY>\n"))
    assert [(play.key, play.at) for play in night.plays] == [("", "2019-10-18T19:07:19")]


def test_stems_and_names_in_any_script_are_plays_like_others(tmp_path: Path) -> None:
    key = "SSD/:a &amp; b/:Kölsch — חג.mp3"
    night = read(tmp_path, history(play(key, kind="STEM")))
    assert night.plays[0].key == "SSD/:a & b/:Kölsch — חג.mp3"


def test_reformatted_files_read_the_same(tmp_path: Path) -> None:
    text = history(play(), play(TWO, data(SATURDAY)), entries=(entry(),))
    root = etree.fromstring(text.encode())
    etree.indent(root)
    pretty = b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>\r\n<!-- mine -->\r\n' + etree.tostring(
        root, encoding="UTF-8"
    )
    plain, other = read(tmp_path, text), read_night(written(tmp_path, pretty, "pretty.nml"))
    assert other.plays == plain.plays
    assert len(plain.plays) == 2


def test_a_session_without_plays_is_a_night_of_none(tmp_path: Path) -> None:
    assert read(tmp_path, history()).plays == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (nml(entry()), "is not a history"),
        (nml(entry(), tree=playlists(playlist("Friday", ONE))), "is not a history"),
        (nml(entry(), tree=""), "is not a history"),
        (history(play())[:-40], "is cut off"),
        ("", "is empty"),
        ("hello", "is not XML"),
        ('<!DOCTYPE NML [<!ENTITY a "b">]>' + history(play()).partition("?>")[2], "DOCTYPE"),
        (history(play("&unknown;")), "undefined entity"),
    ],
)
def test_what_is_no_history_is_refused_with_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = written(tmp_path, text, "history.nml")
    with pytest.raises(NmlError, match=rf"^{path}.*{sentence}.*\.$"):
        read_night(path)


def test_other_lists_beside_the_history_are_not_played(tmp_path: Path) -> None:
    text = nml(tree=playlists(playlist("Friday", TWO, uuid="b1"), protocol(play())))
    assert [play.key for play in read(tmp_path, text).plays] == [ONE]


def test_one_bad_file_stands_in_the_way_of_no_other(tmp_path: Path) -> None:
    good = written(tmp_path, history(play()), "good.nml")
    bad = written(tmp_path, "hello", "bad.nml")
    files = [str(bad), str(tmp_path / "gone.nml"), str(good)]
    unread, gone, night = read_nights(files)
    assert isinstance(night, Night)
    assert [getattr(it, "reason", "") for it in (unread, gone)] == [
        f"{bad} is not XML (line 1).",
        f"{tmp_path / 'gone.nml'} is not there.",
    ]
    assert [hasattr(it, "digest") for it in look(files)] == [True, False, True]
    assert night.digest == look(files)[2][1]


def test_a_folder_is_asked_for_its_nml_files_and_its_folder_history_comes_first(tmp_path: Path) -> None:
    written(tmp_path, "", "collection.nml")
    assert history_files(str(tmp_path)) == [str(tmp_path / "collection.nml")]
    folder = tmp_path / "History"
    folder.mkdir()
    (folder / "old.nml").mkdir()
    for name in ("b.nml", "a.NML", "._a.nml", "notes.txt"):
        written(folder, "", name)
    assert history_files(str(tmp_path)) == [str(folder / "a.NML"), str(folder / "b.nml")]
    assert history_files(str(folder / "b.nml")) == [str(folder / "b.nml")]
    with pytest.raises(NmlError, match="is not there"):
        history_files(str(tmp_path / "nowhere"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem[:60])
def test_a_real_history_is_read_as_an_independent_walk_reads_it(path: Path) -> None:
    night = read_night(path)
    root = etree.parse(str(path)).getroot()
    items = root.findall(".//PLAYLIST/ENTRY")
    keys = [key.get("KEY") for item in items for key in item.findall("PRIMARYKEY")]
    assert [play.key for play in night.plays] == keys
    times = [extended.attrib for item in items for extended in item.findall("EXTENDEDDATA")]
    assert [play.deck for play in night.plays] == [int(it["DECK"]) + 1 for it in times]
    assert [play.duration for play in night.plays] == [float(it["DURATION"]) for it in times]
    assert [play.public for play in night.plays] == [it["PLAYEDPUBLIC"] == "1" for it in times]
    dates = [int(it["STARTDATE"]) for it in times]
    assert [play.at and play.at[:10] for play in night.plays] == [
        f"{date >> 16}-{date >> 8 & 255:02}-{date & 255:02}" for date in dates
    ]
    seconds = [[int(part) for part in (play.at or "")[11:].split(":")] for play in night.plays]
    assert [hour * 3600 + minute * 60 + second for hour, minute, second in seconds] == [
        int(it["STARTTIME"]) for it in times
    ]
    titles = {entry.get("TITLE") for entry in root.findall("COLLECTION/ENTRY")}
    assert {play.title for play in night.plays} <= titles
