-- Units that were uploaded. Their archives are files, named by their hash.
CREATE TABLE fmus (
    id         TEXT   PRIMARY KEY NOT NULL,
    sha256     TEXT   NOT NULL,
    -- The account; empty: whoever knows the id.
    owner      TEXT   NOT NULL,
    bytes      BIGINT NOT NULL,
    -- What it says of itself, JSON.
    unit       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    -- The largest number: never.
    expires_at BIGINT NOT NULL
);
CREATE INDEX fmus_expires_at ON fmus (expires_at);
CREATE INDEX fmus_sha256 ON fmus (sha256);
CREATE INDEX fmus_owner ON fmus (owner);

-- Runs, one for each payment.
CREATE TABLE runs (
    id             TEXT   PRIMARY KEY NOT NULL,
    owner          TEXT   NOT NULL,
    key_id         TEXT,
    sha256         TEXT   NOT NULL,
    -- What is run, JSON.
    job            TEXT   NOT NULL,
    steps          BIGINT NOT NULL,
    paid_by        TEXT   NOT NULL,
    -- What paid for it, and can pay for nothing else.
    payment        TEXT   NOT NULL UNIQUE,
    price_nano_usd BIGINT NOT NULL,
    state          TEXT   NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
    -- Until when a process works at it.
    lease          BIGINT NOT NULL,
    attempts       BIGINT NOT NULL,
    -- What came of it, JSON.
    outcome        TEXT,
    -- 1 once its payment was charged or given back.
    accounted      BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    finished_at    BIGINT,
    expires_at     BIGINT NOT NULL
);
CREATE INDEX runs_open ON runs (created_at) WHERE state IN ('queued', 'running');
CREATE INDEX runs_unaccounted ON runs (finished_at) WHERE accounted = 0;
CREATE INDEX runs_expires_at ON runs (expires_at);

-- Payments by x402, one for each signed message.
CREATE TABLE x402_payments (
    id             TEXT   PRIMARY KEY NOT NULL,
    -- SHA-256 of what it is to pay.
    request        TEXT   NOT NULL,
    -- The run it is to pay.
    run_id         TEXT   NOT NULL UNIQUE,
    -- All of it, JSON.
    run            TEXT   NOT NULL,
    -- What the facilitator is asked, JSON.
    asked          TEXT   NOT NULL,
    amount_nano_usd BIGINT NOT NULL,
    state          TEXT   NOT NULL CHECK (state IN ('new', 'settling', 'unknown', 'settled', 'refused')),
    -- Why it is refused or not known.
    reason         TEXT,
    -- On chain.
    signature      TEXT   UNIQUE,
    payer          TEXT,
    -- Until when a process works at it.
    lease          BIGINT NOT NULL,
    attempts       BIGINT NOT NULL,
    -- 1 once it is in the ledger.
    booked         BIGINT NOT NULL,
    created_at     BIGINT NOT NULL
);
CREATE INDEX x402_payments_open ON x402_payments (lease) WHERE state IN ('settling', 'unknown');
CREATE INDEX x402_payments_unbooked ON x402_payments (created_at) WHERE state = 'settled' AND booked = 0;

-- Prepaid runs of an account, and each change of them, once for its id.
CREATE TABLE run_credits (
    account TEXT   PRIMARY KEY NOT NULL,
    runs    BIGINT NOT NULL CHECK (runs >= 0)
);
CREATE TABLE run_credit_changes (
    id      TEXT   PRIMARY KEY NOT NULL,
    account TEXT   NOT NULL,
    runs    BIGINT NOT NULL,
    at      BIGINT NOT NULL
);
