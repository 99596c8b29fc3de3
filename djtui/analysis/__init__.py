"""What can be heard in a file: tempo, beats, key, loudness, energy, how it looks; pure, but for the job."""
