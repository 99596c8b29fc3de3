"""Spotify: the account, liked songs and playlists, and whether the library has what is in them."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Final, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from djtui.config import Settings
from djtui.model.key import Notation
from djtui.model.text import harmless
from djtui.tui import allowance, environment, formats, keys, styles
from djtui.tui.feed import Counters, JobNews
from djtui.tui.messages import FilterLeft, FilterTyped
from djtui.tui.screens import spotify_actions as actions
from djtui.tui.screens.spotify_facts import SYNC, Facts, facts_of
from djtui.tui.screens.spotify_songs import Songs
from djtui.tui.widgets.edge import Edge
from djtui.tui.widgets.filter_bar import FilterBar
from djtui.tui.widgets.spotify_greeting import DASHBOARD, SpotifyGreeting
from djtui.tui.widgets.spotify_head import Head
from djtui.tui.widgets.spotify_lists import SongLists, places
from djtui.tui.widgets.spotify_song import SongLines
from djtui.tui.widgets.spotify_table import SongTable

REST_S: Final = 1.0
"""While a sync writes batch after batch, facts and playlists are read anew no more often."""


def _key(key: str, action: str, description: str, name: str, tooltip: str, *, show: bool = True) -> Binding:
    return Binding(
        key, action, description, show=show, id=f"spotify.{name}", group=keys.SPOTIFY, tooltip=tooltip
    )


class SpotifyView(Songs):
    """The head, the places at the left, the songs."""

    MODE = "spotify"
    CSS_PATH = styles.sheet(MODE)
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("y", "sync(False)", "sync", "sync", "Fetch what is new: songs liked, playlists changed"),
        _key("Y", "sync(True)", "full sync", "full", "Read everything anew, as if for the first time"),
        _key("i", "sign_in", "sign in", "sign_in", "Sign in to Spotify, or renew the sign-in"),
        Binding("slash", "filter", "filter", id="songs.filter", group=keys.FIND,
                tooltip="Type a filter: words, released:2025, owned:no (not in the library), liked:yes"),
        Binding("s", "sort", "sort", id="songs.sort", group=keys.FIND, tooltip="Choose what to sort by"),
        Binding("S", "reverse", "Reverse", show=False, id="songs.reverse", group=keys.FIND,
                tooltip="Sort the other way round"),
        Binding("c", "lists", "playlists", id="songs.lists", group=keys.FIND,
                tooltip="Go to the playlists; on a narrow screen they come over the songs"),
        _key("w", "changes", "what changed", "changes", "List what the last sync changed"),
        _key("d", "details", "details", "details",
             "Account, app, requests by the hour and by purpose, and the cache"),
        _key("X", "sign_out", "Sign out", "sign_out", "Forget the sign-in; songs and playlists stay",
             show=False),
        _key("o", "client_id", "Client id", "client_id", "Type the client id of your app", show=False),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.facts = Facts()
        self._stale = True
        self._reading = False
        self._states: dict[int, str] = {}

    def body(self) -> ComposeResult:
        notation = cast(Notation, self.djtui.settings.ui.key_notation)
        yield Head(id="head", classes="frame")
        with Horizontal(id="panes"):
            with Vertical(id="lists", classes="frame") as lists:
                lists.border_title = "Places"
                yield SongLists()
            with Vertical(id="right"):
                with Vertical(id="songs") as songs:
                    songs.border_title = Content(harmless(self.question.place.name))
                    yield FilterBar()
                    yield SongTable(self.open_songs(), notation=notation)
                    yield Static("", id="nothing")
                    yield SpotifyGreeting()
                yield Edge()
        yield SongLines(id="song")

    def on_mount(self) -> None:
        app = self.djtui
        self.query_one("#head").border_title = "Spotify"
        app.library_changed.subscribe(self, self._follow)
        app.jobs_changed.subscribe(self, self._follow_jobs)
        app.settings_changed.subscribe(self, self._take_settings)
        self.set_interval(REST_S, self._look)
        self.begin_asking()
        self.djtui.do(environment.loaded("lark"))  # for the first filter
        self.table.focus()

    # -- following --------------------------------------------------------------------------------

    def on_screen_resume(self) -> None:
        self._stale = True
        self.songs_changed()
        self._look()

    def _follow(self, counters: tuple[Counters, Counters]) -> None:
        self._stale = True
        if self.djtui.here is self:
            self.songs_changed()

    def _follow_jobs(self, news: JobNews) -> None:
        self.refresh_bindings()
        states = {job.id: job.state for job in news.living if job.kind in allowance.KINDS}
        ended = any(job.kind in allowance.KINDS for job in news.ended)
        if ended or states != self._states:  # one that waits may do so because Spotify refuses the sign-in
            self._states = states
            self._stale = True
            self._look()

    def _take_settings(self, settings: Settings) -> None:
        self.table.notation = cast(Notation, settings.ui.key_notation)
        self._stale = True
        self._look()

    def _look(self) -> None:
        """Read the facts anew, if they may be others."""
        if self._stale and not self._reading and self.djtui.here is self:
            self._stale, self._reading = False, True
            self.djtui.do(self._read())

    async def _read(self) -> None:
        try:
            await environment.loaded("djtui.spotify.tokens")
            facts = await facts_of(self.djtui)
            found = await places(await self.djtui.library())
        finally:
            self._reading = False
        self._show_facts(facts)
        lists = self.query_one(SongLists)
        lists.fill(found)
        here = lists.places.get(self.question.place.key)
        if here is None:  # the playlist that is shown is gone
            self.ask(replace(self.question, place=found[0]))
        elif here != self.question.place:
            self.ask(replace(self.question, place=here))
        if not lists.has_focus:
            lists.move_to(self.question.place.key)

    def _show_facts(self, facts: Facts) -> None:
        was_new, self.facts = self.has_class("-new"), facts
        self.query_one(Head).show(facts)
        settings = self.djtui.settings.spotify
        self.query_one(SpotifyGreeting).show(settings.client_id, settings.redirect_port)
        self.set_class(facts.is_new, "-new")
        title = "Spotify" if facts.is_new else self.question.place.name
        self.query_one("#songs").border_title = Content(harmless(title))
        if facts.is_new != was_new:
            (self.query_one(SpotifyGreeting) if facts.is_new else self.table).focus()
        self.refresh_bindings()
        self.refresh_lines()

    # -- saying -----------------------------------------------------------------------------------

    def about(self) -> str:
        return self.question.place.name if self.facts.songs else "Spotify"

    def position(self) -> str:
        return "" if self.has_class("-new") else self._place.replace(" ", "")

    def quiet_line(self) -> str:
        facts = self.facts
        return f"{formats.plural(facts.liked, 'liked song')}" if facts.songs else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        facts = self.facts
        if action in ("filter", "lists", "sort", "reverse"):
            return not self.has_class("-new")
        if action == "sync":
            return facts.signed_in and not self._is_syncing
        if action == "sign_out":
            return facts.signed_in
        if action == "changes":
            return bool(facts.changes)
        if action == "sign_in":
            state = facts.state
            renew = state.warning is not None or (state.signed_in is not None and state.signed_in.ended)
            return (not facts.signed_in and not facts.is_new) or renew
        return True

    @property
    def _is_syncing(self) -> bool:
        return any(job.kind == SYNC and job.state not in ("paused", "interrupted") for job in self.djtui.jobs)

    def on_data_table_row_selected(self) -> None:
        from djtui.tui.screens.spotify_dialogs import SongDialog

        if (song := self.song) is not None:
            self.djtui.push_screen(SongDialog(song))

    # -- places and filter ------------------------------------------------------------------------

    def on_song_lists_chosen(self, message: SongLists.Chosen) -> None:
        if message.place != self.question.place:
            self.ask(replace(self.question, place=message.place))
            self.refresh_lines()
        if message.enter:
            self.remove_class("-lists")
            self.table.focus()

    def action_lists(self) -> None:
        lists = self.query_one(SongLists)
        if lists.has_focus:
            self.remove_class("-lists")
            self.table.focus()
        else:
            self.add_class("-lists")
            lists.move_to(self.question.place.key)
            lists.focus()

    def action_filter(self) -> None:
        self.query_one(FilterBar).input.focus()

    def on_filter_typed(self, message: FilterTyped) -> None:
        if message.text != self.question.filter:
            self._fresh = True
            self.ask(replace(self.question, filter=message.text))

    def on_filter_left(self, message: FilterLeft) -> None:
        self.table.focus()

    def escape(self) -> None:
        if self.query_one(SongLists).has_focus:
            self.action_lists()
        elif self.question.filter:
            self.query_one(FilterBar).input.value = ""
        elif not self.has_class("-new"):
            self.table.focus()

    # -- doing ------------------------------------------------------------------------------------

    def action_sync(self, full: bool) -> None:
        self.djtui.do(actions.sync(self.djtui, full=full))

    def action_changes(self) -> None:
        self.djtui.do(self._show_changes())

    async def _show_changes(self) -> None:
        from djtui.tui.screens.spotify_dialogs import changed

        self.djtui.push_screen(await changed(await self.djtui.library()))

    def action_begin(self) -> None:
        self.djtui.do(self._begin())

    async def _begin(self) -> None:
        if self.djtui.settings.spotify.client_id:
            await self._sign_in()
        else:
            await actions.choose_client_id(self.djtui)

    def action_sign_in(self) -> None:
        self.djtui.do(self._sign_in())

    async def _sign_in(self) -> None:
        if await actions.sign_in(self.djtui):
            self._stale = True
            self._look()

    def action_sign_out(self) -> None:
        self.djtui.do(self._sign_out())

    async def _sign_out(self) -> None:
        await actions.sign_out(self.djtui)
        self._stale = True
        self._look()

    def action_client_id(self) -> None:
        self.djtui.do(actions.choose_client_id(self.djtui))

    def action_copy_dashboard(self) -> None:
        actions.copy(self.djtui, DASHBOARD)

    def action_details(self) -> None:
        self.djtui.do(self._show_details())

    async def _show_details(self) -> None:
        from djtui.tui.screens.spotify_dialogs import Details

        self.djtui.push_screen(Details(self.facts, self.djtui.allowance))
