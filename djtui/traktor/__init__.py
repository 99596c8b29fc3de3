"""Traktor's collection.nml: reading it, and keeping the library in step with it."""
