"""The settings as `config.toml` has them: read, checked with a sentence for every mistake, and written.

What can be set is declared in `options.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from math import isfinite
from pathlib import Path
from typing import Any, Final, get_type_hints

from djtui.options import (
    GROUPS,
    AnalysisSettings,
    FilesSettings,
    JobSettings,
    PoolSettings,
    Rule,
    Settings,
    SpotifySettings,
    TraktorSettings,
    UiSettings,
    WarnSettings,
)

__all__ = [
    "AnalysisSettings",
    "ConfigError",
    "FilesSettings",
    "JobSettings",
    "Option",
    "PoolSettings",
    "Settings",
    "SpotifySettings",
    "TraktorSettings",
    "UiSettings",
    "WarnSettings",
    "as_toml",
    "changed",
    "default_library",
    "default_path",
    "from_text",
    "load",
    "options",
    "reloaded",
    "save",
]


class ConfigError(Exception):
    """A setting cannot be used; the message is a sentence that names the file and the key."""


@dataclass(frozen=True, slots=True)
class Option:
    """One setting as it stands: for the Settings view and `djtui config`."""

    key: str
    value: Any
    default: Any
    meaning: str
    choices: tuple[str, ...]


def default_path() -> Path:
    """Where `config.toml` lies unless --config says otherwise."""
    from platformdirs import user_config_path

    return user_config_path("djtui", appauthor=False) / "config.toml"


def default_library() -> Path:
    """Where the library lies unless --library says otherwise."""
    from platformdirs import user_data_path

    return user_data_path("djtui", appauthor=False) / "library.db"


def load(path: Path | None = None) -> Settings:
    """Read and check the settings. A file that is not there means the defaults. Raises `ConfigError`."""
    source = path or default_path()
    try:
        text = source.read_text(encoding="utf-8")
    except FileNotFoundError:
        if path is not None:
            raise ConfigError(f"There is no settings file at {path}.") from None
        return Settings(source=source)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The settings file {source} cannot be read: {error}.") from error
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The settings file {source} is not valid TOML: {error}.") from error
    settings = Settings(source=source)
    for key, value in _flatten(document):
        try:
            settings = changed(settings, key, value, where=f"{source}: ")
        except ConfigError as error:
            raise ConfigError(f"{error} Mend or delete that line of the file.") from None
    return settings


def reloaded(settings: Settings) -> Settings:
    """The settings as their file has them now; as they are where there is no such file, or a broken one."""
    if settings.source is None or not settings.source.exists():
        return settings
    try:
        return load(settings.source)
    except ConfigError:
        return settings


def options(settings: Settings) -> list[Option]:
    """Every option with its present value, in the order they are declared."""
    found = []
    for group in GROUPS:
        part = getattr(settings, group)
        for item in fields(part):
            rule: Rule = item.metadata["rule"]
            default = item.default if item.default_factory is MISSING else item.default_factory()
            key = f"{group}.{rule.key or item.name}"
            found.append(Option(key, getattr(part, item.name), default, rule.meaning, rule.choices))
    return found


def changed(settings: Settings, key: str, value: Any, *, where: str = "") -> Settings:
    """The settings with one option set. Raises `ConfigError` with a sentence when the value does not fit."""
    for group in GROUPS:
        part = getattr(settings, group)
        for item in fields(part):
            rule: Rule = item.metadata["rule"]
            if key == f"{group}.{rule.key or item.name}":
                wanted = get_type_hints(type(part))[item.name]
                checked = _check(key, value, wanted, rule, where)
                return replace(settings, **{group: replace(part, **{item.name: checked})})
    from difflib import get_close_matches

    known = [option.key for option in options(settings)]
    near = get_close_matches(key, known, 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise ConfigError(f"{where}There is no setting {key}.{hint}")


def from_text(settings: Settings, key: str, text: str) -> Any:
    """What a typed value means for `key`: 4, true, a word, or a TOML list or table."""
    present = {option.key: option.value for option in options(settings)}.get(key)
    if isinstance(present, str):
        return text
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        if not isinstance(present, list):
            return text
        words = [word.strip() for word in text.split(",")]
        return [_as_number(word) for word in words] if present and isinstance(present[0], float) else words


def _as_number(word: str) -> float | str:
    try:
        return float(word)
    except ValueError:
        return word


def save(settings: Settings) -> Path:
    """Write the settings, each with its meaning as a comment; what has its default stays commented out.

    Raises `ConfigError` where they cannot be written.
    """
    import tempfile

    target = settings.source or default_path()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".config-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(as_toml(settings))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except OSError as error:
        raise ConfigError(f"{target} cannot be written: {error.strerror}.") from error
    return target


def as_toml(settings: Settings) -> str:
    """The settings as the text of `config.toml`."""
    lines = ["# djtui's settings. A line that begins with # keeps its default.\n"]
    group = ""
    for option in options(settings):
        head, _, name = option.key.partition(".")
        if head != group:
            group = head
            lines.append(f"\n[{group}]\n")
        mark = "# " if option.value == option.default else ""
        lines.append(f"# {option.meaning}\n{mark}{name} = {_inline(option.value)}\n")
    return "".join(lines)


def _inline(value: Any) -> str:
    """A value on one line. (tomli-w spreads lists and tables over several, which no comment mark fits.)"""
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{_inline(name)} = {_inline(each)}" for name, each in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    import tomli_w

    return tomli_w.dumps({"value": value}).removeprefix("value = ").rstrip("\n")


_TABLES: Final = frozenset(("traktor.volumes", "files.presets", "ui.keys"))


def _flatten(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and key not in _TABLES:
            yield from _flatten(value, f"{key}.")
        else:
            yield key, value


def _check(key: str, value: Any, wanted: Any, rule: Rule, where: str) -> Any:
    def wrong(expected: str) -> ConfigError:
        return ConfigError(f"{where}{key} must be {expected}, not {value!r}.")

    if wanted is bool:
        if not isinstance(value, bool):
            raise wrong("true or false")
    elif wanted is int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong("a whole number")
        if (limit := _limit(value, rule)) is not None:
            raise wrong(limit)
    elif wanted is float:
        if not _is_number(value):
            raise wrong("a number")
        if (limit := _limit(value, rule)) is not None:
            raise wrong(limit)
        return float(value)
    elif wanted is str:
        if not isinstance(value, str):
            raise wrong("a text")
        if rule.choices and value not in rule.choices:
            raise wrong(f"one of {', '.join(rule.choices)}")
    elif wanted == list[str]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise wrong("a list of texts")
    elif wanted == list[float]:
        rising = isinstance(value, list) and all(map(_is_number, value)) and sorted(set(value)) == value
        if not rising or len(value) != rule.ascending or any(_limit(item, rule) for item in value):
            raise wrong(f"{rule.ascending} rising numbers from {rule.low:g} to {rule.high:g}")
        return [float(item) for item in value]
    elif not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise wrong("a table of texts")
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _limit(value: float, rule: Rule) -> str | None:
    """What the number would have to be, if it is not."""
    if rule.low is not None and value < rule.low:
        return f"{rule.low:g} or more"
    if rule.high is not None and value > rule.high:
        return f"{rule.high:g} or less"
    return None
