"""The bottom line: whether a return to poverty on a large scale is ruled out."""
