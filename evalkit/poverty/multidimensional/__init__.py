"""What households lack, counted by Alkire and Foster."""
