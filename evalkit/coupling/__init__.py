"""How systems move together."""
