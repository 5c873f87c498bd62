"""What an index may be some years ahead, and how well each way of saying so did in the past."""
