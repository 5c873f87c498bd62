"""Departmental records at scale: taken in, matched, watched for sudden drops, and followed until a risk is resolved."""
