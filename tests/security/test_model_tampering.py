"""A hundred models tampered with by somebody who knows the format: 100 of 100 refused, and nothing of them is built before.

tests/risk/test_persistence.py changes bytes; here the meaning is changed and the file sealed anew, as a forger would.
"""

import io
import json
import stat
import zipfile
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from evalkit.errors import DataError, SafetyError
from evalkit.risk.keeping.integrity import FORMAT, MANIFEST, MOMENT, as_json, packed, sealed, unpacked
from evalkit.risk.keeping.model_bytes import SCHEMA, dumped
from evalkit.risk.keeping.persistence import MODEL, RECORD, ModelRecord, load, save

KEY, OTHER = b"a key of this test, 28 bytes", b"another key of the test, too"
NUMBERS = ("income", "size", "age")


@pytest.fixture(scope="module")
def homes():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"income": rng.lognormal(9, 0.5, 300), "size": rng.integers(1, 8, 300), "age": rng.integers(20, 90, 300)})
    return rows.assign(fell=(rng.uniform(size=300) < 1 / (1 + np.exp((rows["income"] - 8000) / 3000))).astype(int))


def made(homes, folder, *, penalty=1.0, key=KEY):
    model = LogisticRegression(C=penalty, max_iter=500).fit(homes[list(NUMBERS)], homes["fell"])
    record = ModelRecord(features=NUMBERS, label="falling@1", trained=(2020, 2022))
    return save(record.keep(model, homes), folder / f"model-{penalty}", key=key)


@pytest.fixture(scope="module")
def members(homes, tmp_path_factory):
    return unpacked(made(homes, tmp_path_factory.mktemp("model")).read_bytes())


@pytest.fixture(scope="module")
def others(homes, tmp_path_factory):
    return unpacked(made(homes, tmp_path_factory.mktemp("other"), penalty=1e-6).read_bytes())


def inner(data: bytes, change) -> bytes:
    """The model inside with one of its arrays changed, zipped as it was."""
    parts = unpacked(data)
    return packed({name: change(name, part) for name, part in parts.items()})


def flipped(name: str, part: bytes) -> bytes:
    """Every figure of an array with another sign."""
    if not name.endswith(".npy"):
        return part
    array = np.load(io.BytesIO(part), allow_pickle=False)
    out = io.BytesIO()
    np.save(out, -array if array.dtype.kind == "f" else array)
    return out.getvalue()


def semantic(members, others, rng) -> dict[str, bytes]:
    """Files that are sealed as they should be, and say something else than was said."""
    record = json.loads(members[RECORD])
    told = {}
    told["coefficients, no key"] = sealed({MODEL: inner(members[MODEL], flipped), RECORD: members[RECORD]})
    told["another model, no key"] = sealed({MODEL: others[MODEL], RECORD: members[RECORD]})
    told["other reference rows, no key"] = sealed({MODEL: members[MODEL], RECORD: others[RECORD]})
    for at in range(40):
        told[f"a figure of the record {at}, no key"] = sealed({MODEL: members[MODEL], RECORD: moved(record, rng)})
    for at in range(20):
        touched = bytearray(members[MODEL])
        touched[rng.integers(len(touched))] ^= 1 << rng.integers(8)
        told[f"a bit of the model {at}, another key"] = sealed({MODEL: bytes(touched), RECORD: members[RECORD]}, OTHER)
    return told


def moved(record: dict, rng) -> bytes:
    """The record with one of the scores of its reference rows moved by a millionth."""
    told = json.loads(json.dumps(record))
    at = rng.integers(len(told["risks"]))
    told["risks"][at] += 1e-6 * (1 if told["risks"][at] < 0.5 else -1)
    return as_json(told)


def archives(members) -> dict[str, bytes]:
    """Archives that hold more, less or something else than they should."""
    pairs = list(members.items())

    def zipped(told, **how) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", **how) as archive:
            for name, data in told:
                archive.writestr(name if isinstance(name, zipfile.ZipInfo) else entry(name), data)
        return out.getvalue()

    told = {}
    for name in (
        "../evil.py",
        "/etc/cron.d/x",
        "..\\x",
        "a/../../b",
        "C:\\x",
        "model\0.skops",
        "\u202e",
        "x" * 500,
        "",
        ".",
        "run.pkl",
    ):
        told[f"one more: {name[:12]!r}"] = zipped([*pairs, (name, b"x")])
        told[f"in place of the model: {name[:12]!r}"] = zipped([(name, members[MODEL]), *pairs[1:]])
    link = entry(MODEL)
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    told["a symbolic link"] = zipped([(link, b"/etc/passwd"), *pairs[1:]])
    folder = entry(MODEL + "/")
    folder.external_attr = 0x10
    told["a folder"] = zipped([(folder, b""), *pairs[1:]])
    told["folded"] = zipped([(MODEL, bytes(60_000_000)), *pairs[1:]], compression=zipfile.ZIP_DEFLATED)
    told["in another order"] = zipped(pairs[::-1])
    told["with a comment"] = commented(zipped(pairs))
    told["something before it"] = b"#!/bin/sh\n" + zipped(pairs)
    told["longer than it says"] = lied(zipped(pairs), MODEL)
    told["twice the same"] = zipped(pairs) + zipped(pairs)
    return told


