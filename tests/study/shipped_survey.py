"""The shipped survey as studies of the tests ask about it: what `[households]` says of its columns."""

ASKED = {
    "place": "county",
    "weight": "weight",
    "members": "members",
    "strata": "county",
    "clusters": "village",
    "transfers": ("transfer_pc",),
    "deprivations": "guarantees",
    "formerly_poor": "formerly_poor",
    "threshold": 0.45,
}
