"""`.params` files: what MXNet 1.9.1 wrote, older forms of the format, and files that are damaged."""

from __future__ import annotations

import contextlib
import json
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import params_format as form
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symbook as mx
from symbook import render
from symbook.errors import ArgumentError, FormatError, SymbookError, UnsupportedError

FOLDER = Path(__file__).parent / "golden" / "files"
ROWS: list[dict[str, Any]] = json.loads((FOLDER / "index.json").read_text())
DENSE = [row for row in ROWS if "sparse" not in row]
SPARSE = [row for row in ROWS if "sparse" in row]
VALUES = np.arange(6, dtype=np.float32).reshape(2, 3)


def named(rows: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("row", rows, ids=lambda row: row["file"])


def expected_arrays(row: dict[str, Any]) -> list[np.ndarray]:
    return [np.array(a["data"], a["dtype"]).reshape(a["shape"]) for a in row["arrays"]]


def require_same(expected: np.ndarray, found: mx.nd.NDArray) -> None:
    assert expected.dtype == found.dtype
    assert expected.shape == found.shape
    np.testing.assert_array_equal(expected, found.asnumpy())


class TestAsMXNet:
    @named(DENSE)
    def test_reads_what_mxnet_wrote(self, row: dict[str, Any]) -> None:
        loaded = mx.nd.load(str(FOLDER / row["file"]))
        if row["names"]:
            assert row["names"] == list(loaded)
            loaded = list(loaded.values())
        assert isinstance(loaded, list)
        for expected, found in zip(expected_arrays(row), loaded, strict=True):
            require_same(expected, found)
            assert mx.cpu(0) == found.context

    @named([row for row in DENSE if row["file"] != "np_no_elements.params"])
    def test_writes_what_mxnet_wrote(self, row: dict[str, Any], tmp_path: Path) -> None:
        contexts = [mx.cpu(3), mx.cpu(0)] if row["file"] == "devices.params" else [None] * 9
        arrays = [
            mx.nd.array(array, ctx, dtype=array.dtype)
            for array, ctx in zip(expected_arrays(row), contexts, strict=False)
        ]
        data: Any = dict(zip(row["names"], arrays, strict=True)) if row["names"] else arrays
        mx.nd.save(str(tmp_path / "x"), data)
        assert (FOLDER / row["file"]).read_bytes() == (tmp_path / "x").read_bytes()

    def test_one_array_is_saved_as_a_list_of_one(self, tmp_path: Path) -> None:
        view = mx.nd.array(np.arange(12).reshape(4, 3))[1:3]
        mx.nd.save(str(tmp_path / "x"), view)
        assert (FOLDER / "view.params").read_bytes() == (tmp_path / "x").read_bytes()

    @named(SPARSE)
    def test_sparse_arrays_are_refused_by_name(self, row: dict[str, Any]) -> None:
        [name] = row["sparse"]
        kind = row["file"].removesuffix(".params")
        with pytest.raises(UnsupportedError, match=rf"\({name}\), at byte \d+: .* {kind}, which"):
            mx.nd.load(str(FOLDER / row["file"]))


class TestOldForms:
    @pytest.mark.parametrize("version", [0, form.V1, form.V2, form.V3], ids=hex)
    @pytest.mark.parametrize("dtype", form.CODES)
    def test_every_version_and_dtype_is_read(self, version: int, dtype: str) -> None:
        values = (VALUES % 2).astype(dtype)
        text = form.pack_file([form.pack_array(version, values, (2, 5))] * 2, ["arg:a", "aux:b"])
        loaded = mx.nd.load_frombuffer(text)
        assert ["arg:a", "aux:b"] == list(loaded)
        for array in loaded.values():
            require_same(values, array)
            assert mx.cpu(0) == array.context

    def test_versions_may_be_mixed(self) -> None:
        versions = (0, form.V3, form.V1, form.V2)
        loaded = mx.nd.load_frombuffer(
            form.pack_file([form.pack_array(v, VALUES + v % 7) for v in versions])
        )
        for version, array in zip(versions, loaded, strict=True):
            require_same(VALUES + version % 7, array)

    @pytest.mark.parametrize("shape", [(), (3,)])
    def test_bfloat16_becomes_float32(self, shape: tuple[int, ...]) -> None:
        floats = np.full(shape, -1.5, np.float32)
        text = form.pack_file([form.pack_array(form.V3, floats)])
        halves = (floats.view(np.uint32) >> 16).astype(np.uint16).tobytes()
        cut = len(text) - 8 - floats.nbytes
        text = text[: cut - 4] + struct.pack("<i", 12) + halves + text[-8:]
        [array] = mx.nd.load_frombuffer(text)
        require_same(floats, array)

    def test_a_byte_over_one_is_true(self) -> None:
        text = form.pack_file([form.pack_array(form.V2, np.array([True, False]))])
        [array] = mx.nd.load_frombuffer(text[:-10] + b"\x07\x00" + text[-8:])
        assert [1, 0] == array.asnumpy().view(np.uint8).tolist()


class TestSaving:
    @pytest.mark.parametrize(
        ("data", "kind"),
        [
            (np.zeros(3), ValueError),
            ((mx.nd.zeros(1),), ValueError),
            (None, ValueError),
            ([mx.nd.zeros(1), None], TypeError),
            ({1: mx.nd.zeros(1)}, TypeError),
            ({"a": np.zeros(1)}, TypeError),
        ],
        ids=repr,
    )
    def test_only_arrays_are_saved(self, data: Any, kind: type, tmp_path: Path) -> None:
        with pytest.raises(kind) as caught:
            mx.nd.save(str(tmp_path / "x"), data)
        assert isinstance(caught.value, SymbookError)
        assert not list(tmp_path.iterdir())

    def test_a_save_that_fails_leaves_the_old_file(self, tmp_path: Path, monkeypatch: Any) -> None:
        path = tmp_path / "x.params"
        mx.nd.save(str(path), [mx.nd.ones(2)])
        before = path.read_bytes()
        monkeypatch.setattr(
            mx.ndarray.saving,
            "_write_array",
            lambda *_: (_ for _ in ()).throw(OSError("disk full")),
        )
        with pytest.raises(OSError, match="disk full"):
            mx.nd.save(str(path), [mx.nd.zeros(5)])
        assert before == path.read_bytes()
        assert [path] == list(tmp_path.iterdir())

    def test_a_path_will_do_and_a_link_stays_one(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path / "x.params")
        mx.nd.save(tmp_path / "link", [mx.nd.ones(2)])
        assert (tmp_path / "link").is_symlink()
        require_same(np.ones(2, np.float32), mx.nd.load(tmp_path / "x.params")[0])

    def test_files_that_are_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="there is no file 'nowhere'"):
            mx.nd.load("nowhere")
        with pytest.raises(FileNotFoundError, match="there is no folder"):
            mx.nd.save(str(tmp_path / "nowhere" / "x"), [])
        for wrong in (mx.nd.load, mx.nd.load_frombuffer, lambda _: mx.nd.save(3, [])):
            with pytest.raises(ArgumentError):
                wrong(3)


