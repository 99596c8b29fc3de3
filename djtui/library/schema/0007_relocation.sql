-- Proposals: which file may be that of which missing track, as the last look found, and what the DJ says to it.
CREATE TABLE relocation (
    track_id   INTEGER PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
    place      INTEGER NOT NULL,               -- in the list: the certain ones first, then the likeliest
    certain    INTEGER NOT NULL,
    candidates TEXT NOT NULL,                  -- JSON: [[path, score, [reasons]]], the likeliest first
    choice     INTEGER                         -- which of them it is; NULL: not said yet
);
