/** Risks, addresses, and where to read more. */

import { index, network } from "../state/data";
import { Name } from "./parts";

export function Footer() {
  const program = network.state.value.data?.programId ?? index.state.value.data?.program;
  const vault = network.state.value.data?.vault ?? index.state.value.data?.vault;
  return (
    <footer class="foot">
      <div>
        <h2>Know the risks</h2>
        <p>
          The program is not audited. Yield is variable: it follows what the platform earns, and can be zero. A liquid staking
          token carries its issuer's risk, and staked SOL its validators'. Stake only what you can afford to lose.
        </p>
      </div>
      <div>
        <h2>On chain</h2>
        <dl class="pairs">
          <div class="pair"><dt>Program</dt><dd>{program ? <Name of={program} kind="address" /> : "–"}</dd></div>
          <div class="pair"><dt>Vault</dt><dd>{vault ? <Name of={vault} kind="address" /> : "–"}</dd></div>
        </dl>
      </div>
      <nav aria-label="For developers">
        <h2>For developers</h2>
        <ul>
          <li><a href="/console">Console: keys, usage and credit</a></li>
          <li><a href="/docs">API reference</a></li>
          <li><a href="/api">Endpoints</a></li>
          <li><a href="/api/openapi.json">OpenAPI</a></li>
        </ul>
      </nav>
    </footer>
  );
}
