"""The SQLite store: the only truth and the only bus."""
