"""Rooms: floors, listeners, what is decided in them and what is written down of them."""
