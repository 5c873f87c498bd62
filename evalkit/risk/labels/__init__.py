"""What is to be foreseen, for which homes."""
