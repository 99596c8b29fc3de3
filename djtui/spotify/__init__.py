"""Spotify: signing in, asking within its limits, and the sync of liked songs and playlists."""
