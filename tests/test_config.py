"""Settings are checked, and a mistake is explained with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtui import config
from djtui.config import ConfigError


def load(tmp_path: Path, text: str) -> config.Settings:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[pool]\nimport.max = 0", "pool.import.max must be 1 or more, not 0"),
        ('[jobs]\nresume = "never"', "jobs.resume must be one of ask, always, not 'never'"),
        ("[ui]\nbell = 1", "ui.bell must be true or false, not 1"),
        ("[jobs]\nbtach = 100", "There is no setting jobs.btach. Did you mean jobs.batch?"),
        ('[traktor.volumes]\n"C:" = 3', "traktor.volumes must be a table of texts"),
        ("[ui]\ncolumns = 3", "ui.columns must be a list of texts"),
        ("[analysis]\nconfidence = 1.5", "analysis.confidence must be 1 or less, not 1.5"),
        ("[analysis]\ntimeout_per_s = nan", "analysis.timeout_per_s must be a number, not nan"),
        ("[analysis]\noctave = [180, 78]", "analysis.octave must be 2 rising numbers from 20 to 400"),
        ("[analysis]\noctave = 90", "analysis.octave must be 2 rising numbers from 20 to 400"),
        ("[jobs\nbatch", "is not valid TOML"),
    ],
)
def test_a_wrong_value_is_named_with_its_file_and_what_it_must_be(
    tmp_path: Path, text: str, expected: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert expected in str(caught.value)
    assert "config.toml" in str(caught.value)


def test_settings_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    settings = config.Settings(source=tmp_path / "config.toml")
    for key, text in (
        ("pool.import.max", "4"),
        (
            "traktor.volumes",
            '{"C:/:Music" = "/srv/a/long/way/down/to/the/music", "E:" = "/mnt/another/long/way/down"}',
        ),
        ("ui.columns", "title, bpm"),
        ("ui.key_notation", "open"),
        ("analysis.octave", "90, 180"),
        ("analysis.timeout_per_s", "1"),
        ("traktor.collection", 'D:\\Müsik\\"x".nml'),
    ):
        settings = config.changed(settings, key, config.from_text(settings, key, text))
    config.save(settings)
    assert config.load(tmp_path / "config.toml") == settings


def test_a_written_file_explains_every_option_and_keeps_defaults_as_comments(tmp_path: Path) -> None:
    settings = config.Settings(source=tmp_path / "config.toml")
    text = config.save(settings).read_text(encoding="utf-8")
    assert config.load(tmp_path / "config.toml") == settings
    for option in config.options(settings):
        assert option.meaning in text


def test_every_option_has_a_meaning() -> None:
    assert all(option.meaning.endswith((".", "}")) for option in config.options(config.Settings()))


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no settings file"):
        config.load(tmp_path / "nothing.toml")
