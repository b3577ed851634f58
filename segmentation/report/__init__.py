"""The page for people: its frame, helpers for charts and tables, and sections as blocks. It knows no analysis."""
