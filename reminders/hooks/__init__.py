"""Telling other programs that something happened: ids and links, signed, until they have taken it."""
