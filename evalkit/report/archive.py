"""The moment a file names as its own, and office files that are the same bytes for the same content."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from evalkit.errors import SpecError

EPOCH = "SOURCE_DATE_EPOCH"
NO_MOMENT = (1980, 1, 1, 0, 0, 0)  # what a zip archive says that names none
LAST_YEAR = 2107  # that a zip archive can say
_CORE = "docProps/core.xml"
_TIME = re.compile(rb"<dcterms:(created|modified)\b[^>]*?(?:/>|>[^<]*</dcterms:\1>)")
_END = re.compile(rb"</(\w+:)?coreProperties>\s*$")
_SPACES = 'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def moment() -> datetime | None:
    """The moment that files name as their own: that of SOURCE_DATE_EPOCH (seconds since 1970, UTC), or none. Never the hour it is.

    Raises
    ------
    SpecError
        The variable is set to something else, or to a year outside 1980–2107.
    """
    said = os.environ.get(EPOCH, "").strip()
    if not said:
        return None
    try:
        when = datetime.fromtimestamp(int(said), UTC)
    except (ValueError, OverflowError, OSError):
        when = None
    if when is None or not NO_MOMENT[0] <= when.year <= LAST_YEAR:
        raise SpecError(
            f"{EPOCH} is not a time that files can carry",
            found=said[:40],
            do=f"set it to whole seconds since 1970, from 1980 to {LAST_YEAR}, or unset it",
        )
    return when


def reproducible(data: bytes) -> bytes:
    """A .docx or .xlsx file without the time it was made at.

    The members keep their order and their content, but for the times of creation and change in `docProps/core.xml`: they
    are the `moment`, and left out where there is none.
    """
    when = moment()
    stamp = when.timetuple()[:6] if when else NO_MOMENT
    out = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == _CORE:
                content = _timed(content, when)
            member = ZipInfo(name, stamp)
            member.compress_type, member.create_system, member.external_attr = ZIP_DEFLATED, 0, 0
            new.writestr(member, content)
    return out.getvalue()


def _timed(core: bytes, when: datetime | None) -> bytes:
    """The properties of an office file with one moment in place of its own times, or with none."""
    core = _TIME.sub(b"", core)
    if when is None:
        return core
    said = when.strftime("%Y-%m-%dT%H:%M:%SZ")
    times = "".join(
        f'<dcterms:{name} {_SPACES} xsi:type="dcterms:W3CDTF">{said}</dcterms:{name}>' for name in ("created", "modified")
    )
    return _END.sub(times.encode() + rb"\g<0>", core)
