-- Prepaid money, and what of it is reserved. The row `subsidy` is the pool that makes usage cheaper.
CREATE TABLE balances (
    account          TEXT   PRIMARY KEY NOT NULL,
    balance_nano_usd BIGINT NOT NULL CHECK (balance_nano_usd >= 0),
    held_nano_usd    BIGINT NOT NULL CHECK (held_nano_usd >= 0),
    CHECK (held_nano_usd <= balance_nano_usd)
);

-- Money reserved for something that is under way. A hold ends once.
CREATE TABLE holds (
    id              TEXT   PRIMARY KEY NOT NULL,
    account         TEXT   NOT NULL,
    amount_nano_usd BIGINT NOT NULL CHECK (amount_nano_usd >= 0),
    state           TEXT   NOT NULL CHECK (state IN ('held', 'settled', 'voided')),
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    -- What finding out how it ended takes, JSON.
    context         TEXT   NOT NULL
);
CREATE INDEX holds_open ON holds (expires_at) WHERE state = 'held';

-- What happened to money, once for each id; what of it the revenue report sums.
CREATE TABLE postings (
    id                     TEXT   PRIMARY KEY NOT NULL,
    kind                   TEXT   NOT NULL,
    -- The customer it is told to, if any.
    account                TEXT,
    settled_at             BIGINT NOT NULL,
    gross_nano_usd         BIGINT NOT NULL,
    refunds_nano_usd       BIGINT NOT NULL,
    provider_cost_nano_usd BIGINT NOT NULL,
    fee_nano_usd           BIGINT NOT NULL,
    subsidy_nano_usd       BIGINT NOT NULL,
    -- What a customer lacked of it.
    short_nano_usd         BIGINT NOT NULL,
    -- SHA-256 of what was asked for: the same id with another content is refused.
    digest                 TEXT   NOT NULL,
    reference              TEXT   NOT NULL
);
CREATE INDEX postings_settled_at ON postings (settled_at);
CREATE INDEX postings_account ON postings (account, settled_at, id);

-- The lines of a posting: debit positive, credit negative, sum zero.
CREATE TABLE entries (
    posting         TEXT   NOT NULL,
    line            BIGINT NOT NULL,
    book            TEXT   NOT NULL,
    amount_nano_usd BIGINT NOT NULL CHECK (amount_nano_usd <> 0),
    PRIMARY KEY (posting, line)
);

-- What was used and what it cost, by the hold it was paid from.
CREATE TABLE usage_lines (
    id                     TEXT     PRIMARY KEY NOT NULL,
    account                TEXT     NOT NULL,
    key_id                 TEXT,
    kind                   TEXT     NOT NULL,
    sku                    TEXT     NOT NULL,
    detail                 TEXT     NOT NULL,
    list_nano_usd          BIGINT   NOT NULL,
    discount_nano_usd      BIGINT   NOT NULL,
    charge_nano_usd        BIGINT   NOT NULL,
    loss_nano_usd          BIGINT   NOT NULL,
    provider_cost_nano_usd BIGINT   NOT NULL,
    estimated              BIGINT   NOT NULL,
    settled_at             BIGINT   NOT NULL
);
CREATE INDEX usage_lines_account ON usage_lines (account, settled_at, id);

-- Requests counted in windows of UTC.
CREATE TABLE rate_windows (
    name           TEXT   NOT NULL,
    window_seconds BIGINT NOT NULL,
    starts_at      BIGINT NOT NULL,
    used           BIGINT NOT NULL,
    PRIMARY KEY (name, window_seconds, starts_at)
);
