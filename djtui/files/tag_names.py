"""What the fields are called in each format; of several names the first is the one that is written.

The other names are read where the first is not there, and changed along where they held the same value.
"""

from __future__ import annotations

from typing import Final

Names = dict[str, tuple[str, ...]]

RATING_OF_WINDOWS: Final = "RATING WMP"
"""Comments and freeform atoms with stars on the scale of Windows, beside RATING."""

ID3: Final[dict[str, str]] = {
    "title": "TIT2",
    "artist": "TPE1",
    "album": "TALB",
    "albumartist": "TPE2",
    "track": "TRCK",
    "disc": "TPOS",
    "genre": "TCON",
    "label": "TPUB",
    "remixer": "TPE4",
    "grouping": "TIT1",
    "bpm": "TBPM",
    "key": "TKEY",
    "isrc": "TSRC",
}
"""Text frames."""

ID3_DESCRIBED: Final[Names] = {
    "label": ("LABEL",),
    "catalogue": ("CATALOGNUMBER", "CATALOGUENUMBER", "CATALOG NUMBER", "CATALOGID"),
    "remixer": ("REMIXER",),
    "producer": ("PRODUCER",),
    "key": ("INITIALKEY", "KEY"),
    "replaygain": ("REPLAYGAIN_TRACK_GAIN",),
    "replaygain_peak": ("REPLAYGAIN_TRACK_PEAK",),
}
"""Descriptions of TXXX frames: of the fields that have no text frame of their own, else other names of it."""

ID3_OLD: Final[dict[str, str]] = {
    "TIT2": "TT2",
    "TPE1": "TP1",
    "TALB": "TAL",
    "TPE2": "TP2",
    "TRCK": "TRK",
    "TPOS": "TPA",
    "TCON": "TCO",
    "TPUB": "TPB",
    "TPE4": "TP4",
    "TIT1": "TT1",
    "TBPM": "TBP",
    "TKEY": "TKE",
    "TSRC": "TRC",
    "TXXX": "TXX",
    "COMM": "COM",
    "POPM": "POP",
    "IPLS": "IPL",
    "TYER": "TYE",
    "TDAT": "TDA",
    "TIME": "TIM",
}
"""The names of ID3v2.2."""

VORBIS: Final[Names] = {
    "title": ("TITLE",),
    "artist": ("ARTIST",),
    "album": ("ALBUM",),
    "albumartist": ("ALBUMARTIST", "ALBUM ARTIST"),
    "track": ("TRACKNUMBER", "TRACK"),
    "track_of": ("TRACKTOTAL", "TOTALTRACKS"),
    "disc": ("DISCNUMBER", "DISC"),
    "disc_of": ("DISCTOTAL", "TOTALDISCS"),
    "date": ("DATE", "RELEASEDATE", "YEAR"),
    "genre": ("GENRE",),
    "label": ("LABEL", "ORGANIZATION", "PUBLISHER"),
    "catalogue": ("CATALOGNUMBER", "CATALOGUENUMBER", "CATALOG NUMBER", "CATALOGID"),
    "remixer": ("REMIXER", "MIXARTIST"),
    "producer": ("PRODUCER",),
    "comment": ("COMMENT", "DESCRIPTION"),
    "grouping": ("GROUPING", "CONTENTGROUP"),
    "bpm": ("BPM", "TEMPO"),
    "key": ("INITIALKEY", "INITIAL KEY", "KEY"),
    "isrc": ("ISRC",),
    "rating": ("RATING",),
    "replaygain": ("REPLAYGAIN_TRACK_GAIN",),
    "replaygain_peak": ("REPLAYGAIN_TRACK_PEAK",),
}

MP4: Final[dict[str, str]] = {
    "title": "©nam",
    "artist": "©ART",
    "album": "©alb",
    "albumartist": "aART",
    "track": "trkn",
    "disc": "disk",
    "date": "©day",
    "genre": "©gen",
    "comment": "©cmt",
    "grouping": "©grp",
    "bpm": "tmpo",
}

MP4_FREE: Final[Names] = {
    "label": ("LABEL", "PUBLISHER", "ORGANIZATION"),
    "catalogue": ("CATALOGNUMBER", "CATALOGUENUMBER"),
    "remixer": ("REMIXER", "MIXARTIST"),
    "producer": ("PRODUCER",),
    "bpm": ("BPM",),
    "key": ("initialkey", "KEY"),
    "isrc": ("ISRC",),
    "rating": ("RATING",),
    "replaygain": ("replaygain_track_gain",),
    "replaygain_peak": ("replaygain_track_peak",),
}
"""Names of freeform atoms; their case does not matter when they are looked for."""

ASF: Final[Names] = {
    "title": ("Title",),
    "artist": ("Author",),
    "album": ("WM/AlbumTitle",),
    "albumartist": ("WM/AlbumArtist",),
    "track": ("WM/TrackNumber",),
    "disc": ("WM/PartOfSet",),
    "date": ("WM/Year",),
    "genre": ("WM/Genre",),
    "label": ("WM/Publisher",),
    "catalogue": ("WM/CatalogNo",),
    "remixer": ("WM/ModifiedBy",),
    "producer": ("WM/Producer",),
    "comment": ("Description",),
    "grouping": ("WM/ContentGroupDescription",),
    "bpm": ("WM/BeatsPerMinute",),
    "key": ("WM/InitialKey",),
    "isrc": ("WM/ISRC",),
    "rating": ("WM/SharedUserRating",),
    "replaygain": ("replaygain_track_gain",),
    "replaygain_peak": ("replaygain_track_peak",),
}

INFO: Final[dict[str, bytes]] = {
    "title": b"INAM",
    "artist": b"IART",
    "album": b"IPRD",
    "track": b"ITRK",
    "date": b"ICRD",
    "genre": b"IGNR",
    "comment": b"ICMT",
}
"""Chunks of the list INFO in a WAV."""
