"""The columns of the store as tests hold them: register, records, and rows written down as tuples."""

import pandas as pd

HOMES = {
    "household": "integer",
    "county": "word",
    "village": "word",
    "formerly_poor": "flag",
    "labor": "flag",
    "known_date": "date",
}
MEMBERS = {"person": "integer", "household": "integer", "from_date": "date", "to_date": "date", "known_date": "date"}
RECORDS = {
    "household": "integer",
    "person": "integer",
    "number": "integer",
    "event_date": "date",
    "known_date": "date",
    "amount": "integer",
    "county": "word",
    "delivery": "word",
    "row": "integer",
}


def held(engine, rows, kinds):
    """Rows in the engine, with gaps where None stands."""
    frame = pd.DataFrame(rows, columns=list(kinds))
    for name, kind in kinds.items():
        if kind == "integer":
            frame[name] = frame[name].astype("Int64")
        if kind == "date":
            frame[name] = pd.to_datetime(frame[name])
        if kind == "flag":
            frame[name] = frame[name].astype("boolean")
    return engine.hold(frame, kinds)
