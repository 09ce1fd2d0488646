"""Names that nobody expects, and a graph that has them."""

from __future__ import annotations

import symbook as mx

HOSTILE = [
    "<script>window.hacked = 1</script>",
    "</script><img src=x onerror='window.hacked = 1'>",
    "<!--",
    "]]>",
    "a\"b'c`d\\e",
    "\x00nul\x1b[31m",
    "two\nlines\tand a tab",
    "\u202eevil\u202c \u2066iso\u2069",
    "zero\u200bwidth\u200d\ufeff",
    "x" * 10_000,
    "👩‍👩‍👧‍👦 é\u0301 שלום",
    "\u2028 and \u2029",
    "${window.hacked = 1} {{7*7}}",
    "javascript:alert(1)",
    "__proto__",
    "constructor",
    "\ud800",
    "&lt;b&gt; %s",
    " ",
    "../../etc/passwd",
]


def hostile_run(names, grad=False):
    """The sum of variables of these names, bound."""
    symbol = mx.sym.Variable(names[0])
    for name in names[1:]:
        symbol = mx.sym.elemwise_add(symbol, mx.sym.Variable(name), name=f"{name} +")
    arrays = {name: mx.nd.array([1.0, 2.0]) for name in names}
    grads = {name: mx.nd.zeros((2,)) for name in names} if grad else None
    return symbol.bind(mx.cpu(), arrays, args_grad=grads)
