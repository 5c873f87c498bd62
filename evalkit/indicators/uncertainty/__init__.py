"""How firm the answer is: variations, Monte Carlo, and what drives the ranking."""
