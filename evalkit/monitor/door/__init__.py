"""The door and the store behind it: files in, pseudonyms and declared columns kept, whole deliveries or none."""
