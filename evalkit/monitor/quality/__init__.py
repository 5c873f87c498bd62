"""How good deliveries are: fresh, complete, each record once, consistent, on time."""
