"""How well the process works: days between steps, who waits, and the indicators of monitoring."""
