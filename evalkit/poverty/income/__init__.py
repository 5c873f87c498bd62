"""How poor and how unequal incomes are."""
