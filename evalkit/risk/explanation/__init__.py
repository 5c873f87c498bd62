"""What moves a risk."""
