"""The filter language: one for the filter bar, smart playlists, routing rules and the command line."""
