"""How much each indicator counts: one file a method; every vector of weights is non-negative and sums to one."""
