"""Audit of a printed table: which variant, shares and rounding reproduce its figures, or which error explains them."""
