"""Lesson 1 as a learner meets it: opened by `symbook lab` in JupyterLab, run in a real Chromium."""

from __future__ import annotations

import re
import shutil

from symbook.cli.lessons import FIRST_LESSON, shipped_lessons


def test_symbook_lab_opens_lesson_1_and_all_of_it_runs(open_notebook):
    lesson = open_notebook()
    page = lesson.page
    assert page.locator(".lm-TabBar-tab.jp-mod-current").inner_text().strip() == FIRST_LESSON
    # A learner sees no answers before anything is run.
    assert any(cell["cell_type"] == "code" for cell in lesson.cells)
    assert not lesson.outputs
    assert page.locator(".jp-OutputArea-output").count() == 0

    lesson.run_all()
    assert not lesson.errors
    assert all(cell["execution_count"] for cell in lesson.cells if cell["cell_type"] == "code")
    assert re.search(r"\b14\b", lesson.text)
    assert lesson.expected_images > 0
    _assert_all_images_show(lesson)
    # What the live view does not say stays beside it.
    assert page.get_by_text("_plus0_output = [14]   (1,) int32").last.is_visible()
    picture = ".jp-OutputArea-output img"
    lesson.screenshot("lesson-1-light", picture)
    lesson.use_theme("Dark")
    lesson.screenshot("lesson-1-dark", picture)
    _assert_all_images_show(lesson)
    # Nothing lay over it: no dialog, and no question about Jupyter's news.
    assert page.locator(".jp-Dialog, .Toastify__toast").count() == 0


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
