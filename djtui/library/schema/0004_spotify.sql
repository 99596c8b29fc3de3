-- What Spotify knows: the songs, artists and albums that were met, what is liked, and the playlists.
-- Every value that an app may not be sent is NULL. Lists are JSON. Ids are Spotify's own, but for the songs':
-- `spotify_track.id` is a number, so that the table lists songs as it lists tracks.

CREATE TABLE spotify_account (
    id      TEXT PRIMARY KEY,                  -- account_id of /me; one account a library
    user_id TEXT,                              -- who owns playlists
    name    TEXT,
    product TEXT,                              -- premium | free; not every app is told
    seen    TEXT NOT NULL
);

CREATE TABLE spotify_artist (
    id         TEXT PRIMARY KEY,
    name       TEXT,
    genres     TEXT,                           -- JSON; NULL: not sent to this app, [] : it has none
    popularity INTEGER,
    followers  INTEGER,
    fetched    TEXT                            -- when it was read itself; NULL: known from rows alone
) WITHOUT ROWID;

CREATE TABLE spotify_album (
    id                TEXT PRIMARY KEY,
    name              TEXT,
    type              TEXT,                    -- album | single | compilation
    release_date      TEXT,
    release_precision TEXT,                    -- year | month | day
    total_tracks      INTEGER,
    artists           TEXT,                    -- JSON: ids in order
    label             TEXT,
    copyrights        TEXT,                    -- JSON: texts
    upc               TEXT,
    popularity        INTEGER,
    fetched           TEXT
) WITHOUT ROWID;

CREATE TABLE spotify_track (
    id           INTEGER PRIMARY KEY,
    uri          TEXT NOT NULL UNIQUE,         -- spotify:track:… | spotify:episode:… | spotify:local:…
    spotify_id   TEXT,                         -- NULL of a local file
    kind         TEXT NOT NULL,                -- track | episode | local
    revision     INTEGER NOT NULL,
    title        TEXT,
    artist       TEXT,                         -- the artists' names, ", " between them
    words        TEXT NOT NULL,                -- title, artists and album, folded
    album_id     TEXT,
    album        TEXT,
    duration     REAL,                         -- seconds
    explicit     INTEGER,
    disc_number  INTEGER,
    track_number INTEGER,
    isrc         TEXT,
    popularity   INTEGER,
    fetched      TEXT
);
CREATE INDEX spotify_track_revision ON spotify_track (revision);
CREATE INDEX spotify_track_isrc ON spotify_track (isrc) WHERE isrc IS NOT NULL;
CREATE INDEX spotify_track_album ON spotify_track (album_id);

CREATE TABLE spotify_track_artist (
    track_id  INTEGER NOT NULL REFERENCES spotify_track (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    artist_id TEXT NOT NULL,
    PRIMARY KEY (track_id, position)
) WITHOUT ROWID;
CREATE INDEX spotify_track_artist_artist ON spotify_track_artist (artist_id);

-- The liked songs. `generation` is the reading that last met the song: what a complete one did not meet is
-- no longer liked.
CREATE TABLE spotify_like (
    track_id   INTEGER PRIMARY KEY REFERENCES spotify_track (id) ON DELETE CASCADE,
    added      TEXT,
    generation INTEGER NOT NULL
);
CREATE INDEX spotify_like_added ON spotify_like (added);

-- A playlist of the account. Its rows are those of the generation `items_generation`; a newer one is being read
-- until it is whole, and only then are they taken over and `snapshot` with them.
CREATE TABLE spotify_playlist (
    id               INTEGER PRIMARY KEY,
    spotify_id       TEXT NOT NULL UNIQUE,
    position         INTEGER NOT NULL,         -- in the account's list
    name             TEXT,
    description      TEXT,
    owner_id         TEXT,
    owner            TEXT,
    public           INTEGER,
    collaborative    INTEGER,
    readable         INTEGER NOT NULL,         -- 0: somebody else's, whose songs no app is sent
    total            INTEGER,                  -- rows as the list of playlists says
    listed_snapshot  TEXT,                     -- as the list of playlists says
    generation       INTEGER NOT NULL,         -- of the list of playlists
    snapshot         TEXT,                     -- that the rows are of
    items_generation INTEGER,
    items            INTEGER NOT NULL DEFAULT 0,
    read             TEXT                      -- when the rows were
);

CREATE TABLE spotify_item (
    playlist_id INTEGER NOT NULL REFERENCES spotify_playlist (id) ON DELETE CASCADE,
    generation  INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    track_id    INTEGER REFERENCES spotify_track (id), -- NULL: a row that Spotify sends empty
    added       TEXT,
    added_by    TEXT,
    PRIMARY KEY (playlist_id, generation, position)
) WITHOUT ROWID;
CREATE INDEX spotify_item_track ON spotify_item (track_id);

-- What a sync found changed: shown until the next one that finds something.
CREATE TABLE spotify_change (
    id          INTEGER PRIMARY KEY,
    job_id      INTEGER NOT NULL,
    at          TEXT NOT NULL,
    kind        TEXT NOT NULL,                 -- liked | unliked | added | removed | playlist | playlist gone | renamed
    track_id    INTEGER REFERENCES spotify_track (id) ON DELETE CASCADE,
    playlist    TEXT,                          -- its name
    detail      TEXT
);
CREATE INDEX spotify_change_job ON spotify_change (job_id);

-- Plays that Spotify remembers (the last fifty): read where the DJ wants them.
CREATE TABLE spotify_play (
    played   TEXT NOT NULL,
    track_id INTEGER NOT NULL REFERENCES spotify_track (id) ON DELETE CASCADE,
    context  TEXT,                             -- uri of the playlist or album it was played from
    PRIMARY KEY (played, track_id)
) WITHOUT ROWID;

-- Which song is which track of the library. A link made by hand survives every matching.
CREATE TABLE spotify_link (
    song_id  INTEGER PRIMARY KEY REFERENCES spotify_track (id) ON DELETE CASCADE,
    track_id INTEGER REFERENCES track (id) ON DELETE CASCADE,  -- NULL: by hand, it is none of them
    how      TEXT NOT NULL,                    -- hand | isrc | exact | fuzzy
    score    REAL,
    made     TEXT NOT NULL
);
CREATE INDEX spotify_link_track ON spotify_link (track_id);

-- Songs that might be one of these tracks: the DJ says which.
CREATE TABLE spotify_doubt (
    song_id  INTEGER NOT NULL REFERENCES spotify_track (id) ON DELETE CASCADE,
    track_id INTEGER NOT NULL REFERENCES track (id) ON DELETE CASCADE,
    score    REAL NOT NULL,                    -- 0 to 100
    PRIMARY KEY (song_id, track_id)
) WITHOUT ROWID;

-- Which tracks stand for something the DJ has. For songs another view of this name stands in (library/songs.py).
CREATE VIEW owned_track (id) AS SELECT id FROM track;

-- spotify: the revision at which songs, likes or playlists last changed. spotify_*: readings, totals and times.
INSERT INTO meta VALUES ('spotify', 0);

CREATE TABLE spotify_fact (
    name  TEXT PRIMARY KEY,                    -- likes_total, likes_generation, likes_complete, playlists_generation …
    value TEXT
) WITHOUT ROWID;
