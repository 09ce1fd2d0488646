/** The view of a page of its own: its document is in the page. */

import { mount } from "./mount.js";
import { unpacked } from "./packing.js";

const found = JSON.parse(document.getElementById("document").textContent);
const place = document.getElementById("view");
Promise.resolve(unpacked(found)).then((data) => mount(data, place), ({ message }) => (place.textContent = message));
