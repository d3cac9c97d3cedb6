/** What the API says to a customer, as far as the console reads it. Money is nano-USD in decimal strings. */

export interface Session {
  accountId: string;
  accessToken: string;
}

/** The ways to log in that this server has. */
export interface LoginMethods {
  password: boolean;
  wallet: boolean;
  providers: { id: string; name: string }[];
}

export interface Account {
  id: string;
  email: string | null;
  displayName: string;
  plan: string;
}

export interface Challenge {
  message: string;
  input: {
    domain: string;
    address: string;
    statement: string;
    uri: string;
    version: string;
    nonce: string;
    issuedAt: string;
    expirationTime: string;
  };
}

export type Scope = "read" | "write" | "admin";

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  scopes: Scope[];
  createdAtUnix: number;
  expiresAtUnix: number | null;
  revokedAtUnix: number | null;
  lastUsedAtUnix: number | null;
  requests: number;
}

export interface ApiKeys {
  keys: ApiKey[];
}

export interface CreatedKey {
  secret: string;
  key: ApiKey;
}

interface Prices {
  listNanoUsd: string;
  discountNanoUsd: string;
  chargeNanoUsd: string;
}

export interface UsageLine extends Prices {
  id: string;
  kind: string;
  sku: string;
  keyId: string | null;
  promptTokens: number | null;
  cachedTokens: number | null;
  completionTokens: number | null;
  estimated: boolean;
  settledAtUnix: number;
}

export interface UsagePage {
  lines: UsageLine[];
  nextCursor: string | null;
}

export interface UsageSum extends Prices {
  dayUnix: number | null;
  sku: string | null;
  requests: number;
  estimated: number;
}

export interface UsageSummary {
  fromUnix: number;
  toUnix: number;
  sums: UsageSum[];
}

export interface Plan {
  plan: string;
  terms: {
    catalogue: string;
    name: string;
    priceCents: number;
    systems: number | null;
    includedCalls: number;
    overagePerThousandNanoUsd: string | null;
    historyDays: number;
    features: string[];
    requestsPerMinute: number;
    sandbox: { hours: number; cpus: number; memoryMib: number } | null;
  };
}

export interface Subscription {
  catalogue: string;
  plan: string;
  status: string;
  periodEndUnix: number;
  cancelAtPeriodEnd: boolean;
}

export interface Billing {
  balanceNanoUsd: string;
  heldNanoUsd: string;
  availableNanoUsd: string;
  plan: Plan;
  subscriptions: Subscription[];
  usage: { month: string; calls: number; includedCalls: number; overageNanoUsd: string };
  packs: { id: string; priceCents: number; creditNanoUsd: string }[];
  runCredits: number;
  runPacks: { id: string; runs: number; priceCents: number }[];
  customMinCents: number;
  customMaxCents: number;
  plans: Plan[];
}

export interface Checkout {
  url: string;
}

export interface Subscribed {
  checkout: Checkout | null;
  subscription: Subscription | null;
}

export interface Invoice {
  number: string;
  kind: "invoice" | "creditNote";
  month: string;
  issuedAtUnix: number;
  totalNanoUsd: string;
  usageChargeNanoUsd: string;
}

export interface Invoices {
  invoices: Invoice[];
  next: string | null;
}

export interface StatementPosting {
  id: string;
  kind: string;
  atUnix: number;
  amountNanoUsd: string;
}

export interface Statement {
  month: string;
  openingNanoUsd: string;
  closingNanoUsd: string;
  postings: StatementPosting[];
  next: string | null;
}

export interface Model {
  id: string;
  kind: "chat" | "embeddings";
  prompt_nano_usd: string;
  completion_nano_usd: string;
  max_output_tokens: number;
}

export interface Models {
  data: Model[];
}
