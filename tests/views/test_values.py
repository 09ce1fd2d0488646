"""What the views show of arrays: summaries, parts that are fetched, and how arrays are read as pictures."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from symbook.views.images import as_image, picture
from symbook.views.page import embedded
from symbook.views.values import IN_FULL, WHOLE, for_page, part, plane, summary

WORDS = {"NaN": np.nan, "∞": np.inf, "−∞": -np.inf}
KINDS = {"f4": "<f4", "f8": "<f8", "i4": "<i4", "i1": "<i1", "u1": "<u1"}


def number(item):
    return WORDS.get(item, item)


def elements(shown):
    """All elements, as the front end has them."""
    if "items" in shown:
        return np.array([number(item) for item in shown["items"]], object).reshape(shown["shape"])
    data = base64.b64decode(shown["data"]["bytes"])
    return np.frombuffer(data, KINDS[shown["data"]["kind"]]).reshape(shown["shape"])


def means(shown):
    grid = shown["grid"]
    data = np.frombuffer(base64.b64decode(grid["numbers"]), "<f4")
    return data.reshape(grid["rows"], grid["columns"])


class TestSummary:
    @settings(deadline=None)
    @given(
        values=arrays.arrays(
            st.sampled_from(
                [np.float16, np.float32, np.float64, np.int32, np.int8, np.uint8, bool]
            ),
            arrays.array_shapes(min_dims=0, max_dims=4, max_side=7, min_side=0),
        )
    )
    def test_small_ones_are_there_in_full(self, values) -> None:
        shown = json.loads(embedded(summary(values)))
        assert (list(values.shape), str(values.dtype)) == (shown["shape"], shown["dtype"])
        if values.size:
            found = elements(shown).astype(values.dtype)
            np.testing.assert_array_equal(found, values)
        else:
            assert {"shape", "dtype"} == set(shown)

    @settings(deadline=None)
    @given(values=st.lists(st.floats(width=32), min_size=1, max_size=400))
    def test_statistics_are_numpys(self, values) -> None:
        array = np.array(values, np.float32)
        shown = summary(array)
        finite = array[np.isfinite(array)].astype(np.float64)
        assert int(np.isnan(array).sum()) == shown.get("nan", 0)
        assert int(np.isinf(array).sum()) == shown.get("infinite", 0)
        if not finite.size:
            assert "range" not in shown
            return
        assert [finite.min(), finite.max()] == [shown["range"][0], shown["range"][2]]
        span = max(abs(finite.min()), abs(finite.max()), 1e-300)
        assert abs(finite.mean() - shown["range"][1]) <= 1e-9 * span
        assert abs(finite.std() - shown["std"]) <= 1e-6 * span
        assert int((finite == 0).sum()) == shown["zeros"]
        assert finite.size == sum(shown["bars"])

    def test_numbers_at_the_ends_of_their_range(self) -> None:
        shown = json.loads(embedded(summary(np.array([1e308, -1e308] * 200))))
        assert [-1e308, 0.0, 1e308] == shown["range"]
        assert shown["std"] == pytest.approx(1e308)
        assert [200, 200] == [shown["bars"][0], shown["bars"][-1]]

    def test_large_integers_keep_their_digits(self) -> None:
        assert [str(2**62 + 1), 3] == summary(np.array([2**62 + 1, 3]))["items"]

    def test_whole_numbers_are_counted_one_by_one(self) -> None:
        shown = summary(np.array([3, 3, 5, 7, 7, 7], np.int32))
        assert ([2, 0, 1, 0, 3], True) == (shown["bars"], shown["each"])
        assert [2, 1] == summary(np.array([True, False, False]))["bars"]

    def test_a_constant(self) -> None:
        shown = summary(np.full((20, 20), 3, np.float16))
        assert ([3.0, 3.0, 3.0], 0.0, [400]) == (shown["range"], shown["std"], shown["bars"])

    def test_how_much_travels(self) -> None:
        assert "items" in summary(np.zeros(IN_FULL))
        assert "data" in summary(np.zeros(IN_FULL + 1))
        assert "data" in summary(np.zeros(WHOLE))
        large = summary(np.random.default_rng(0).random((1000, 1000)))
        assert "plane" in large
        assert len(embedded(large)) < 60_000

    def test_nobody_waits_for_what_is_huge(self) -> None:
        huge = np.broadcast_to(np.float32(1), (10_000, 10_000))
        assert {"shape", "dtype"} == set(summary(huge))


class TestPlanes:
    def test_it_has_the_means_of_blocks(self) -> None:
        array = np.random.default_rng(0).normal(size=(128, 640))
        shown = plane(array, [])
        np.testing.assert_allclose(
            means(shown), array.reshape(64, 2, 64, 10).mean(axis=(1, 3)), rtol=1e-5, atol=1e-6
        )
        assert [128, 640] == shown["of"]

    def test_its_cells_are_the_first_and_the_last(self) -> None:
        array = np.arange(100.0 * 50).reshape(100, 50)
        shown = plane(array, [])
        assert [*range(16), *range(84, 100)] == shown["rows"]
        assert [*range(8), *range(42, 50)] == shown["columns"]
        assert array[np.ix_(shown["rows"], shown["columns"])].tolist() == shown["cells"]

    def test_of_more_dimensions_it_is_the_one_asked_for(self) -> None:
        array = np.arange(3.0 * 4 * 20 * 30).reshape(3, 4, 20, 30)
        for at in ([0, 0], [2, 1]):
            np.testing.assert_array_equal(means(part(array, "plane", at)), array[tuple(at)])

    def test_a_vector_is_a_column_of_cells_and_a_row_of_the_picture(self) -> None:
        array = np.arange(6400.0)
        shown = plane(array, [])
        assert [[0.0], [1.0]] == shown["cells"][:2]
        np.testing.assert_allclose(means(shown)[0], array.reshape(64, 100).mean(axis=1))

    @pytest.mark.parametrize("at", [[], [0], [9, 0], [0, 0, 0]])
    def test_there_is_no_other(self, at) -> None:
        with pytest.raises(IndexError):
            part(np.zeros((3, 4, 20, 30)), "plane", at)

    def test_what_is_not_finite_stays(self) -> None:
        array = np.zeros((40, 40))
        array[0, 0], array[1, 1], array[2, 2] = np.nan, np.inf, -np.inf
        np.testing.assert_array_equal(means(plane(array, [])), array)


class TestImages:
    @pytest.mark.parametrize(
        ("shape", "dtype", "ends", "order", "sure"),
        [
            ((28, 28), np.uint8, (0, 255), "HW", True),
            ((28, 28), np.float32, (0, 1), "HW", False),
            ((64, 48, 3), np.uint8, (0, 255), "HWC", True),
            ((64, 48, 4), np.float32, (0, 1), "HWC", True),
            ((3, 64, 48), np.float32, (0, 1), "CHW", True),
            ((1, 28, 28), np.float32, (0, 1), "CHW", True),
            ((8, 3, 32, 32), np.float32, (-2.1, 2.6), "NCHW", True),
            ((8, 32, 32, 3), np.float32, (0, 1), "NHWC", True),
            ((2, 3, 28, 28), np.float32, (0, 255), "NCHW", True),
            # Filters of a convolution can be looked at, but most are not pictures of anything.
            ((64, 3, 11, 11), np.float32, (-0.4, 0.3), "NCHW", False),
        ],
    )
    def test_they_are_known(self, shape, dtype, ends, order, sure) -> None:
        found = as_image(shape, np.dtype(dtype), *ends, True)
        assert (order, sure) == (found["order"], found["sure"])

    @pytest.mark.parametrize(
        ("shape", "ends"),
        [
            ((100, 10), (-1, 1)),
            ((64, 3, 3, 3), (-1, 1)),
            ((128,), (0, 1)),
            ((4, 16, 28, 28), (0, 1)),
            ((1000, 20), (0, 1)),
            ((3, 64, 64), (0, 1000)),
            ((28, 28), (0, 0)),
        ],
    )
    def test_others_are_none(self, shape, ends) -> None:
        assert as_image(shape, np.dtype(np.float32), *ends, True) is None

    @pytest.mark.parametrize("order", ["HWC", "CHW", "NHWC", "NCHW", "HW"])
    def test_their_pixels(self, order) -> None:
        rng = np.random.default_rng(0)
        colours = rng.integers(0, 256, (2, 20, 30, 3 if "C" in order else 1)).astype(np.uint8)
        axes = [("NHWC").index(axis) for axis in order]
        rest = tuple(k for k in range(4) if k not in axes)
        given = colours.transpose(*rest, *axes)
        given = given[(0,) * len(rest)]
        which = 1 if "N" in order else 0
        shown = picture(given, as_image(given.shape, given.dtype, 0, 255, True), which)
        data = np.frombuffer(base64.b64decode(shown["bytes"]), np.uint8)
        assert [20, 30] == shown["of"]
        np.testing.assert_array_equal(
            data.reshape(shown["rows"], shown["columns"], shown["channels"]), colours[which]
        )

    def test_large_ones_by_the_means_of_blocks(self) -> None:
        pixels = np.random.default_rng(0).random((320, 400, 3))
        shown = picture(pixels, {"order": "HWC", "low": 0, "high": 1}, 0)
        data = np.frombuffer(base64.b64decode(shown["bytes"]), np.uint8)
        expected = pixels[:318, :399].reshape(106, 3, 133, 3, 3).mean(axis=(1, 3)) * 255
        found = data.reshape(shown["rows"], shown["columns"], 3)[:106, :133]
        assert np.abs(found - expected).max() <= 0.51

    def test_another_picture_is_fetched(self) -> None:
        batch = np.random.default_rng(0).random((5, 3, 64, 64)).astype(np.float32)
        shown = part(batch, "picture", [4])
        data = np.frombuffer(base64.b64decode(shown["bytes"]), np.uint8).reshape(64, 64, 3)
        low, high = 0, 1
        assert np.abs(data - (batch[4].transpose(1, 2, 0) - low) / (high - low) * 255).max() <= 0.51

    def test_what_is_none_has_no_pixels(self) -> None:
        with pytest.raises(ValueError, match="no picture"):
            part(np.zeros((3, 3)), "picture", [0])


class TestPages:
    def test_all_elements_are_there_while_there_is_room(self) -> None:
        some = np.random.default_rng(0).random((10, 40, 40)).astype(np.float32)
        (found,) = for_page([(None, some)])
        np.testing.assert_array_equal(elements(found), some)

    def test_a_page_has_its_limits(self) -> None:
        each = np.zeros((240, 240))
        found = for_page([(None, each)] * 12)
        assert "data" in found[0]
        assert "data" not in found[-1]
        assert len(embedded(found)) < 6_000_000
