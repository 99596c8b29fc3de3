"""A made-up collection, for trying djtui and for its tests."""