def small_file() -> bytes:
    """Every version, a sparse-free mixture of ranks and dtypes, with names."""
    arrays = [
        form.pack_array(0, VALUES),
        form.pack_array(form.V1, np.array([True])),
        form.pack_array(form.V2, np.zeros((0, 2))),
        form.pack_array(form.V3, np.array(2, np.int64)),
    ]
    return form.pack_file(arrays, ["a", "bb", "ccc", "é"])


class TestDamage:
    @pytest.mark.parametrize(
        "text",
        [small_file(), (FOLDER / "csr.params").read_bytes()],
        ids=["dense", "sparse"],
    )
    def test_cut_anywhere_it_is_refused(self, text: bytes, tmp_path: Path) -> None:
        for length in range(len(text)):
            with pytest.raises(FormatError, match=r"at byte \d+"):
                mx.nd.load_frombuffer(text[:length])
        (tmp_path / "x").write_bytes(text[:20])
        with pytest.raises(FormatError, match=r"x: the header, at byte 16: 8 bytes"):
            mx.nd.load(str(tmp_path / "x"))

    @settings(deadline=None, max_examples=300)
    @given(data=st.data())
    def test_changed_anywhere_it_is_read_or_refused(self, data: st.DataObject) -> None:
        text = bytearray(small_file())
        for _ in range(data.draw(st.integers(1, 4))):
            text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
        with contextlib.suppress(SymbookError):
            mx.nd.load_frombuffer(bytes(text))

    @pytest.mark.parametrize(
        ("shape", "message"),
        [
            ((2**40,), r"array 1, at byte 8,088: 4,398,046,511,104 bytes of elements"),
            ((2**40, 2**40), "no array can have the shape"),
            ((0, 2**62), "no array can have the shape"),
            ((-1, 4), r"no array can have the shape \(-1, 4\)"),
        ],
    )
    def test_a_size_is_refused_before_memory_is_taken(
        self, shape: tuple[int, ...], message: str
    ) -> None:
        good = form.pack_array(form.V2, np.ones(1000))
        bad = struct.pack(f"<Iii{len(shape)}q3i", form.V2, 0, len(shape), *shape, 1, 0, 0)
        text = form.pack_file([good, bad])
        tracemalloc.start()
        try:
            with pytest.raises(FormatError, match=message):
                mx.nd.load_frombuffer(text)
            assert tracemalloc.get_traced_memory()[1] < 60_000
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (b"", "the header, at byte 0: 8 bytes"),
            (b"\x80\x04" + bytes(40), "at byte 0: it does not begin as a file of arrays"),
            (struct.pack("<3Q", 0x112, 0, 2**60), "at byte 16: .* arrays cannot be in"),
            (form.pack_file([])[:24] + struct.pack("<Q", 2**50), "at byte 24: .* names cannot"),
            (form.pack_file([struct.pack("<I", 0xDEADBEEF)]), "0xDEADBEEF is no version"),
            (form.pack_file([struct.pack("<Ii", form.V2, 7)]), "at byte 28: .* storage type 7"),
            (form.pack_file([struct.pack("<Iii", form.V2, 0, 65)]), "65 is no number of dim"),
            (form.pack_file([struct.pack("<Iii", form.V2, 0, 0)]), "without ever having had"),
            (
                form.pack_file([struct.pack("<Iiiq3i", form.V2, 0, 1, 1, 1, 0, 8), bytes(9)]),
                r"at byte 52: there is no dtype code 8 \(int16\)",
            ),
            (form.pack_file([], ["a"]), "0 arrays and 1 names"),
            (form.pack_file([form.pack_array(0, VALUES)] * 2, ["a", "a"]), "'a' is there 2 times"),
            (form.pack_file([form.pack_array(0, VALUES)], ["é"])[:-1] + b"x", "no UTF-8"),
        ],
    )
    def test_it_is_said_what_is_wrong_and_where(self, text: bytes, message: str) -> None:
        with pytest.raises(FormatError, match=message):
            mx.nd.load_frombuffer(text)

    def test_bytes_after_the_end_are_ignored_as_by_mxnet(self) -> None:
        assert 4 == len(mx.nd.load_frombuffer(small_file() + b"xx"))


