"""How systems move: their speeds, their decoupling, moves between grades, and what changed D."""
