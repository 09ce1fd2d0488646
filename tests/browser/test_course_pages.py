"""The pages that `symbook lessons html` makes of the course, opened from a folder with the network off."""

from __future__ import annotations

import html.parser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from build_lessons import LESSONS, ROOT, SOLUTIONS
from lesson_files import HOSTS, code_cells, tagged, tags
from offline_pages import violations
from page_policy import injected, policy, refusals

LESSON = "01_dataflow"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The site of a course of one lesson, with all the pages that are beside the lessons."""
    folder = tmp_path_factory.mktemp("a course")
    shipped, target = folder / "shipped", folder / "the site"
    (shipped / "solutions").mkdir(parents=True)
    for path in [*LESSONS.glob("*.md"), LESSONS / f"{LESSON}.ipynb"]:
        shutil.copy(path, shipped)
    shutil.copy(SOLUTIONS / f"{LESSON}.ipynb", shipped / "solutions")
    # A kernel is not driven where Chromium is.
    code = (
        "import pathlib, sys; from symbook.cli import main, site; "
        "site.shipped_lessons = lambda: pathlib.Path(sys.argv[1]); "
        "sys.exit(main(['lessons', 'html', sys.argv[2]]))"
    )
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-c", code, str(shipped), str(target)]
    subprocess.run(command, env=env, check=True)
    return target


@pytest.fixture
def lesson(offline_pages, pages):
    """A function that opens the lesson, with all open that is folded."""

    def open_it(**media):
        page = offline_pages.open(pages / f"{LESSON}.html", ready="h1", **media)
        page.evaluate("document.querySelectorAll('main details').forEach(part => part.open = true)")
        page.wait_for_selector(".symbook-view section")
        return page

    return open_it


class Found(html.parser.HTMLParser):
    """What a page leads to and takes, and the names in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.leads: set[str] = set()
        self.names: list[str] = []
        self.levels: list[int] = []
        self.alts: list[str | None] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs) -> None:
        about = dict(attrs)
        self.leads |= {about[key] for key in ("href", "src") if about.get(key)}
        self.names += [about["id"]] if "id" in about else []
        self.levels += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        self.alts += [about.get("alt")] if tag == "img" else []


class TestFiles:
    def test_there_is_a_page_for_each_text(self, pages) -> None:
        beside = {path.stem for path in LESSONS.glob("*.md")} - {"README"}
        expected = {f"{name}.html" for name in {LESSON, "index", *beside}}
        assert {path.name for path in pages.glob("*.html")} == expected
        assert (pages / "solutions" / f"{LESSON}.html").is_file()

    def test_every_link_leads_somewhere(self, pages) -> None:
        found = {path: Found(path) for path in pages.rglob("*.html")}
        for path, page in found.items():
            for link in page.leads:
                parts = urlsplit(link)
                if parts.scheme == "data":
                    continue
                if parts.scheme:
                    assert parts.scheme == "https", link
                    assert parts.hostname in HOSTS, link
                    continue
                other = (path.parent / unquote(parts.path)).resolve() if parts.path else path
                assert other.is_file(), f"{path.name}: {link}"
                if parts.fragment:
                    assert unquote(parts.fragment) in found[other].names, f"{path.name}: {link}"

    def test_each_page_has_one_title_names_once_and_pictures_with_words(self, pages) -> None:
        for path in pages.rglob("*.html"):
            page = Found(path)
            assert page.levels.count(1) == 1, path.name
            steps = zip(page.levels, page.levels[1:], strict=False)
            assert all(after - before <= 1 for before, after in steps), path.name
            assert len(page.names) == len(set(page.names)), path.name
            assert None not in page.alts, path.name

    def test_all_that_a_lesson_says_and_runs_is_on_its_page(self, pages, lesson) -> None:
        shown = lesson().inner_text("main")
        saved = nbformat.read(LESSONS / f"{LESSON}.ipynb", as_version=4)
        for cell in code_cells(saved):
            for line in filter(None, map(str.strip, cell.source.splitlines())):
                assert line in shown
        for cell in saved.cells:
            if cell.cell_type == "markdown" and "All lessons" not in cell.source:
                for heading in re.findall(r"^##+ (.*)", cell.source, re.MULTILINE):
                    assert heading.replace("`", "") in shown
        failing = [cell for cell in code_cells(saved) if "raises-exception" in tags(cell)]
        assert failing
        for cell in failing:
            assert cell.outputs[-1].evalue.splitlines()[0] in shown

    def test_notebooks_to_take_away_have_no_answers(self, pages) -> None:
        taken = nbformat.read(pages / "notebooks" / f"{LESSON}.ipynb", as_version=4)
        assert all(cell.outputs == [] for cell in code_cells(taken))


