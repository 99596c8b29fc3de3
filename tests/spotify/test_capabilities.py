"""What an app may: remembered a week, never learned from trouble that passes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from djtui.spotify.capabilities import CAPABILITIES, Capabilities
from djtui.spotify.errors import BadRequest, NotFound, RateLimited, Refused, ServiceTrouble, SignInNeeded
from djtui.spotify.refusals import refused
from djtui.spotify.state import State
from tests.spotify.times import JumpingClock


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def state(tmp_path: Path, clock: JumpingClock) -> Iterator[State]:
    opened = State.open(tmp_path / "spotify.db", clock=clock)
    yield opened
    opened.close()


def test_what_was_found_holds_for_seven_days(state: State, clock: JumpingClock) -> None:
    found = Capabilities(state, "app", "account", clock)
    assert [found.get(name) for name in CAPABILITIES] == [None] * len(CAPABILITIES)
    found.set("search_max", 10)
    found.set("has_genres", False)
    clock.forward(days=6, hours=23)
    again = Capabilities(state, "app", "account", clock)
    assert again.get("search_max") == 10
    assert again.get("has_genres") == 0
    assert again.all()["search_max"].tested == clock.now() - timedelta(days=6, hours=23)
    clock.forward(hours=1)
    assert again.get("search_max") is None and not again.all()


def test_each_app_and_account_has_its_own(state: State, clock: JumpingClock) -> None:
    Capabilities(state, "app", "account", clock).set("plays", True)
    assert Capabilities(state, "app", "another", clock).get("plays") is None
    assert Capabilities(state, "another", "account", clock).get("plays") is None


def test_they_can_be_forgotten(state: State, clock: JumpingClock) -> None:
    one, other = Capabilities(state, "one", "", clock), Capabilities(state, "other", "", clock)
    one.set("plays", True)
    other.set("plays", True)
    one.forget()
    assert one.get("plays") is None and other.get("plays") == 1


def test_a_test_found_long_ahead_of_a_clock_set_back_counts_no_more(
    state: State, clock: JumpingClock
) -> None:
    found = Capabilities(state, "app", "account", clock)
    found.set("plays", True)
    clock.forward(days=-30)
    assert found.get("plays") is None


@pytest.mark.parametrize(
    "trouble",
    [
        RateLimited(JumpingClock().now(), "window", "Wait."),
        ServiceTrouble("Timed out."),
        SignInNeeded("Sign in."),
        BadRequest("What?"),
        TimeoutError(),
        *[Refused(kind, "No.") for kind in ("premium", "allowlist", "owner", "scope", "other")],
    ],
    ids=repr,
)
def test_trouble_that_is_not_about_the_endpoint_teaches_nothing(
    state: State, clock: JumpingClock, trouble: Exception
) -> None:
    found = Capabilities(state, "app", "account", clock)
    assert found.learn("batch_artists", trouble) is None
    assert found.get("batch_artists") is None


def test_an_answer_says_yes_and_a_removed_endpoint_no(state: State, clock: JumpingClock) -> None:
    found = Capabilities(state, "app", "account", clock)
    assert found.learn("batch_artists", None) is True
    assert found.learn("batch_albums", refused("Forbidden", "albums", me_works=True)) is False
    assert found.learn("batch_tracks", NotFound("Gone.")) is False
    assert [found.get(f"batch_{what}") for what in ("artists", "albums", "tracks")] == [1, 0, 0]  # type: ignore[arg-type]
