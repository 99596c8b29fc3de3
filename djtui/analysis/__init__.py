"""What can be heard in a file: tempo, beats, key, loudness, energy, and how it looks. Pure, but for the job."""
