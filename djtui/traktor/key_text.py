"""INFO KEY: the key as a tag spells it. Another key in the notation, the case and the signs found there."""

from __future__ import annotations

import re
from typing import Final

from djtui.model import key as keys

_WHEEL: Final = re.compile(r"(0?)[1-9][0-2]?(\s*)([abdm])", re.IGNORECASE)
_MUSICAL: Final = re.compile(r"([a-h])(\s*)([#♯b♭]?)(\s*)([a-z]*)", re.IGNORECASE)
_SHARPS: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_MODES: Final = (("major", "minor"), ("maj", "min"), ("dur", "moll"))


def respelled(text: str, key: int) -> str:
    """`key` as `text`, which is a key too, would spell it: "10m" -> "3d", "A Minor" -> "Eb Major"."""
    text = text.strip()
    if wheel := _WHEEL.fullmatch(text):
        new = _on_wheel(wheel, key)
    elif tonic := _MUSICAL.fullmatch(text):
        new = _musical(tonic, key)
    else:
        new = ""
    return new if keys.parse(new) == key else keys.musical(key)


def _on_wheel(found: re.Match[str], key: int) -> str:
    zero, blank, letter = found.groups()
    new = keys.camelot(key) if letter in "abAB" else keys.open_key(key)
    number = new[:-1].zfill(2) if zero else new[:-1]
    return number + blank + (new[-1].upper() if letter.isupper() else new[-1].lower())


def _musical(found: re.Match[str], key: int) -> str:
    letter, blank, sign, gap, mode = found.groups()
    name = (_SHARPS if sign in ("#", "♯") else keys.MAJOR)[key % 12]
    if letter.islower():
        name = name.lower()
    if sign in ("♯", "♭"):
        name = name[0] + name[1:].replace("#", "♯").replace("b", "♭")
    if len(name) == 2 and sign:
        name = name[0] + blank + name[1]
    return name + _mode(mode, gap or (blank if not sign else ""), minor=key >= 12)


def _mode(old: str, gap: str, *, minor: bool) -> str:
    """The word for the mode, of the family and in the case of the old one."""
    for family in _MODES:
        if old.lower() in family:
            word = family[minor]
            return gap + (word.upper() if old.isupper() else word.title() if old.istitle() else word)
    return "m" if minor else ""
