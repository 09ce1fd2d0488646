"""Lesson 1 as a learner meets it: opened by `symbook lab` in JupyterLab, run in a real Chromium."""

from __future__ import annotations

import re
import shutil

from symbook.cli.lessons import FIRST_LESSON, shipped_lessons


def test_symbook_lab_opens_lesson_1(jupyterlab, chromium):
    page = chromium.new_page()
    page.goto(jupyterlab.first_lesson_url)
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
    page.evaluate("async () => { await window.jupyterapp.restored; }")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    assert page.locator(".lm-TabBar-tab.jp-mod-current").inner_text().strip() == "01_dataflow.ipynb"
    # Nothing lies over it: no dialog, and no question about Jupyter's news.
    page.wait_for_timeout(1000)
    assert page.locator(".jp-Dialog, .Toastify__toast").count() == 0
    page.close()


def test_a_learner_sees_no_answers_before_anything_is_run(open_notebook):
    lesson = open_notebook()
    assert any(cell["cell_type"] == "code" for cell in lesson.cells)
    assert not lesson.outputs
    assert lesson.page.locator(".jp-OutputArea-output").count() == 0


def test_the_saved_pictures_show_before_anything_is_run(open_notebook, jupyterlab):
    """As on Binder, where the lesson is opened with its outputs. It is untrusted: JupyterLab
    sanitises what was saved.
    """
    name = "with-outputs.ipynb"
    shutil.copy(shipped_lessons() / FIRST_LESSON, jupyterlab.folder / name)
    lesson = open_notebook(name)
    assert lesson.expected_images > 0
    _assert_all_images_show(lesson)
    lesson.screenshot("lesson-1-untrusted")


def test_all_cells_run_and_every_picture_shows(open_notebook):
    lesson = open_notebook()
    lesson.run_all()
    assert not lesson.errors
    assert all(cell["execution_count"] for cell in lesson.cells if cell["cell_type"] == "code")
    assert re.search(r"\b14\b", lesson.text)
    assert lesson.expected_images > 0
    _assert_all_images_show(lesson)
    # What the live view does not say stays beside it.
    assert lesson.page.get_by_text("_plus0_output = [14]   (1,) int32").last.is_visible()
    picture = ".jp-OutputArea-output img"
    lesson.screenshot("lesson-1-light", picture)
    lesson.use_theme("Dark")
    lesson.screenshot("lesson-1-dark", picture)
    _assert_all_images_show(lesson)


def _assert_all_images_show(lesson):
    images = lesson.images
    assert len(images) == lesson.expected_images
    # A live view takes the place of its static picture.
    views = lesson.page.locator(".symbook-view")
    assert sum(not image.shown for image in images) == views.count()
    assert all(view.locator(".sb-node").count() for view in views.all())
    for image in filter(lambda image: image.shown, images):
        assert image.naturalWidth > 0, image
        assert image.width > 0, image
        assert len(image.alt.split()) > 1, image
