/** The views of a page of the course: the document of each is in the page, where the view is to be. */

import { mount } from "./mount.js";
import { unpacked } from "./packing.js";
import { hideStandIn } from "./standin.js";

const places = [...document.querySelectorAll(".live-view")];

/** What is folded has no size: its views are made when it is opened. */
function showWhenOpen(place) {
  const fold = place.closest("details:not([open])");
  if (fold) fold.addEventListener("toggle", () => showWhenOpen(place), { once: true });
  else show(place);
}

/** Landmarks of several views are told apart by the views' numbers. */
function numberLandmarks(host, number) {
  for (const part of host.querySelectorAll(":is(section, [role=region])[aria-label]")) part.ariaLabel += `, view ${number}`;
}

async function show(place) {
  const found = JSON.parse(place.querySelector("script").textContent);
  const host = document.createElement("div");
  try {
    const data = await unpacked(found);
    place.append(host);
    mount(data, host);
    hideStandIn(place.dataset.standIn, host);
    if (places.length > 1) numberLandmarks(host, places.indexOf(place) + 1);
  } catch ({ message }) {
    // The static form stays.
    host.textContent = message;
  }
}

places.forEach(showWhenOpen);
