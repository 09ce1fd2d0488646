"""What a page's Content-Security-Policy must refuse, tried by putting it there."""

from __future__ import annotations

import re
from typing import Any

INJECTED = """
<script>window.hacked = "inline"</script>
<script type="module">window.hacked = "module"</script>
<script src="data:text/javascript,window.hacked='data'"></script>
<img src="x:" onerror="window.hacked = 'handler'">
<svg onload="window.hacked = 'svg'"><script>window.hacked = "in svg"</script></svg>
<iframe srcdoc="<script>parent.hacked = 'frame'</script>"></iframe>
<object data="data:text/html,<script>parent.hacked = 'object'</script>"></object>
<a id="injected" href="javascript:window.hacked = 'link'">a link</a>
<base href="https://example.invalid/">
<form id="form" action="https://example.invalid/"><input name="a" value="b"></form>
"""

_WATCHING = """() => {
    window.refused = [];
    document.addEventListener("securitypolicyviolation",
        event => window.refused.push(event.effectiveDirective));
}"""


def injected(text: str) -> str:
    """A page's text with all of it at the end of its body, as if a name had been written there as it is."""
    assert text.count("</body>") == 1
    return text.replace("</body>", f"{INJECTED}</body>")


def refusals(chromium: Any, address: str, ready: str) -> set[str]:
    """What the policy of an injected page refused; fails if anything of what was injected ran."""
    context = chromium.new_context(offline=True)
    try:
        page = context.new_page()
        page.add_init_script(f"({_WATCHING})()")
        page.goto(address)
        page.wait_for_selector(ready)
        page.evaluate("document.getElementById('injected').click()")
        page.evaluate("document.getElementById('form').submit()")
        page.wait_for_function("window.refused.includes('form-action')")
        assert page.evaluate("window.hacked") is None
        assert page.evaluate("document.baseURI") == page.url
        return set(page.evaluate("window.refused"))
    finally:
        context.close()


def policy(text: str) -> dict[str, set[str]]:
    """The directives of a page's policy, which stands before anything that it rules."""
    found = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
    assert len(found) == 1
    assert text.index("Content-Security-Policy") < min(
        text.index(part) for part in ("<style", "<script", "<link") if part in text
    )
    rules = [rule.split() for rule in found[0].split(";")]
    return {name: set(sources) for name, *sources in rules}