class TestCheckpoints:
    def test_a_checkpoint_of_mxnets_is_read_and_written(self, tmp_path: Path) -> None:
        symbol, arguments, states = mx.model.load_checkpoint(str(FOLDER / "net"), 3)
        assert ["data", *arguments] == symbol.list_arguments()
        assert list(states) == symbol.list_auxiliary_states()
        shapes = {"fc_weight": (2, 3), **dict.fromkeys(["fc_bias", "bn_gamma", "bn_beta"], (2,))}
        for name, shape in shapes.items():
            values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
            require_same(values, arguments[name])
        mx.model.save_checkpoint(str(tmp_path / "net"), 3, symbol, arguments, states)
        assert {"net-symbol.json", "net-0003.params"} == {p.name for p in tmp_path.iterdir()}
        for path in tmp_path.iterdir():
            assert (FOLDER / path.name).read_bytes() == path.read_bytes()

    def test_without_a_symbol_only_parameters_are_written(self, tmp_path: Path) -> None:
        mx.model.save_checkpoint(str(tmp_path / "p"), 12, None, {"w": mx.nd.ones(2)}, {})
        assert ["p-0012.params"] == [path.name for path in tmp_path.iterdir()]
        arguments, states = mx.model.load_params(str(tmp_path / "p"), 12)
        assert (["w"], {}) == (list(arguments), states)

    def test_an_empty_file_is_warned_of(self, tmp_path: Path, caplog: Any) -> None:
        mx.model.save_checkpoint(str(tmp_path / "p"), 0, None, {}, {})
        assert ({}, {}) == mx.model.load_params(str(tmp_path / "p"), 0)
        assert "p-0000.params' is empty" in caplog.text

    @pytest.mark.parametrize("data", [[mx.nd.ones(1)], {"w": mx.nd.ones(1)}], ids=["list", "plain"])
    def test_arrays_that_are_no_parameters_are_refused(self, data: Any, tmp_path: Path) -> None:
        mx.nd.save(tmp_path / "p-0001.params", data)
        with pytest.raises(FormatError, match=r"p-0001\.params: (its arrays|the array 'w')"):
            mx.model.load_params(str(tmp_path / "p"), 1)

    @pytest.mark.parametrize(
        ("epoch", "arguments", "states"),
        [("x", {}, {}), (1, None, {}), (1, {}, [1]), (1, {"w": np.ones(1)}, {})],
    )
    def test_nothing_is_written_of_what_cannot_be(
        self, epoch: Any, arguments: Any, states: Any, tmp_path: Path
    ) -> None:
        with pytest.raises(ArgumentError):
            mx.model.save_checkpoint(str(tmp_path / "p"), epoch, None, arguments, states)
        assert not list(tmp_path.iterdir())


def test_a_big_file_is_not_held_twice(tmp_path: Path) -> None:
    array = mx.nd.zeros((2_000_000,))
    path = str(tmp_path / "big")
    tracemalloc.start()
    try:
        mx.nd.save(path, [array])
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
        tracemalloc.reset_peak()
        loaded = mx.nd.load(path)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000 + 1_000_000
    finally:
        tracemalloc.stop()
    assert (2_000_000,) == loaded[0].shape


def test_half_a_letter_is_in_no_files_name(tmp_path):
    half = str(tmp_path / "\ud800")
    for write in (
        mx.sym.Variable("x").save,
        lambda path: mx.nd.save(path, mx.nd.ones(1)),
        lambda path: render.save(mx.sym.Variable("x"), f"{path}.svg"),
    ):
        with pytest.raises(
            mx.base.MXNetError, match="can be no file's name here: names are in utf-8"
        ):
            write(half)
    assert not list(tmp_path.iterdir())
