/** Begins the console: what customers do with keys, credit and models. */

import { effect } from "@preact/signals";
import { render } from "preact";
import { forget, refreshPage } from "./console/data";
import { PAGES, page, startRoute } from "./console/route";
import { resume, session } from "./console/session";
import { Shell } from "./console/view/shell";
import { startSigners } from "./wallet/signin";
import "uplot/dist/uPlot.min.css";
import "./styles/tokens.css";
import "./styles/layout.css";
import "./styles/controls.css";
import "./styles/panels.css";
import "./styles/console.css";

const place = document.getElementById("app");
if (place) {
  startRoute();
  startSigners();
  void resume();
  let known: string | null = null;
  effect(() => {
    const now = session.value;
    const whose = now.at === "in" ? now.account : null;
    if (whose !== known) forget();
    known = whose;
    document.title = whose === null ? "Primis console" : `${PAGES[page.value]} – Primis console`;
    if (whose !== null) void refreshPage(page.value);
  });
  place.textContent = "";
  render(<Shell />, place);
}
