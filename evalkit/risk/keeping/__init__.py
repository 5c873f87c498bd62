"""A fitted model in one file, with its card."""
