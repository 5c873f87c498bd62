"""Arithmetic every chapter shares; arrays in, arrays out."""
