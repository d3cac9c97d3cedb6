/** What stands around every page: name, pages, who is logged in. */

import { inWords } from "../../api/words";
import { say } from "../../state/toasts";
import { Empty, Skeleton } from "../../view/parts";
import { Toasts } from "../../view/toasts";
import { account } from "../data";
import { PAGES, page, type Page } from "../route";
import { logOut, resume, session } from "../session";
import { BillingPage } from "./billing";
import { KeysPage } from "./keys";
import { LogIn } from "./login";
import { Playground } from "./playground";
import { UsagePage } from "./usage";

const SHOWN = { usage: UsagePage, keys: KeysPage, billing: BillingPage, playground: Playground };

export const Shell = () => (
  <>
    <Top />
    <main id="main" tabIndex={-1}>
      <Body />
    </main>
    <Toasts />
  </>
);

function Body() {
  const now = session.value;
  if (now.at === "starting")
    return <div class="panel" aria-busy="true"><span class="sr">Loading</span><Skeleton lines={4} /></div>;
  if (now.at === "out") return <LogIn why={now.why} />;
  if (now.at === "absent")
    return (
      <>
        <h1 class="page-title">Console</h1>
        <Empty title="This server has no customer accounts.">
          Whoever runs it can set them up. The rest of the site works without: see <a href="/">staking</a>.
        </Empty>
      </>
    );
  if (now.at === "unknown")
    return (
      <div class="problem" role="alert">
        <p><strong>Your session could not be looked up.</strong> {inWords(now.error)}</p>
        <button type="button" class="quiet" onClick={() => void resume()}>Try again</button>
      </div>
    );
  const Shown = SHOWN[page.value];
  return (
    <>
      <h1 class="page-title">{PAGES[page.value]}</h1>
      <Shown />
    </>
  );
}

const Top = () => (
  <header class="top console-top">
    <a class="brand" href="/console" aria-label="Primis console, home">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <path d="M8 25V7h8a5.6 5.6 0 0 1 0 11.200H8" />
        <circle cx="24.500" cy="23.500" r="2.800" />
      </svg>
      Primis <span class="where">console</span>
    </a>
    {session.value.at === "in" && (
      <nav class="pages" aria-label="Pages">
        {(Object.keys(PAGES) as Page[]).map((name) => (
          <a key={name} href={`#${name}`} aria-current={page.value === name ? "page" : undefined}>
            {PAGES[name]}
          </a>
        ))}
      </nav>
    )}
    <span class="spring" />
    {session.value.at === "in" ? <Who /> : <a class="button" href="/">Staking</a>}
  </header>
);

function Who() {
  const known = account.state.value.data;
  const leave = () => void logOut().catch((error: unknown) => say({ tone: "bad", text: inWords(error) }));
  return (
    <div class="who">
      {known && <span class="who-name" title={known.email ?? known.id}>{known.displayName}</span>}
      <button type="button" class="quiet" onClick={leave}>Log out</button>
    </div>
  );
}

