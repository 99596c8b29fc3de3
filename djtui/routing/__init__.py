"""Routing: the songs of a base playlist go to its child playlists by rules, and are kept right there."""
