"""Segments from one run to the next: who moves, what changes, and what that calls for."""
