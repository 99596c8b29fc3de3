"""The judge of the analysis judges right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from djtui.model.key import parse
from tests.accuracy import scoring, truth
from tests.accuracy.composing import Piece, compose
from tests.accuracy.hearing import Heard
from tests.accuracy.midi import Score
from tests.accuracy.truth import Truth

SONG = Truth("a.mp3", "lmms", "", "mp3", 120.0, True, "Am", 0.0, 0.0, 60.0)


@pytest.mark.parametrize(
    ("heard", "right"),
    [(120.04, True), (119.94, False), (240.0, False), (None, False)],
)
def test_a_tempo_is_exact_within_five_hundredths(heard: float | None, right: bool) -> None:
    assert scoring.is_tempo_exact(SONG, Heard(bpm=heard)) is right


def test_an_unknown_octave_forgives_double_half_and_triple() -> None:
    song = replace(SONG, octave_known=False)
    assert all(scoring.is_tempo_exact(song, Heard(bpm=bpm)) for bpm in (60.0, 120.0, 240.0, 360.0))
    assert not scoring.is_tempo_exact(song, Heard(bpm=180.0))
    assert scoring.octave_right([(song, Heard(bpm=60.0))]).of == 0


def test_the_bias_of_a_format_is_removed_and_another_format_keeps_its_own() -> None:
    mp3 = [(SONG, Heard(bpm=120.0, first_beat=0.05 + number / 1000)) for number in range(5)]
    wav = [(replace(SONG, format="wav"), Heard(bpm=120.0, first_beat=0.5)) for _ in range(3)]
    off = [(SONG, Heard(bpm=120.0, first_beat=0.3))]
    assert str(scoring.beats_right([*mp3, *wav, *off])) == "0.889 (8 of 9)"


def test_a_first_beat_counts_only_where_the_tempo_is_right() -> None:
    assert scoring.beats_right([(SONG, Heard(bpm=90.0, first_beat=0.0))]).of == 0


@pytest.mark.parametrize(("downbeat", "right"), [(0.03, 1), (2.0, 1), (3.96, 1), (0.5, 0), (1.0, 0)])
def test_a_downbeat_is_right_on_any_bar(downbeat: float, right: int) -> None:
    heard = Heard(bpm=120.0, first_beat=downbeat % 0.5, downbeat=downbeat)
    other = [(SONG, Heard(bpm=120.0, first_beat=0.0))] * 2
    assert scoring.downbeats_right([(SONG, heard), *other]).right == right


def test_a_downbeat_that_is_not_reported_is_not_counted() -> None:
    assert scoring.downbeats_right([(SONG, Heard(bpm=120.0, first_beat=0.0))]).of == 0
    assert scoring.downbeats_reported([(SONG, Heard(bpm=120.0))]).share == 0


@pytest.mark.parametrize(
    ("heard", "weight"), [("Am", 1), ("Em", 0.5), ("Dm", 0.5), ("C", 0.3), ("A", 0.2), ("B", 0), ("", 0)]
)
def test_keys_are_weighed_as_mirex_does(heard: str, weight: float) -> None:
    assert scoring.mirex(parse(heard), parse("Am")) == weight


def test_the_table_gives_back_what_was_written(tmp_path: Path) -> None:
    rows = [
        replace(SONG, path=str(tmp_path / "a.mp3")),
        replace(SONG, path=str(tmp_path / "b.mp3"), bpm=None, first_beat=None, octave_known=False),
        replace(SONG, path=str(tmp_path / "gone.mp3")),
    ]
    truth.append(tmp_path, rows[:1])
    truth.append(tmp_path, rows[1:])
    for row in rows[:2]:
        Path(row.path).touch()
    assert truth.read(tmp_path) == rows[:2]


def test_a_score_is_a_midi_file_whose_notes_end_before_others_begin(tmp_path: Path) -> None:
    score = Score(120)
    score.note(0, 60, 1.0, 0, 1)
    score.note(0, 60, 1.0, 1, 1)
    score.write(tmp_path / "score.mid")
    head, track = (tmp_path / "score.mid").read_bytes().split(b"MTrk")
    assert head == b"MThd\0\0\0\6\0\0\0\1\x01\xe0"
    tempo, on, off = b"\0\xff\x51\3\x07\xa1\x20", b"\x90\x3c\x7f", b"\x80\x3c\0"
    assert (
        track[4:] == tempo + b"\0" + on + b"\x83\x60" + off + b"\0" + on + b"\x83\x60" + off + b"\0\xff\x2f\0"
    )


def test_a_piece_is_the_same_each_time(tmp_path: Path) -> None:
    piece = Piece("garage", 132, 9, True, 24, 0.5, seed=5)
    for name in ("one", "two"):
        compose(piece).write(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert compose(piece).bpm == pytest.approx(132, abs=1e-3) and piece.key == "Am"
