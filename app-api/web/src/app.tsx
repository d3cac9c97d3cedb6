/** Begins everything, and puts it on the page. */

import { render } from "preact";
import { startClock } from "./state/clock";
import { startData } from "./state/data";
import { FlowPanel } from "./view/flow";
import { Footer } from "./view/footer";
import { Header } from "./view/header";
import { Hero } from "./view/hero";
import { HistoryPanel, startHistory } from "./view/history/panel";
import { DistributionsPanel, WalletPanel } from "./view/lists";
import { PoolsPanel } from "./view/pools";
import { PositionPanel } from "./view/position";
import { Projection, startProjection } from "./view/projection";
import { startPreviews } from "./view/stake/form";
import { StakePanel } from "./view/stake/panel";
import { Toasts } from "./view/toasts";
import { startWallets } from "./wallet/standard";
import "uplot/dist/uPlot.min.css";
import "./styles/tokens.css";
import "./styles/layout.css";
import "./styles/controls.css";
import "./styles/panels.css";

const App = () => (
  <>
    <Header />
    <main id="main" tabIndex={-1}>
      <Hero />
      <div class="columns">
        <div class="main-column">
          <PositionPanel />
          <HistoryPanel />
          <PoolsPanel />
          <DistributionsPanel />
          <WalletPanel />
        </div>
        <div class="side-column">
          <StakePanel />
          <Projection />
          <FlowPanel />
        </div>
      </div>
    </main>
    <Footer />
    <Toasts />
  </>
);

const place = document.getElementById("app");
if (place) {
  startClock();
  startData();
  startWallets();
  startPreviews();
  startProjection();
  startHistory();
  place.textContent = "";
  render(<App />, place);
}
