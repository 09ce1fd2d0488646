"""The views without a mouse, without eyes, without colours, on a small screen and on paper."""

from __future__ import annotations

import re

import numpy as np
import pytest
from offline_pages import violations

import symbook as mx

views = pytest.importorskip("symbook.views")

_VALUES = {"A": [1.0, 2.0], "B": [3.0, 4.0], "C": [5.0, 6.0], "D": [7.0, 8.0]}
_ARRAYS = {name: np.array(value) for name, value in _VALUES.items()}
_EXPECTED = {
    "_mul0": _ARRAYS["A"] * _ARRAYS["B"],
    "_mul1": _ARRAYS["C"] * _ARRAYS["D"],
    "_plus0": _ARRAYS["A"] * _ARRAYS["B"] + _ARRAYS["C"] * _ARRAYS["D"],
}


def _symbol():
    with mx.name.NameManager():
        a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
        return (a * b) + (c * d)


def _bound(symbol, grad=False):
    arrays = {name: mx.nd.array(_VALUES[name]) for name in symbol.list_arguments()}
    grads = {name: mx.nd.zeros((2,)) for name in arrays} if grad else None
    return symbol.bind(mx.cpu(), arrays, args_grad=grads)


def _network():
    with mx.name.NameManager():
        x = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=16, name="fc1")
        x = mx.sym.Activation(mx.sym.BatchNorm(x, name="bn1"), act_type="relu", name="relu1")
        x = mx.sym.SoftmaxOutput(
            mx.sym.FullyConnected(x, num_hidden=10, name="fc2"), name="softmax"
        )
    executor = x.simple_bind(mx.cpu(), data=(32, 28), grad_req="write")
    for array in executor.arg_dict.values():
        array[:] = np.random.default_rng(0).normal(size=array.shape)
    return executor


def _failure():
    with mx.name.NameManager():
        symbol = (mx.sym.Variable("A") * mx.sym.Variable("B")) + mx.sym.Variable("C")
    arrays = {name: mx.nd.ones((2 + (name == "B"),)) for name in "ABC"}
    with pytest.raises(mx.base.MXNetError) as caught:
        symbol.bind(mx.cpu(), arrays)
    return views.Failure(symbol, arrays, caught.value)


def _to_optimise():
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    symbol = mx.sym.exp(a * b) + mx.sym.tanh(a * b) + mx.sym.sqrt(mx.sym.ones((4,)) * 2)
    return symbol.bind(mx.cpu(), {"a": mx.nd.ones((4,)), "b": mx.nd.ones((4,))})


