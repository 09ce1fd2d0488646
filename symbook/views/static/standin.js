/** The static form of a view, which stands in for it where nothing runs. */

import { h } from "./dom.js";

/** Hide the elements of a class while a rendering of the view is there; gives what ends that.
 *
 * A rule reaches those, too, that a notebook has not put on the page yet, or takes off it for a while.
 */
export function hideStandIn(name, element) {
  const rules = [element.getRootNode(), document]
    .filter((root, k, all) => all.indexOf(root) === k)
    .map((root) => {
      const rule = h("style", {}, `.${CSS.escape(name)} { display: none !important; }`);
      (root instanceof ShadowRoot ? root : document.head).append(rule);
      return rule;
    });
  return () => rules.forEach((rule) => rule.remove());
}
