"""How firm D, its grade, its change and its rank are."""
