"""A whole run: its questions, who answers them, and the report."""
