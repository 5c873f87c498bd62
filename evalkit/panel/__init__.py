"""What is observed, and the door it comes in by."""
