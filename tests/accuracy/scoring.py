"""How right the answers are: shares, each with the number of files that it is a share of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from djtui.model import key as keys
from tests.accuracy.hearing import Heard
from tests.accuracy.truth import Truth

EXACT = 0.05  # BPM
ACC1 = 0.04  # of the tempo: the "accuracy 1" of Gouyon et al. 2006; "accuracy 2" forgives these octaves:
OCTAVES = (1, 2, 1 / 2, 3, 1 / 3)
BEAT = 0.025  # seconds
DOWNBEAT = 0.070  # seconds, as MIREX has it

Pair = tuple[Truth, Heard]


@dataclass(frozen=True, slots=True)
class Share:
    """So many right of so many (a weighted count where partly right counts too)."""

    right: float
    of: int

    @property
    def share(self) -> float:
        return self.right / self.of if self.of else float("nan")

    def __str__(self) -> str:
        return f"{self.share:.3f} ({self.right:g} of {self.of})" if self.of else "-"


def tempo_exact(pairs: Iterable[Pair]) -> Share:
    """Within 0.05 BPM, in the right octave where that is known."""
    return _share(pairs, lambda truth, _: truth.bpm is not None, is_tempo_exact)


def octave_right(pairs: Iterable[Pair]) -> Share:
    """Within 4 %, of those whose octave is known."""
    return _share(
        pairs,
        lambda truth, _: truth.bpm is not None and truth.octave_known,
        lambda truth, heard: _within(truth, heard, (1,), ACC1),
    )


def tempo_but_for_octave(pairs: Iterable[Pair]) -> Share:
    """Within 4 % of the tempo or of its double, triple, half or third."""
    return _share(
        pairs,
        lambda truth, _: truth.bpm is not None,
        lambda truth, heard: _within(truth, heard, OCTAVES, ACC1),
    )


def is_tempo_exact(truth: Truth, heard: Heard) -> bool:
    assert truth.bpm is not None
    octaves = (1,) if truth.octave_known else OCTAVES
    return heard.bpm is not None and any(abs(heard.bpm / k - truth.bpm) <= EXACT for k in octaves)


def beats_right(pairs: Sequence[Pair]) -> Share:
    """First beats within 25 ms of a beat, of those with the right tempo; see `biases`."""
    return _share(pairs, has_beat, beat_judge(pairs))


def beat_judge(pairs: Sequence[Pair]) -> Callable[[Truth, Heard], bool]:
    """Judges a first beat, the bias of its format removed."""
    bias = biases(pairs)
    return lambda truth, heard: abs(_wrapped(beat_error(truth, heard) - bias[truth.format], truth)) <= BEAT


def biases(pairs: Iterable[Pair]) -> dict[str, float]:
    """By format the median error of the first beats in seconds: codecs put silence before the music."""
    errors = defaultdict(list)
    for truth, heard in pairs:
        if has_beat(truth, heard):
            errors[truth.format].append(beat_error(truth, heard))
    return {format: median(of) for format, of in errors.items()}


def has_beat(truth: Truth, heard: Heard) -> bool:
    """The truth knows a beat, the tempo is right, and a first beat was heard."""
    return (
        truth.bpm is not None
        and truth.first_beat is not None
        and heard.first_beat is not None
        and is_tempo_exact(truth, heard)
    )


def beat_error(truth: Truth, heard: Heard) -> float:
    """Seconds from the nearest beat."""
    assert truth.first_beat is not None and heard.first_beat is not None
    return _wrapped(heard.first_beat - truth.first_beat, truth)


def downbeats_right(pairs: Sequence[Pair]) -> Share:
    """Of those reported where the bars and the tempo are known: within 70 ms of a downbeat."""
    bias = biases(pairs)
    return _share(
        pairs,
        has_downbeat,
        lambda truth, heard: abs(downbeat_error(truth, heard) - bias.get(truth.format, 0)) <= DOWNBEAT,
    )


def downbeats_reported(pairs: Iterable[Pair]) -> Share:
    """Of those whose bars are known, for how many a downbeat was named at all."""
    return _share(
        pairs,
        lambda truth, _: truth.downbeat is not None,
        lambda _, heard: heard.downbeat is not None,
    )


def has_downbeat(truth: Truth, heard: Heard) -> bool:
    return truth.downbeat is not None and heard.downbeat is not None and is_tempo_exact(truth, heard)


def downbeat_error(truth: Truth, heard: Heard) -> float:
    """Seconds from the nearest downbeat."""
    assert truth.downbeat is not None and heard.downbeat is not None
    return _wrapped(heard.downbeat - truth.downbeat, truth, beats=4)


def key_exact(pairs: Iterable[Pair]) -> Share:
    return _share(pairs, _has_key, lambda truth, heard: keys.parse(truth.key) == keys.parse(heard.key))


def key_weighted(pairs: Iterable[Pair]) -> Share:
    """The weights of MIREX: a fifth away is half right, the relative .3, the parallel .2."""
    return _share(pairs, _has_key, lambda truth, heard: mirex(keys.parse(heard.key), keys.parse(truth.key)))


def mirex(heard: int | None, truth: int | None) -> float:
    """How right a key is, by the weights of MIREX."""
    if heard is None or truth is None:
        return 0.0
    interval = (heard - truth) % 12
    if heard // 12 == truth // 12:
        return {0: 1.0, 5: 0.5, 7: 0.5}.get(interval, 0.0)
    relative = 9 if truth < 12 else 3
    return {0: 0.2, relative: 0.3}.get(interval, 0.0)


def _has_key(truth: Truth, _: Heard) -> bool:
    return bool(truth.key)


def _within(truth: Truth, heard: Heard, octaves: Iterable[float], tolerance: float) -> bool:
    assert truth.bpm is not None
    return heard.bpm is not None and any(
        abs(heard.bpm - truth.bpm * k) <= tolerance * truth.bpm * k for k in octaves
    )


def _wrapped(seconds: float, truth: Truth, beats: int = 1) -> float:
    """The same modulo so many beats, between minus half of them and half of them."""
    assert truth.bpm is not None
    period = beats * 60 / truth.bpm
    return (seconds + period / 2) % period - period / 2


def _share(
    pairs: Iterable[Pair],
    counts: Callable[[Truth, Heard], bool],
    right: Callable[[Truth, Heard], float],
) -> Share:
    judged = [float(right(truth, heard)) for truth, heard in pairs if counts(truth, heard)]
    return Share(round(sum(judged), 1), len(judged))
