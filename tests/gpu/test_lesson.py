"""Lesson 9 on a GPU: its cells run there, and what learners without one are shown is what they print."""

from __future__ import annotations

import json
import re

import record_lesson

import symbook as mx


def saved():
    return json.loads(record_lesson.RECORD.read_text(encoding="utf-8"))


def test_the_cells_run_on_a_gpu(gpu, request):
    printed = record_lesson.printed(gpu)
    assert printed["first_run"] == "[<NDArray 1 @gpu(0)>] -> [14]"
    assert re.findall(r"\w+\(0\)", printed["there_and_back"]) == [
        "cpu(0)",
        "gpu(0)",
        "gpu(0)",
        "cpu(0)",
    ]
    assert printed["forgotten"].startswith("A is on cpu(0), and the graph is bound to gpu(0)")
    assert "_CrossDeviceCopy" in printed["gpu_and_cpu"]
    if "simulation" in request.fixturenames and saved()["device"] == record_lesson.SIMULATED:
        assert printed == saved()["printed"]


def test_the_sum_waits_for_the_product_of_the_other_stream(simulation):
    lines = [line.strip() for line in record_lesson.printed(mx.gpu(0))["two_streams"].splitlines()]
    assert lines[:2] == ["main: AB, sum", "side 1: CD"]
    order = ["CD = dot", "event1.record(side1)", "main.wait_event(event1)", "sum = elemwise_add"]
    assert [line for line in lines if line in order] == order


def test_the_record_is_of_these_cells_and_says_where_it_was_made():
    names = [re.search(r"@on_gpu\ndef (\w+)", cell)[1] for cell in record_lesson.cells()]
    assert list(saved()["printed"]) == names
    real = saved()["made"].startswith("This was recorded on a real GPU")
    assert real == (saved()["device"] != record_lesson.SIMULATED)
