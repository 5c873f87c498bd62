"""Office files that are the same bytes for the same content: zipped again, with fixed times inside and out."""

from __future__ import annotations

import re
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

MOMENT = (1980, 1, 1, 0, 0, 0)  # the earliest a zip archive can say
STAMP = rb"1980-01-01T00:00:00Z"
_TIMES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def reproducible(data: bytes) -> bytes:
    """A .docx or .xlsx file without the time it was made at.

    The members keep their order and their content but for the times of creation and change in `docProps/core.xml`.
    """
    out = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _TIMES.sub(rb"\g<1>" + STAMP, content)
            member = ZipInfo(name, MOMENT)
            member.compress_type, member.create_system, member.external_attr = ZIP_DEFLATED, 0, 0
            new.writestr(member, content)
    return out.getvalue()
