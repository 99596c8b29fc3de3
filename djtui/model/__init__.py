"""The vocabulary of djtui: tracks, cues, keys and playlists. No I/O."""