class TestPages:
    def test_a_stepper_steps(self, lesson) -> None:
        page = lesson()
        view = page.locator(".symbook-view").first
        # 1·2 + 3·4
        assert "the result is 14" in view.locator(".sb-sentence").inner_text()
        back, on = (
            view.get_by_role("button", name=name, exact=True) for name in ("Step back", "Step")
        )
        back.click()
        assert "the result is 12" in view.locator(".sb-sentence").inner_text()
        back.click()
        assert "the result is 2" in view.locator(".sb-sentence").inner_text()
        on.click()
        assert "the result is 12" in view.locator(".sb-sentence").inner_text()
        # Its static form is not there as well.
        stand_in = page.locator(".live-view").first.get_attribute("data-stand-in")
        assert not any(form.is_visible() for form in page.locator(f".{stand_in}").all())

    def test_what_is_to_be_guessed_is_folded_and_opens(self, offline_pages, pages) -> None:
        page = offline_pages.open(pages / f"{LESSON}.html", ready="h1")
        fold = page.locator("details.guess").first
        assert not fold.locator(".gave").is_visible()
        fold.locator("summary").click()
        assert fold.locator(".gave").is_visible()

    def test_an_exercise_shows_its_cell_hints_and_solution(self, offline_pages, pages) -> None:
        page = offline_pages.open(pages / f"{LESSON}.html", ready="h1")
        saved = nbformat.read(SOLUTIONS / f"{LESSON}.ipynb", as_version=4)
        for id, cell in tagged(saved, "solution").items():
            place = page.locator(f'[id="exercise-{id}"]')
            assert f'check("{id}"' in place.inner_text()
            assert "Not answered yet" not in place.inner_text()
            assert "mybinder.org" in place.locator("a").first.get_attribute("href")
            assert place.locator(".hint").count() > 0
            solution = place.locator("details.solution")
            assert not solution.locator("pre").first.is_visible()
            solution.locator("summary").click()
            assert cell.source.strip() == solution.locator(".code").inner_text().strip()

    def test_axe_finds_nothing_in_a_lesson(self, lesson) -> None:
        page = lesson()
        assert violations(page) == []
        page.emulate_media(color_scheme="dark")
        page.wait_for_selector('.symbook-view[data-theme="dark"]')
        assert violations(page, "color-contrast") == []

    def test_nor_in_a_narrow_window(self, lesson) -> None:
        page = lesson(width=360, contrast="more")
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        rules = ("color-contrast", "target-size", "scrollable-region-focusable")
        assert violations(page, *rules) == []

    def test_nor_in_the_other_pages(self, offline_pages, pages) -> None:
        for path in sorted(pages.rglob("*.html")):
            if path.stem == LESSON and path.parent == pages:
                continue
            page = offline_pages.open(path, ready="h1")
            page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
            assert violations(page) == [], path.name
            page.close()

    def test_pages_run_no_script_that_stands_in_them(self, chromium, pages) -> None:
        """Scripts are files of the site's own; what is put into a page is refused."""
        own = sorted(pages.rglob("*.html"))
        for path in own:
            rules = policy(path.read_text(encoding="utf-8"))
            assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == {"'none'"}
            assert rules["script-src"] == {"'self'", "file:"}
        path = pages / f"{LESSON}.html"
        text = path.read_text(encoding="utf-8")
        hacked = path.with_name("hacked.html")
        hacked.write_text(injected(text), encoding="utf-8")
        try:
            refused = refusals(chromium, hacked.as_uri(), "h1")
        finally:
            hacked.unlink()
        assert {"script-src-elem", "script-src-attr", "base-uri", "form-action"} <= refused

    def test_the_theme_can_be_chosen_and_is_kept(self, offline_pages, pages) -> None:
        page = offline_pages.open(pages / "index.html")
        view = page.locator(".symbook-view").first
        assert view.get_attribute("data-theme") == "light"
        button = page.get_by_role("button", name="Theme")
        button.click()
        button.click()
        assert button.inner_text() == "Theme: dark"
        page.wait_for_selector('.symbook-view[data-theme="dark"]')
        page.get_by_role("link", name="Start with lesson 1").click()
        page.wait_for_selector("h1")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"

    def test_keys_skip_to_the_text(self, lesson) -> None:
        page = lesson()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"

    def test_on_paper_all_is_open_and_nothing_is_to_be_pressed(self, offline_pages, pages) -> None:
        page = offline_pages.open(pages / f"{LESSON}.html", ready="h1", color_scheme="dark")
        page.emulate_media(media="print")
        assert page.locator("details.solution pre").first.is_visible()
        assert not page.locator("nav.contents").is_visible()
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == "rgb(255, 255, 255)"