_HEAD = '<!doctype html><html lang="en"><meta charset="utf-8"><title>static</title>'


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Files of all views, live and static, by name."""
    folder = tmp_path_factory.mktemp("views")
    shown = {
        "stepper": views.Stepper(_bound(_symbol())),
        "backward": views.Stepper(_network(), is_train=True),
        "graph": views.GraphView(_symbol()),
        "values": views.ValueView(_network()),
        "failure": _failure(),
        "timeline": views.Timeline(_network(), is_train=True),
        "gradient": views.GradientView(_bound(_symbol(), grad=True), out_grads=mx.nd.ones((2,))),
        "optimiser": views.OptimiserView(_to_optimise()),
        "explorer": views.Explorer(),
        "tiny": views.GraphView(mx.sym.relu(mx.sym.Variable("x"))),
    }
    found = {}
    for name, view in shown.items():
        found[name] = view.save(folder / f"{name}.html")
        path = folder / f"static-{name}.html"
        html = f"{_HEAD}<main><h1>{name}</h1>{view.html()}</main>"
        path.write_text(html, encoding="utf-8")
        found[f"static-{name}"] = path
    return found


@pytest.fixture
def open_page(offline_pages, pages):
    """A function that opens a view by its name, live or static, for some media."""

    def open_it(name, **media):
        if not name.startswith("static-"):
            return offline_pages.open(pages[name], **media)
        page = offline_pages.open(pages[name], ready="h1", **media)
        page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        return page

    return open_it


_VIEWS = ("stepper", "backward", "graph", "values", "failure", "timeline")
_VIEWS += ("gradient", "optimiser", "explorer")
_MEDIA = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "contrast": {"contrast": "more"},
    "dark contrast": {"contrast": "more", "color_scheme": "dark"},
    "forced colours": {"forced_colors": "active"},
    "narrow": {"width": 360},
}


class TestAxe:
    @pytest.mark.parametrize("name", _VIEWS)
    def test_it_finds_nothing_in_a_view(self, open_page, name) -> None:
        page = open_page(name)
        boxes = page.locator(".sb-node[data-box]")
        if boxes.count():
            boxes.first.focus()
            page.keyboard.press("Enter")
            page.keyboard.press("?")
        assert violations(page) == []
        # Without what is chosen, and with other colours.
        page.reload()
        page.wait_for_selector(".symbook-view section")
        page.emulate_media(color_scheme="dark")
        page.wait_for_selector('.symbook-view[data-theme="dark"]')
        assert violations(page, "color-contrast") == []

    @pytest.mark.parametrize("media", ["contrast", "dark contrast", "forced colours", "narrow"])
    def test_nor_in_other_media(self, open_page, media) -> None:
        for name in ("backward", "optimiser"):
            page = open_page(name, **_MEDIA[media])
            assert violations(page, "color-contrast", "target-size") == [], name
            page.close()

    @pytest.mark.parametrize("name", _VIEWS)
    def test_nor_in_a_static_form(self, open_page, name) -> None:
        page = open_page(f"static-{name}", width=360)
        assert violations(page) == []
        assert _overflow(page) <= 0
        assert page.locator("script").count() == 0
        assert page.locator("img:not([alt]), img[alt='']").count() == 0


def _overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def _focus(page):
    """What has the focus, as it is called."""
    return page.evaluate(
        "() => { const at = document.activeElement;"
        " return at === document.body ? null : at.getAttribute('aria-label') ?? at.textContent; }"
    )


def _tab_to(page, name, key="Tab"):
    for _ in range(40):
        page.keyboard.press(key)
        if re.match(name, _focus(page) or ""):
            return
    raise AssertionError(f"{name} is not reached by {key}")


class TestKeys:
    def test_a_whole_run_is_stepped_through_and_its_values_read(self, open_page) -> None:
        page = open_page("stepper")
        _tab_to(page, "First")
        page.keyboard.press("Enter")
        sentences = [page.locator(".sb-sentence").inner_text()]
        for _ in range(45):
            page.keyboard.press(".")
            sentences.append(page.locator(".sb-sentence").inner_text())
        assert sentences[-1] == sentences[-2]
        assert any("_plus0" in text for text in sentences)
        page.keyboard.press(",")
        assert page.locator(".sb-sentence").inner_text() != sentences[-1]
        page.keyboard.press(".")
        _tab_to(page, r"A, variable")
        heard = {}
        for _ in range(7):
            name, _kind, state, value = _focus(page).split(", ")
            heard[name] = (state, value)
            page.keyboard.press("ArrowRight")
        told = {**_ARRAYS, **_EXPECTED}
        assert heard == {
            name: ("done" if name in _EXPECTED else "bound", f"[{value[0]:.4g} {value[1]:.4g}]")
            for name, value in told.items()
        }

    def test_arrows_follow_edges_and_enter_goes_to_what_is_known(self, open_page) -> None:
        page = open_page("stepper")
        _tab_to(page, r"A, variable")
        ways = [("ArrowDown", "_mul0"), ("ArrowDown", "_plus0"), ("ArrowUp", "_mul0")]
        ways += [("ArrowRight", "_mul1"), ("ArrowUp", "C"), ("ArrowRight", "D"), ("ArrowLeft", "C")]
        ways += [("Home", "A"), ("End", "_plus0"), ("ArrowDown", "_plus0")]
        for key, name in ways:
            page.keyboard.press(key)
            assert _focus(page).startswith(f"{name}, "), (key, name)
            assert page.locator(".sb-inspector h3").inner_text() == name
        page.keyboard.press("Enter")
        assert _focus(page) == "The chosen node"
        page.keyboard.press("Escape")
        assert _focus(page).startswith("_plus0, ")
        page.keyboard.press("Escape")
        assert page.locator(".sb-inspector h3").count() == 0

    def test_search_and_the_list_of_keys(self, open_page) -> None:
        page = open_page("stepper")
        _tab_to(page, r"A, variable")
        page.keyboard.press("/")
        page.keyboard.type("_mul1")
        page.keyboard.press("Enter")
        assert page.locator(".sb-inspector h3").inner_text() == "_mul1"
        assert _focus(page).startswith("Find a node")
        page.keyboard.press("Tab")
        _tab_to(page, r"_mul1, ")
        page.keyboard.press("?")
        keys = page.locator(".sb-keys")
        assert "to the first node" in keys.inner_text()
        assert _focus(page) == "Keys"
        page.keyboard.press("Escape")
        assert keys.is_hidden()
        assert _focus(page).startswith("_mul1, ")

    @pytest.mark.parametrize("name", ["stepper", "timeline", "gradient", "optimiser", "explorer"])
    def test_every_control_is_reached_by_tab(self, open_page, name) -> None:
        page = open_page(name)
        wanted = page.evaluate(
            """() => {
                const stops = document.querySelectorAll(
                    'button, input, select, summary, [tabindex="0"]');
                const there = (stop) => stop.checkVisibility({ visibilityProperty: true })
                    && !stop.closest('[aria-hidden]');
                const seen = [...stops].filter(stop => there(stop) && !stop.disabled);
                seen.forEach((stop, k) => (stop.dataset.stop = k));
                return seen.length;
            }"""
        )
        reached = set()
        for _ in range(wanted + 20):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.dataset.stop"))
        assert {str(k) for k in range(wanted)} <= reached

    def test_the_focus_is_never_lost(self, open_page) -> None:
        page = open_page("backward")
        # The link to an input goes away when it is followed.
        page.locator('.sb-node[aria-label^="relu1,"]').focus()
        page.keyboard.press("Enter")
        page.locator(".sb-inspector .sb-link").first.focus()
        page.keyboard.press("Enter")
        assert _focus(page) is not None
        # So does a question, once it is answered.
        page.locator(".sb-check input").check()
        page.get_by_role("button", name="First", exact=True).focus()
        page.keyboard.press("Enter")
        for _ in range(20):
            page.keyboard.press(".")
            assert _focus(page) is not None
        # Bars are drawn anew.
        page.locator('.sb-bar-node[tabindex="0"]').first.focus()
        page.keyboard.press("+")
        assert _focus(page) is not None

    def test_notebooks_leave_keys_to_the_view_and_keep_their_own(self, open_page) -> None:
        page = open_page("stepper")
        # As JupyterLab listens: on the document, before the element.
        page.evaluate(
            """() => {
                window.left = {};
                document.addEventListener('keydown', event => {
                    window.left[event.key] =
                        event.target.hasAttribute('data-lm-suppress-shortcuts');
                }, true);
            }"""
        )
        _tab_to(page, "First")
        for key in ("ArrowRight", ".", "?", "Escape", "Control+s"):
            page.keyboard.press(key)
        left = page.evaluate("window.left")
        assert left["ArrowRight"]
        assert left["."]
        assert left["?"]
        assert not left["s"]


class TestSpeech:
    def test_each_step_is_said_once(self, open_page) -> None:
        page = open_page("stepper")
        page.evaluate(
            """() => {
                window.said = [];
                for (const region of document.querySelectorAll('.sb-stepper [aria-live]')) {
                    new MutationObserver(() => window.said.push(region.textContent))
                        .observe(region, {childList: true, characterData: true, subtree: true});
                }
            }"""
        )
        page.get_by_role("button", name="First", exact=True).click()
        for _ in range(3):
            page.wait_for_timeout(300)
            page.get_by_role("button", name="Step", exact=True).click()
        page.wait_for_timeout(300)
        said = page.evaluate("window.said")
        assert len(said) == len(set(said)) == 4, said

    def test_playing_does_not_flood(self, open_page) -> None:
        page = open_page("stepper")
        page.evaluate(
            """() => {
                window.said = 0;
                const region = document.querySelector('.sb-stepper [aria-live]');
                new MutationObserver(() => window.said++).observe(region, {childList: true});
            }"""
        )
        page.get_by_label("Speed").select_option("20×")
        page.get_by_role("button", name="Play", exact=True).click()
        page.wait_for_timeout(1500)
        page.wait_for_selector("[aria-label=Play]")
        page.wait_for_timeout(300)
        assert 1 <= page.evaluate("window.said") <= 3

    def test_states_are_words_and_signs(self, open_page) -> None:
        page = open_page("failure")
        box = page.locator('.sb-node[data-state="error"]')
        assert "error" in box.get_attribute("aria-label")
        assert box.locator(".sb-badge text").inner_html() == "✕"
        labels = page.locator(".sb-node .sb-label text").all_text_contents()
        assert {"(2,)", "(3,)"} <= set(labels)
        assert page.locator(".sb-edge.sb-failing").count() == 2


_CONTRASTS = """() => {
    const colour = text => {
        const pen = document.createElement('canvas').getContext('2d');
        pen.fillStyle = text;
        pen.fillRect(0, 0, 1, 1);
        return [...pen.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => [r, g, b].map(part => {
        const x = part / 255;
        return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
    }).reduce((sum, x, k) => sum + x * [0.2126, 0.7152, 0.0722][k], 0);
    const ratio = (a, b) => {
        const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
        return (high + 0.05) / (low + 0.05);
    };
    const found = [];
    const fill = part => colour(getComputedStyle(part).fill);
    const look = (text, ground) => found.push([text.textContent, ratio(fill(text), fill(ground))]);
    for (const node of document.querySelectorAll('.sb-node')) {
        const shape = node.querySelector('.sb-shape > :first-child');
        for (const text of node.querySelectorAll(':scope > text')) look(text, shape);
        const badge = node.querySelector('.sb-badge');
        if (badge && badge.checkVisibility()) {
            look(badge.querySelector('text'), badge.querySelector('circle'));
        }
        const label = node.querySelector('.sb-label');
        if (label) look(label.querySelector('text'), label.querySelector('rect'));
    }
    for (const bar of document.querySelectorAll('.sb-bar-node')) {
        for (const text of bar.querySelectorAll('text')) look(text, bar.querySelector('rect'));
    }
    return found.filter(([text]) => text);
}"""


class TestThemes:
    @pytest.mark.parametrize(
        "media", ["light", "dark", "contrast", "dark contrast", "forced colours"]
    )
    def test_texts_in_pictures_can_be_read(self, open_page, media) -> None:
        for name in ("backward", "failure", "gradient"):
            page = open_page(name, **_MEDIA[media])
            found = page.evaluate(_CONTRASTS)
            assert len(found) > 8
            least = 7.0 if "contrast" in media else 4.5
            assert [row for row in found if row[1] < least] == [], name
            page.close()

    def test_the_page_is_followed_while_it_changes(self, open_page) -> None:
        page = open_page("stepper")
        theme = "document.querySelector('.symbook-view').dataset"
        assert page.evaluate(theme) == {"theme": "light", "contrast": "usual"}
        page.emulate_media(color_scheme="dark")
        page.wait_for_function(f"() => {theme}.theme === 'dark'")
        page.emulate_media(color_scheme="light", contrast="more")
        page.wait_for_function(f"() => {theme}.theme === 'light' && {theme}.contrast === 'more'")
        page.emulate_media(contrast="no-preference")
        page.wait_for_function(f"() => {theme}.contrast === 'usual'")
        # What VS Code, JupyterLab and others do.
        page.evaluate(
            "() => { document.body.className = 'vscode-high-contrast';"
            " document.body.style.background = 'oklch(0.2 0 0)'; }"
        )
        page.wait_for_function(f"() => {theme}.theme === 'dark' && {theme}.contrast === 'more'")
        page.evaluate(
            "() => { document.body.className = ''; document.body.style.background = '#fff';"
            " document.body.dataset.jpThemeName = 'JupyterLab Dark High Contrast'; }"
        )
        page.wait_for_function(f"() => {theme}.theme === 'light' && {theme}.contrast === 'more'")

    def test_kinds_and_states_differ_in_forced_colours(self, open_page) -> None:
        page = open_page("failure", forced_colors="active")
        looks = page.evaluate(
            """() => [...document.querySelectorAll('.sb-node')].map(node => {
                const shape = node.querySelector('.sb-shape'), {stroke, fill} = getComputedStyle(shape);
                const style = getComputedStyle(shape);
                return {seen: stroke !== fill, form: shape.firstElementChild.tagName
                    + shape.firstElementChild.getAttribute('rx'), dash: style.strokeDasharray,
                    state: node.dataset.state ?? '', sign: node.querySelector('.sb-badge text')?.textContent};
            })"""
        )
        assert all(look["seen"] for look in looks)
        assert len({look["form"] for look in looks}) >= 3
        signs = {(look["state"], look["sign"]) for look in looks if look["state"]}
        assert len({sign for _, sign in signs}) == len({state for state, _ in signs}) >= 2

    def test_nothing_moves_for_who_asked_for_that(self, open_page) -> None:
        page = open_page("stepper", reduced_motion="reduce")
        page.get_by_role("button", name="Zoom in").first.click()
        moves = "() => getComputedStyle(document.querySelector('.sb-world')).transitionDuration"
        assert page.evaluate(moves) == "0s"
        page.get_by_label("Speed").select_option("20×")
        page.get_by_role("button", name="Play", exact=True).click()
        page.wait_for_timeout(1500)
        assert "Compose" in page.locator(".sb-act[aria-current=step]").inner_text()


class TestSizes:
    @pytest.mark.parametrize("name", _VIEWS)
    def test_a_narrow_screen_has_room(self, open_page, name) -> None:
        page = open_page(name, width=360)
        assert _overflow(page) <= 0
        small = page.evaluate(
            """() => [...document.querySelectorAll('button:not(.sb-link), input, select, summary')]
                .filter(part => part.checkVisibility())
                .map(part => [(part.closest('label') ?? part).getBoundingClientRect(), part])
                .filter(([{width, height}]) => width < 24 || height < 24)
                .map(([{width, height}, part]) => `${part.outerHTML.slice(0, 90)} ${width}x${height}`)"""
        )
        assert small == []
        cut = page.evaluate(
            """() => [...document.querySelectorAll('.symbook-view :is(button, p, select)')]
                .filter(part => part.checkVisibility() && !part.closest('.sb-scroll, .sb-unseen'))
                .map(part => [part.getBoundingClientRect(), part])
                .filter(([{left, right}]) => left < -0.5 || right > 360.5)
                .map(([, part]) => part.outerHTML.slice(0, 90))"""
        )
        assert cut == []

    def test_pictures_are_as_large_as_the_texts_around(self, open_page) -> None:
        page = open_page("tiny")
        tall = "() => document.querySelector('.sb-node').getBoundingClientRect().height"
        before = page.evaluate(tall)
        page.evaluate("() => { document.body.style.fontSize = '21px'; }")
        page.get_by_role("button", name="Fit").click()
        page.wait_for_function(f"before => ({tall})() > 1.2 * before", arg=before)

    def test_on_paper_there_is_nothing_to_press(self, open_page) -> None:
        page = open_page("stepper", color_scheme="dark")
        page.emulate_media(media="print")
        assert not page.get_by_role("button", name="Zoom in").is_visible()
        assert page.locator(".sb-node").first.is_visible()
        assert page.locator(".sb-sentence").is_visible()
        ink = page.evaluate("() => getComputedStyle(document.querySelector('.sb-sentence')).color")
        assert max(map(int, re.findall(r"\d+", ink))) < 100
