"""The tables: every share against its limit and its aim, group by group, the peers, and what was missed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from djtui.model import key as keys
from tests.accuracy import loudness, peers, scoring
from tests.accuracy.hearing import Analyser, Heard, djtui, hear_all
from tests.accuracy.scoring import Pair, Share
from tests.accuracy.truth import Truth

FOUR_MINUTES = 240.0


def show(rows: Sequence[Truth], *, peers: bool = False) -> None:
    """Analyse everything and print all tables."""
    pairs = listen(rows, djtui)
    for line in targets(pairs):
        print(line)
    print(_loudness(rows))
    print()
    for line in [*groups(pairs), "", *constants(pairs), "", *misses(pairs)]:
        print(line)
    if peers:
        print()
        for line in beside_peers(rows, pairs):
            print(line, flush=True)


def listen(rows: Sequence[Truth], analyser: Analyser) -> list[Pair]:
    """Each row with what was heard."""
    return list(zip(rows, hear_all([row.path for row in rows], analyser), strict=True))


def targets(pairs: Sequence[Pair]) -> list[str]:
    """The table of what must at least be reached."""
    generated = [pair for pair in pairs if pair[0].generated]
    real = [pair for pair in pairs if not pair[0].generated]
    lines = (
        ("tempo within 0.05 BPM, generated", scoring.tempo_exact(generated), 0.98, 0.995),
        ("tempo within 0.05 BPM, real songs", scoring.tempo_exact(real), 0.93, 0.97),
        ("octave right (4 %), real songs whose octave is known", scoring.octave_right(real), 0.94, 0.98),
        ("first beat within 25 ms, generated", scoring.beats_right(generated), 0.97, 0.99),
        ("first beat within 25 ms, real songs", scoring.beats_right(real), 0.85, 0.93),
        ("downbeat right when reported, generated", scoring.downbeats_right(generated), 0.85, 0.95),
        ("downbeat right when reported, real songs", scoring.downbeats_right(real), 0.85, 0.95),
        ("key exact", scoring.key_exact(pairs), 0.75, 0.85),
        ("key weighted (MIREX)", scoring.key_weighted(pairs), 0.82, 0.90),
    )
    heading = f"{'what':<54}  {'measured':<24}  at least    aim"
    return [
        heading,
        *(
            f"{what:<54}  {share!s:<24}  {limit:>8g}  {aim:>5g}{'  UNDER' if share.share < limit else ''}"
            for what, share, limit, aim in lines
        ),
        f"downbeats reported: generated {scoring.downbeats_reported(generated)}, "
        f"real songs {scoring.downbeats_reported(real)}",
    ]


def groups(pairs: Sequence[Pair]) -> list[str]:
    """The same shares, group by group and style by style."""
    labels = sorted({_label(truth) for truth, _ in pairs})
    measures: dict[str, Callable[[Sequence[Pair]], Share]] = {
        "<.05 BPM": scoring.tempo_exact,
        "octave": scoring.octave_right,
        "but for octave": scoring.tempo_but_for_octave,
        "first beat": scoring.beats_right,
        "downbeat": scoring.downbeats_right,
        "key": scoring.key_exact,
        "MIREX": scoring.key_weighted,
    }
    lines = [f"{'group':<16}" + "".join(f"{name:>18}" for name in measures)]
    for label in labels:
        of = [pair for pair in pairs if _label(pair[0]) == label]
        lines.append(f"{label:<16}" + "".join(f"{_short(measure(of)):>18}" for measure in measures.values()))
    return lines


def constants(pairs: Sequence[Pair]) -> list[str]:
    """What the figures above do not show: the biases that were removed, and the cost."""
    generated = [pair for pair in pairs if pair[0].generated]
    real = [pair for pair in pairs if not pair[0].generated]
    lines = []
    for name, of in (("generated", generated), ("real songs", real)):
        biases = ", ".join(
            f"{format} {bias * 1000:+.1f} ms" for format, bias in sorted(scoring.biases(of).items())
        )
        lines.append(f"bias of first beats removed, {name}: {biases}")
    lines.append(f"processor time a four-minute track: {_cost(pairs):.2f} s")
    return lines


def misses(pairs: Sequence[Pair]) -> list[str]:
    """Every file with a wrong answer, and what was said."""
    lines = ["missed:"]
    generated = [pair for pair in pairs if pair[0].generated]
    real = [pair for pair in pairs if not pair[0].generated]
    for of in (generated, real):
        beat_right = scoring.beat_judge(of)
        for truth, heard in of:
            wrong = list(_wrong(truth, heard, beat_right))
            if wrong:
                lines.append(f"  {Path(truth.path).name}: {'; '.join(wrong)}")
    return lines


def beside_peers(rows: Sequence[Truth], ours: Sequence[Pair]) -> list[str]:
    """Others on the same files. Their programs read what ffmpeg decodes for them, which costs some 0.3 s."""
    lines = [
        f"{'analyser':<14} CPU s/4 min  {'<.05 BPM':<22} {'octave, real':<20} "
        f"{'but for octave':<22} {'key':<22} MIREX"
    ]
    heard = {"djtui": list(ours)}
    for name, analyser in peers.installed().items():
        heard[name] = listen(rows, analyser)
    for name, pairs in heard.items():
        real = [pair for pair in pairs if not pair[0].generated]
        has_key = any(said.key for _, said in pairs)
        key = (str(scoring.key_exact(pairs)), str(scoring.key_weighted(pairs))) if has_key else ("-", "-")
        lines.append(
            f"{name:<14} {_cost(pairs):>11.2f}  {scoring.tempo_exact(pairs)!s:<22} "
            f"{scoring.octave_right(real)!s:<20} {scoring.tempo_but_for_octave(pairs)!s:<22} "
            f"{key[0]:<22} {key[1]}"
        )
    return lines


def _wrong(truth: Truth, heard: Heard, beat_right: Callable[[Truth, Heard], bool]) -> list[str]:
    if heard.failure:
        return [heard.failure]
    wrong = []
    if truth.bpm is not None and not scoring.is_tempo_exact(truth, heard):
        said = "none" if heard.bpm is None else f"{heard.bpm:.3f}"
        wrong.append(f"tempo {said} for {truth.bpm:.3f}{'' if truth.octave_known else ' or its octaves'}")
    if scoring.has_beat(truth, heard) and not beat_right(truth, heard):
        wrong.append(f"first beat off by {scoring.beat_error(truth, heard) * 1000:+.0f} ms")
    if scoring.has_downbeat(truth, heard) and truth.bpm:
        beats = scoring.downbeat_error(truth, heard) * truth.bpm / 60
        if abs(beats) > 0.25:
            wrong.append(f"downbeat off by {beats:+.1f} beats")
    if truth.key and keys.parse(truth.key) != keys.parse(heard.key):
        wrong.append(f"key {heard.key or 'none'} for {truth.key}")
    return wrong


def _loudness(rows: Sequence[Truth]) -> str:
    found = loudness.differences(rows)
    worst = max(found, key=lambda one: abs(one.lufs))
    peak = max(found, key=lambda one: abs(one.true_peak))
    return (
        f"loudness against ebur128, worst of {len(found)}: {abs(worst.lufs):.3f} LU "
        f"({Path(worst.path).name}; at most 0.1, aim 0.05); true peak: {abs(peak.true_peak):.2f} dB "
        f"({Path(peak.path).name})"
    )


def _label(truth: Truth) -> str:
    return f"{truth.group} {truth.style}".strip()


def _short(share: Share) -> str:
    return f"{share.share:.2f} of {share.of}" if share.of else "-"


def _cost(pairs: Sequence[Pair]) -> float:
    seconds = sum(truth.duration for truth, _ in pairs)
    return sum(heard.seconds for _, heard in pairs) / seconds * FOUR_MINUTES
