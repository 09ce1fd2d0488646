/** The view of a page of its own: its document is in the page. */

import { mount } from "./mount.js";

const found = JSON.parse(document.getElementById("document").textContent);
mount(found, document.getElementById("view"));
