"""Files: scanning folders, reading and writing tags, renaming, duplicates, files found again."""
