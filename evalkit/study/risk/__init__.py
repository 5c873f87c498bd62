"""A risk study as declared: a model learnt and kept, and a list of visits asked of it."""
