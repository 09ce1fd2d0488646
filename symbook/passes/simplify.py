"""Simplification: nodes that give a value that there is already, to the bit, are left out.

Only identities that are exact in floating point count: x * 1 and x - 0 are x, also for NaN, infinities and
-0; but -0 + 0 is 0, so x + 0 stays. The values that take the place must lie in memory as those did, too: a
sum adds the elements of a transposed matrix in another order. What the identities are, is in
:mod:`.identities` and :mod:`.layouts`.
"""

from __future__ import annotations

from ..graph import Pin
from . import identities, layouts
from .rewrite import Notes, Standing, Typed
from .rules import Rule, Site, Swap

_RULES: dict[str, tuple[Rule, ...]] = {}
for _table in (identities.RULES, layouts.RULES):
    for _name, _rules in _table.items():
        _RULES[_name] = (*_RULES.get(_name, ()), *_rules)


def simplify(typed: Typed, notes: Notes = None) -> Typed:
    """Let the readers of what a node only gives again read the original."""
    standing = Standing(typed, notes)
    changed = {pin.node for pin in typed.graph.changed}
    rules = _RULES
    for i, node in enumerate(typed.graph.nodes):
        if node.op is None:
            continue
        pins = standing.inputs(i)
        found = rules.get(node.op.name)
        if found is None or (changed and _is_changed(i, pins, changed)):
            continue
        site = Site(standing, i, node, pins)
        for rule in found:
            if _apply(site, rule):
                break
    return standing.typed()


def _is_changed(i: int, pins: tuple[Pin, ...], changed: set[int]) -> bool:
    """Whether it is about a value that is changed in place: that is one before it and another after."""
    return i in changed or any(pin.node in changed for pin in pins)


def _apply(site: Site, rule: Rule) -> bool:
    result = rule.find(site)
    if result is None:
        return False
    standing, i, own = site.standing, site.i, site.standing.before.specs[site.i]
    if isinstance(result, Swap):
        standing.replace(i, result.node(site.node), result.inputs, why=rule.why)
        return True
    pins = [result] if isinstance(result, Pin) else result
    # Where shape or dtype differ it stretches or converts.
    if [site.spec(pin) for pin in pins] != list(own):
        return False
    standing.put(i, pins, why=rule.why)
    return True
