"""Who is poor, how poor, and for how long."""
