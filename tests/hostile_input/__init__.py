"""Malformed inputs, made by code, each with how it must end: in a clear error, or in exactly these counts."""
