"""What stands around a page's text: its head, the contents, and the ways on and back."""

from __future__ import annotations

from html import escape

from symbook._version import __version__

from .course import Course, Page

# Nothing is fetched from elsewhere. A page that is opened from a folder is not its own `'self'` everywhere.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' file:",
        "style-src 'self' file: 'unsafe-inline'",
        "img-src 'self' file: data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
_THEME = """<button type="button" class="theme" hidden>
<svg aria-hidden="true" width="18" height="18" viewBox="0 0 18 18"><circle cx="9" cy="9" r="7" fill="none" \
stroke="currentColor" stroke-width="2"/><path d="M9 2a7 7 0 0 1 0 14z" fill="currentColor"/></svg>
<span>Theme</span></button>"""


def laid_out(
    course: Course,
    page: Page,
    body: str,
    headings: list[tuple[str, str]],
    *,
    views: bool = False,
) -> str:
    """A whole page.

    Parameters
    ----------
    headings : list of (str, str)
        Names and texts of its headings, for the contents.
    views : bool
        Whether there are views in it.
    """
    script = f'<script src="{page.path_to("assets/views.js")}" defer></script>\n' if views else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="symbook {__version__}">
<title>{escape(page.title)} · symbook</title>
<link rel="icon" href="{page.path_to("assets/logo.svg")}">
<link rel="stylesheet" href="{page.path_to("assets/site.css")}">
<script src="{page.path_to("assets/site.js")}"></script>
{script}</head>
<body class="{"lesson" if page.number else "other"}">
<a class="skip" href="#content">Skip to the content</a>
<header class="top">
<a class="home" href="{page.path_to(course.first.target)}"><img src="{page.path_to("assets/logo.svg")}" \
alt="" width="32" height="32"> symbook</a>
{_THEME}
</header>
<div class="frame">
{_contents(course, page, headings)}
<main id="content" tabindex="-1">
{_heading(page)}
{body}
{_ways(course, page)}
</main>
</div>
<footer><p>Made by symbook {__version__}. Apache License 2.0.</p></footer>
</body>
</html>
"""


def _heading(page: Page) -> str:
    if page.number is None:
        return f"<h1>{escape(page.title)}</h1>"
    return (
        f'<h1><span class="kicker">Lesson {page.number}<span class="unseen">. </span></span> '
        f"{escape(page.subject)}</h1>"
    )


def _contents(course: Course, page: Page, headings: list[tuple[str, str]]) -> str:
    lessons = "".join(
        f"<li>{_entry(page, one, f'{one.number}. {one.label}', headings)}</li>"
        for one in course.lessons
    )
    first, *others = (
        f"<li>{_entry(page, one, one.label, headings)}</li>"
        for one in [course.first, *course.others]
    )
    return f"""<nav class="contents" aria-label="Course">
<details open><summary>Contents</summary>
<ul>{first}</ul>
<ol>{lessons}</ol>
<ul>{"".join(others)}</ul>
</details>
</nav>"""


def _entry(page: Page, other: Page, label: str, headings: list[tuple[str, str]]) -> str:
    """A link to another page; of this one, with its sections."""
    address = page.path_to(other.target)
    if other != page:
        return f'<a href="{address}">{escape(label)}</a>'
    sections = "".join(
        f'<li><a href="#{escape(name)}">{escape(text)}</a></li>' for name, text in headings
    )
    below = f'<ul class="sections">{sections}</ul>' if sections else ""
    return f'<a href="{address}" aria-current="page">{escape(label)}</a>{below}'


def _ways(course: Course, page: Page) -> str:
    """Links to the lessons before and after this one; from solutions back to their lesson."""
    if page in course.lessons:
        at = course.lessons.index(page)
        before = course.lessons[at - 1] if at else course.first
        after = course.lessons[at + 1] if at + 1 < len(course.lessons) else None
    else:
        before, after = None, None
        back = [lesson for lesson in course.lessons if course.solution_of(lesson) == page]
        before = back[0] if back else None
    links = [
        f'<a class="{kind}" href="{page.path_to(to.target)}"><span>{told}</span> '
        f"<strong>{escape(_named(to))}</strong></a>"
        for kind, told, to in (("before", "Previous", before), ("after", "Next", after))
        if to is not None
    ]
    return f'<nav class="ways" aria-label="Lessons">{"".join(links)}</nav>' if links else ""


def _named(page: Page) -> str:
    return page.title if page.number is None else f"{page.number}. {page.label}"
