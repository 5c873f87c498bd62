"""How outcomes spread between groups of places."""
