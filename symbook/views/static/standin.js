/** The static form of a view, which stands in for it where nothing runs. */

import { h } from "./dom.js";

/** An output of JupyterLab's that has nothing else takes no room either: in a narrow window it has a line of its own. */
const ruleOf = (form) => `${form}, .jp-OutputArea-child:has(> .jp-OutputArea-output > ${form}:first-child) { display: none !important; }`;

/** Hide the elements of a class while a rendering of the view is there; gives what ends that.
 *
 * A rule reaches those, too, that a notebook has not put on the page yet, or takes off it for a while.
 */
export function hideStandIn(name, element) {
  const rules = [element.getRootNode(), document]
    .filter((root, k, all) => all.indexOf(root) === k)
    .map((root) => {
      const rule = h("style", {}, ruleOf(`.${CSS.escape(name)}`));
      (root instanceof ShadowRoot ? root : document.head).append(rule);
      return rule;
    });
  return () => rules.forEach((rule) => rule.remove());
}
