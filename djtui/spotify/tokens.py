"""The access token, renewed in time by one thread of one process, and what is known of the sign-in."""

from __future__ import annotations

import calendar
import logging
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from djtui.spotify.clock import WALL, Clock, local_time
from djtui.spotify.errors import RateLimited, ServiceTrouble, SignInNeeded
from djtui.spotify.token_file import Kept, TokenFile

if TYPE_CHECKING:
    from djtui.config import SpotifySettings
    from djtui.spotify.pkce import Grant, NotGranted
    from djtui.spotify.rows import Account

EARLY: Final = timedelta(minutes=5)  # before its end an access token is renewed
DOUBT: Final = timedelta(minutes=10)  # after which a refused sign-in is tried once more
MONTHS: Final = 6  # a sign-in lasts, as Spotify announced on 18 June 2026; renewing does not prolong it
WARNING: Final = timedelta(days=14)
_USABLE: Final = timedelta(seconds=30)
_AGAIN: Final = "sign in again, in the Spotify view or with `djtui spotify login`"
_ENDED: Final = f"Spotify no longer accepts the sign-in: {_AGAIN}. What was read is kept."

log = logging.getLogger(__name__)


class SignInDoubtful(ServiceTrouble):
    """Spotify refuses the sign-in, which it has been known to do by mistake: asked once more at `until`."""

    def __init__(self, until: datetime, now: datetime) -> None:
        super().__init__(
            "Spotify does not accept the sign-in at the moment; it is asked once more at "
            f"{local_time(until, now)}. To go on sooner, {_AGAIN}."
        )
        self.until = until


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in to which app. Times are aware; `expires` is the end of the sign-in, not of a token."""

    client_id: str
    scopes: frozenset[str]
    authorized: datetime
    expires: datetime
    account_id: str | None  # of `Account.id`; None until Spotify could be asked
    name: str | None
    doubtful: datetime | None  # since when Spotify refuses to renew it
    ended: bool  # it has refused twice


class Tokens:
    """The sign-in of one app. All methods may be called from any thread.

    A sign-in of another client id, or at another server, counts as none.
    """

    def __init__(self, settings: SpotifySettings, path: Path | None = None, clock: Clock = WALL) -> None:
        self._settings = settings
        self._app = settings.client_id, f"{settings.accounts_url.rstrip('/')}/"
        self._file = TokenFile(path)
        self._clock = clock
        self._mutex = threading.Lock()
        self._given: str | None = None
        self._refused: str | None = None
        self._limited: RateLimited | None = None

    @property
    def path(self) -> Path:
        """The file that holds the tokens."""
        return self._file.path

    def access_token(self) -> str:
        """A token that is good for five minutes at least. Blocks while it is renewed: call it on a thread.

        Raises `SignInNeeded`, `SignInDoubtful`, `ServiceTrouble` and `RateLimited`. Where a renewal fails,
        the old token is given for as long as it is good.
        """
        with self._mutex:
            kept = self._kept()
            if not self._good_for(kept, EARLY):
                kept = self._renewed()
            self._given = kept.access_token
            return kept.access_token

    def refused(self, token: str | None = None) -> None:
        """Spotify answered 401 to `token`, or to the one that was given last: the next is another."""
        with self._mutex:
            self._refused = token or self._given

    def signed_in(self) -> SignedIn | None:
        """What is known of the sign-in, from the file alone; None if there is none for this app."""
        try:
            return _shown(self._kept())
        except SignInNeeded:
            return None

    def warning(self, now: datetime) -> str | None:
        """A sentence if the sign-in has ended, is in doubt, or ends within 14 days."""
        signed_in = self.signed_in()
        if signed_in is None:
            return None
        if signed_in.ended:
            return _ENDED
        if signed_in.doubtful is not None:
            return str(SignInDoubtful(signed_in.doubtful + DOUBT, now))
        day = signed_in.expires.astimezone().date()
        if now >= signed_in.expires:
            return f"The sign-in to Spotify ended on {day}, after six months: {_AGAIN}."
        if now >= signed_in.expires - WARNING:
            days = (signed_in.expires - now).days
            when = {0: "within a day", 1: "in a day"}.get(days, f"in {days} days")
            return f"The sign-in to Spotify ends {when}, on {day}, after six months: {_AGAIN}."
        return None

    def keep(self, grant: Grant, account: Account | None) -> SignedIn:
        """Somebody has signed in: keep it instead of what was kept. Blocks. Raises `OSError`."""
        if grant.refresh_token is None:
            raise ValueError("a sign-in without a refresh token")
        kept = Kept(
            client_id=self._app[0],
            accounts_url=self._app[1],
            access_token=grant.access_token,
            refresh_token=grant.refresh_token,
            expires=grant.expires.isoformat(),
            authorized=self._clock.now().isoformat(),
            scopes=grant.scopes or (),
            account_id=account.id if account else None,
            name=(account.name or account.user_id) if account else None,
        )
        with self._mutex, self._file.locked():
            self._file.write(kept)
        return _shown(kept)

    def named(self, account: Account) -> None:
        """Note whose sign-in it is. Blocks. Raises `OSError`; nothing happens if nobody is signed in."""
        name = account.name or account.user_id
        with self._mutex, self._file.locked():
            try:
                kept = self._kept()
            except SignInNeeded:
                return
            if (kept.account_id, kept.name) != (account.id, name):
                self._file.write(replace(kept, account_id=account.id, name=name))

    def forget(self) -> None:
        """Sign out: the tokens are deleted here, whoever's they are. Blocks. Raises `OSError`."""
        with self._mutex, self._file.locked():
            self._file.delete()

    def _kept(self) -> Kept:
        if not self._settings.client_id:
            raise SignInNeeded(
                "Spotify needs the client id of an app of yours: set spotify.client_id, then sign in."
            )
        kept = self._file.read()
        if kept is None:
            raise SignInNeeded(
                "Nobody is signed in to Spotify: sign in, in the Spotify view or with `djtui spotify login`."
            )
        if (kept.client_id, kept.accounts_url) != self._app:
            raise SignInNeeded(
                f"The sign-in to Spotify that is kept here was made with another app: {_AGAIN}."
            )
        return kept

    def _good_for(self, kept: Kept, time: timedelta) -> bool:
        left = datetime.fromisoformat(kept.expires) - self._clock.now()
        return left >= time and kept.access_token != self._refused

    def _renewed(self) -> Kept:
        try:
            with self._file.locked():
                kept = self._kept()
                if self._good_for(kept, EARLY):  # another process was faster
                    return kept
                try:
                    return self._renew(kept)
                except (SignInNeeded, ServiceTrouble, RateLimited):
                    if self._good_for(kept, _USABLE):
                        return kept
                    raise
        except OSError as error:
            raise ServiceTrouble(
                f"The sign-in to Spotify cannot be renewed: {self.path} cannot be written ({error.strerror})."
            ) from error

    def _renew(self, kept: Kept) -> Kept:
        now = self._clock.now()
        if kept.ended:
            raise SignInNeeded(_ENDED)
        if kept.doubtful is not None and now < (until := _time(kept.doubtful) + DOUBT):
            raise SignInDoubtful(until, now)
        if self._limited is not None and now < self._limited.until:
            raise self._limited.with_traceback(None)
        from djtui.spotify.pkce import NotGranted, Pkce, new_session

        try:
            with new_session() as session:
                grant = Pkce(self._settings, session, self._clock).renew(kept.refresh_token)
        except NotGranted as refusal:
            raise self._doubted(kept, refusal) from None
        except RateLimited as limited:
            self._limited = limited
            raise
        kept = replace(
            kept,
            access_token=grant.access_token,
            refresh_token=grant.refresh_token or kept.refresh_token,
            expires=grant.expires.isoformat(),
            scopes=grant.scopes or kept.scopes,
            doubtful=None,
        )
        self._file.write(kept)
        return kept

    def _doubted(self, kept: Kept, refusal: NotGranted) -> SignInNeeded | SignInDoubtful:
        """What a refusal means. The tokens stay: Spotify has called good ones revoked before."""
        if refusal.error != "invalid_grant":
            return SignInNeeded(
                f"Spotify does not renew the sign-in ({refusal}): look at spotify.client_id, or {_AGAIN}."
            )
        now = self._clock.now()
        log.warning("Spotify does not accept the sign-in (%s).", refusal.error)
        if kept.doubtful is not None or now >= six_months_after(_time(kept.authorized)):
            self._file.write(replace(kept, ended=True))
            return SignInNeeded(_ENDED)
        self._file.write(replace(kept, doubtful=now.isoformat()))
        return SignInDoubtful(now + DOUBT, now)


def six_months_after(when: datetime) -> datetime:
    """The same day six months on, or that month's last one."""
    years, month = divmod(when.month - 1 + MONTHS, 12)
    year, month = when.year + years, month + 1
    return when.replace(year=year, month=month, day=min(when.day, calendar.monthrange(year, month)[1]))


def _shown(kept: Kept) -> SignedIn:
    authorized = _time(kept.authorized)
    return SignedIn(
        client_id=kept.client_id,
        scopes=frozenset(kept.scopes),
        authorized=authorized,
        expires=six_months_after(authorized),
        account_id=kept.account_id,
        name=kept.name,
        doubtful=_time(kept.doubtful) if kept.doubtful else None,
        ended=kept.ended,
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