def entry(name: str) -> zipfile.ZipInfo:
    made_ = zipfile.ZipInfo(name or "empty", MOMENT)
    made_.create_system, made_.external_attr = 0, 0
    return made_


def commented(data: bytes) -> bytes:
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = b"x" * 100
    return out.getvalue()


def lied(data: bytes, name: str) -> bytes:
    """The directory says that a member has four thousand million bytes."""
    at = data.rindex(
        b"PK\x01\x02" + data[data.index(b"PK\x01\x02") + 4 : data.index(b"PK\x01\x02") + 6], 0, data.index(b"PK\x01\x02") + 6
    )
    return data[: at + 20] + b"\xfe\xff\xff\xff\xfe\xff\xff\xff" + data[at + 28 :]


def manifests(members) -> dict[str, bytes]:
    """Manifests that say too much, too little, or of another file."""
    good = json.loads(members[MANIFEST])
    bodies = [
        {},
        [],
        {**good, "trusted": ["os.system"]},
        {**good, "format": FORMAT + ".1"},
        {**good, "signature": None},
        {**good, "signature": ""},
        {**good, "signature": good["signature"][::-1]},
        {**good, "signature": [good["signature"]]},
        {**good, "sha256": {}},
        {**good, "sha256": {MODEL: sha256(b"").hexdigest(), RECORD: sha256(b"").hexdigest()}},
    ]
    return {f"manifest {at}": packed({**members, MANIFEST: as_json(body)}) for at, body in enumerate(bodies)}


def test_a_hundred_forged_models_of_a_hundred_are_refused(members, others, tmp_path):
    forged = semantic(members, others, np.random.default_rng(5)) | archives(members) | manifests(members)
    assert len(forged) >= 100
    let_in = []
    for at, (name, data) in enumerate(forged.items()):
        path = tmp_path / f"forged-{at}"
        path.write_bytes(data)
        for key in (KEY, None):
            if key is None and name in ("manifest 4", "manifest 5", "manifest 6", "manifest 7"):
                continue  # only who has the key can tell
            try:
                load(path, key=key)
                let_in.append((name, key is not None))
            except DataError as wrong:
                assert wrong.exit_code in (3, 5), name
                assert "/etc" not in str(wrong).replace(str(path), "")
    assert let_in == []
    assert {path.name for path in tmp_path.iterdir()} == {f"forged-{at}" for at in range(len(forged))}


def test_the_true_one_is_let_in(homes, tmp_path):
    path = made(homes, tmp_path)
    assert load(path, key=KEY).spec.features == NUMBERS


def test_a_forger_without_the_key_cannot_seal_what_agrees_with_itself(others, tmp_path):
    """Model and reference rows swapped together, sealed without a key or with another: who has the key is told."""
    for key in (None, OTHER):
        path = tmp_path / "forged"
        path.write_bytes(sealed({MODEL: others[MODEL], RECORD: others[RECORD]}, key))
        with pytest.raises(SafetyError, match="not signed with this key"):
            load(path, key=KEY)
        assert load(path).notes[0].kind == "caution"  # without a key it says that its origin is not known


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        (packed({"run.py": b"print()"}), "the model has other members than it must; found run.py"),
        (packed({SCHEMA: b"no JSON"}), "the model cannot be read"),
        (
            dumped({"model": StandardScaler().fit([[0.0], [1.0]]), "curve": None}),
            "the file holds no model that gives probabilities",
        ),
    ],
)
def test_what_is_signed_and_holds_no_model_is_refused(members, tmp_path, inside, said):
    path = tmp_path / "model"
    path.write_bytes(sealed({MODEL: inside, RECORD: members[RECORD]}, KEY))
    with pytest.raises(SafetyError) as wrong:
        load(path, key=KEY)
    assert str(wrong.value) == f"{path}: {said}. To do: take an untouched copy of the file, or save the model again."


def test_a_model_is_for_its_owner_alone(homes, tmp_path):
    path = made(homes, tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
