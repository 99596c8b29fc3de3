"""djtui: a DJ's library in the terminal."""

__version__ = "0.1.0"
