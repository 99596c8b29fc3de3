"""The tags of one file, in the words of a DJ, whatever its format."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from mutagen import MutagenError
from mutagen.asf import ASF
from mutagen.mp3 import HeaderNotFoundError, MPEGInfo
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from djtui.files import mpeg_head, payload, tags_id3, tags_other
from djtui.files import tag_values as values
from djtui.files.container import SPOKEN, Container, Kind, Unreadable, misnamed, open_sound, recognize
from djtui.files.flac import of_flac
from djtui.files.id3_frames import BrokenTag
from djtui.files.patch_id3v1 import of_id3v1
from djtui.files.tags_chunks import Damaged, Stream, of_aiff, of_wav
from djtui.files.tags_id3 import Found

# Files that others made break mutagen in ways that it does not foresee.
_BREAKS: Final = (
    Damaged,
    BrokenTag,
    MutagenError,
    ValueError,
    LookupError,
    ArithmeticError,
    TypeError,
    AttributeError,
    AssertionError,
    EOFError,
    MemoryError,
    RecursionError,
    NotImplementedError,
)


@dataclass(frozen=True, slots=True)
class Tags:
    """What a file says of itself. Unknown is None.

    Units: seconds, bit/s, Hz, bits a sample, stars 1..5, dB; `replaygain_peak` is 1.0 at full scale.
    """

    kind: Kind
    codec: str
    """ "MP3", "FLAC", "AAC", "ALAC", "Vorbis", "Opus", "PCM", "WMA"…"""
    duration: float | None = None
    bitrate: int | None = None
    samplerate: int | None = None
    channels: int | None = None
    bits: int | None = None
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    albumartist: str | None = None
    track: int | None = None
    track_of: int | None = None
    disc: int | None = None
    disc_of: int | None = None
    year: int | None = None
    released: str | None = None
    """As the tag has it: "2021-05-07", "2021"."""
    genre: str | None = None
    label: str | None = None
    catalogue: str | None = None
    remixer: str | None = None
    producer: str | None = None
    comment: str | None = None
    grouping: str | None = None
    bpm: float | None = None
    key: str | None = None
    """As the tag spells it."""
    isrc: str | None = None
    rating: int | None = None
    replaygain: float | None = None
    replaygain_peak: float | None = None
    cover: bool = False
    note: str | None = None
    """A sentence where the extension lies."""
    sample: bytes | None = None
    """`payload.sampled`, if it was asked for."""


def read(path: str, *, sample: bool = False) -> Tags:
    """Read a file's tags, by its content and not by its name. Raises `Unreadable`.

    Args:
        path: A symbolic link is followed.
        sample: Take `payload.sampled` along, while the file is open.
    """
    descriptor = open_sound(path)
    try:
        container = recognize(descriptor)
        stream, found = _LOADERS[container.kind](descriptor, container)
        taken = payload.sample(descriptor, container) if sample else None
    except OSError as error:
        raise Unreadable("unreadable", f"The file cannot be read: {error.strerror}.") from error
    except HeaderNotFoundError as error:
        raise Unreadable("unknown", "This is no sound file that djtui knows.") from error
    except _BREAKS as error:
        if isinstance(error.__context__, OSError):
            reason = error.__context__.strerror
            raise Unreadable("unreadable", f"The file cannot be read: {reason}.") from error
        raise Unreadable("damaged", f"This {SPOKEN[container.kind]} file is damaged.") from error
    finally:
        os.close(descriptor)
    return _tags(container, stream, found, misnamed(path, container.kind), taken)


def _tags(container: Container, stream: Stream, found: Found, note: str | None, sample: bytes | None) -> Tags:
    get = found.get
    track, track_of = values.pair(get("track"))
    disc, disc_of = values.pair(get("disc"))
    date = get("date")
    duration = stream.duration if stream.duration and stream.duration > 0 else None
    bitrate = stream.bitrate
    if not bitrate and duration:
        bitrate = round(8 * (container.size - container.start) / duration)
    return Tags(
        kind=container.kind,
        codec=stream.codec,
        duration=duration,
        bitrate=bitrate or None,
        samplerate=stream.samplerate or None,
        channels=stream.channels or None,
        bits=stream.bits or None,
        title=get("title"),
        artist=get("artist"),
        album=get("album"),
        albumartist=get("albumartist"),
        track=track,
        track_of=track_of,
        disc=disc,
        disc_of=disc_of,
        year=values.year(date),
        released=date,
        genre=get("genre"),
        label=get("label"),
        catalogue=get("catalogue"),
        remixer=get("remixer"),
        producer=get("producer"),
        comment=get("comment"),
        grouping=get("grouping"),
        bpm=values.bpm(get("bpm")),
        key=get("key"),
        isrc=get("isrc"),
        rating=get("rating"),
        replaygain=values.number(get("replaygain")),
        replaygain_peak=values.number(get("replaygain_peak")),
        cover=get("cover", False),
        note=note,
        sample=sample,
    )


def _stream(codec: str, info: Any) -> Stream:
    return Stream(
        codec,
        info.length,
        int(getattr(info, "bitrate", 0) or 0),
        getattr(info, "sample_rate", None),
        info.channels,
        getattr(info, "bits_per_sample", None),
    )


def _mutagen(form: Any, descriptor: int, **options: Any) -> Any:
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        return form(file, **options)


def _mp3(descriptor: int, container: Container) -> tuple[Stream, Found]:
    stream = mpeg_head.of_first_frame(container.head)
    if stream is None:
        info = _mutagen(MPEGInfo, descriptor, offset=container.start)
        if info.sketchy:
            raise HeaderNotFoundError
        stream = _stream(f"MP{info.layer}", info)
    old = of_id3v1(descriptor, container.size)
    said = tags_id3.of_id3(descriptor, 0, container.start) if container.start else {}
    if old is None:
        return stream, said
    texts: Found = old.texts()
    return stream, texts | {name: text for name, text in said.items() if text}


def _mp4(descriptor: int, container: Container) -> tuple[Stream, Found]:
    sound = _mutagen(MP4, descriptor)
    codec = sound.info.codec.partition(".")[0]
    return _stream(_MP4_CODECS.get(codec, codec.upper()), sound.info), tags_other.of_mp4(sound.tags)


def _vorbis(descriptor: int, container: Container) -> tuple[Stream, Found]:
    sound = _mutagen(OggVorbis, descriptor)
    return _stream("Vorbis", sound.info), tags_other.of_vorbis(sound.tags)


def _opus(descriptor: int, container: Container) -> tuple[Stream, Found]:
    sound = _mutagen(OggOpus, descriptor)
    stream = Stream("Opus", sound.info.length, sound.info.bitrate, _OPUS_RATE, sound.info.channels)
    return stream, tags_other.of_vorbis(sound.tags, opus=True)


def _asf(descriptor: int, container: Container) -> tuple[Stream, Found]:
    sound = _mutagen(ASF, descriptor)
    lossless = "lossless" in f"{sound.info.codec_type} {sound.info.codec_name}".lower()
    return _stream("WMA Lossless" if lossless else "WMA", sound.info), tags_other.of_asf(sound.tags)


_OPUS_RATE: Final = 48_000
_MP4_CODECS: Final = {
    "mp4a": "AAC",
    "alac": "ALAC",
    "fLaC": "FLAC",
    "Opus": "Opus",
    "drms": "AAC (protected)",
}
_LOADERS: Final[dict[Kind, Callable[[int, Container], tuple[Stream, Found]]]] = {
    "mp3": _mp3,
    "flac": of_flac,
    "mp4": _mp4,
    "vorbis": _vorbis,
    "opus": _opus,
    "wav": of_wav,
    "aiff": of_aiff,
    "wma": _asf,
}
