"""What a change of poverty is made of, and what transfers carry."""
