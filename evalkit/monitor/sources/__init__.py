"""What departments deliver, as a monitor declares it in TOML."""
