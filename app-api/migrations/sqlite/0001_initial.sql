-- Metered work, priced once and for good.
CREATE TABLE usage_events (
    event_id               TEXT   PRIMARY KEY NOT NULL,
    customer               TEXT   NOT NULL,
    sku                    TEXT   NOT NULL,
    quantity               BIGINT NOT NULL,
    occurred_at_micros     BIGINT NOT NULL,
    charge_nano_usd        BIGINT NOT NULL,
    fee_nano_usd           BIGINT NOT NULL,
    provider_cost_nano_usd BIGINT NOT NULL,
    settled_at             BIGINT NOT NULL
);
CREATE INDEX usage_events_settled_at ON usage_events (settled_at);

-- One row: the end of the latest reported revenue window. No event settles before it.
CREATE TABLE settlement (
    id          INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    reported_to BIGINT  NOT NULL
);
INSERT INTO settlement (id, reported_to) VALUES (1, 0);

-- How far a vault is followed. version rises with every change, and a writer that saw an older one
-- changes nothing.
CREATE TABLE indexer_state (
    vault         TEXT   PRIMARY KEY NOT NULL,
    version       BIGINT NOT NULL,
    -- Place of the newest transaction taken in.
    slot          BIGINT NOT NULL,
    slot_order    BIGINT NOT NULL,
    -- All transactions up to this slot were listed.
    horizon_slot  BIGINT NOT NULL,
    -- Where the accounts were read, and the cluster's clock there.
    accounts_slot BIGINT NOT NULL,
    clock_unix    BIGINT NOT NULL,
    polled_at     BIGINT NOT NULL
);

-- The newest transaction taken in, for each address whose transactions are listed.
CREATE TABLE indexer_cursors (
    vault     TEXT   NOT NULL,
    address   TEXT   NOT NULL,
    signature TEXT   NOT NULL,
    slot      BIGINT NOT NULL,
    PRIMARY KEY (vault, address)
);

-- Every transaction taken in; slot_order is its place among those of its slot.
CREATE TABLE chain_transactions (
    vault      TEXT     NOT NULL,
    signature  TEXT     NOT NULL,
    slot       BIGINT   NOT NULL,
    slot_order BIGINT   NOT NULL,
    block_time BIGINT,
    truncated  SMALLINT NOT NULL,
    PRIMARY KEY (vault, signature)
);
CREATE INDEX chain_transactions_order ON chain_transactions (vault, slot, slot_order);

-- Every event of the program as it was logged. All below can be made again from these.
CREATE TABLE chain_events (
    vault       TEXT   NOT NULL,
    signature   TEXT   NOT NULL,
    event_index BIGINT NOT NULL,
    slot        BIGINT NOT NULL,
    slot_order  BIGINT NOT NULL,
    block_time  BIGINT,
    name        TEXT   NOT NULL,
    data        BLOB   NOT NULL,
    PRIMARY KEY (vault, signature, event_index)
);
CREATE INDEX chain_events_order ON chain_events (vault, slot, slot_order, event_index);

-- The vault and its pools as they stood at `slot`, byte for byte.
CREATE TABLE accounts (
    address TEXT   PRIMARY KEY NOT NULL,
    vault   TEXT   NOT NULL,
    kind    TEXT   NOT NULL,
    slot    BIGINT NOT NULL,
    data    BLOB   NOT NULL
);
CREATE INDEX accounts_vault ON accounts (vault);

-- Positions, likewise.
CREATE TABLE positions (
    address TEXT   PRIMARY KEY NOT NULL,
    vault   TEXT   NOT NULL,
    owner   TEXT   NOT NULL,
    units   BIGINT NOT NULL,
    slot    BIGINT NOT NULL,
    data    BLOB   NOT NULL
);
CREATE INDEX positions_owner ON positions (vault, owner);

-- Distributions; cumulative_stakers_lamports is the sum over its source up to and with this one.
CREATE TABLE distributions (
    vault                       TEXT   NOT NULL,
    signature                   TEXT   NOT NULL,
    event_index                 BIGINT NOT NULL,
    slot                        BIGINT NOT NULL,
    slot_order                  BIGINT NOT NULL,
    source                      BIGINT NOT NULL,
    interval_from               BIGINT NOT NULL,
    interval_to                 BIGINT NOT NULL,
    stakers_lamports            BIGINT NOT NULL,
    cumulative_stakers_lamports BIGINT NOT NULL,
    data                        BLOB   NOT NULL,
    PRIMARY KEY (vault, signature, event_index)
);
CREATE INDEX distributions_order ON distributions (vault, slot, slot_order, event_index);
CREATE INDEX distributions_interval ON distributions (vault, source, interval_to);

-- The value staked in each pool from `at` on; cumulative is the integral up to `at`, lamport-seconds,
-- as a decimal because it exceeds 64 bits.
CREATE TABLE stake_points (
    vault          TEXT   NOT NULL,
    pool           TEXT   NOT NULL,
    slot           BIGINT NOT NULL,
    slot_order     BIGINT NOT NULL,
    event_index    BIGINT NOT NULL,
    at             BIGINT NOT NULL,
    value_lamports BIGINT NOT NULL,
    cumulative     TEXT   NOT NULL,
    PRIMARY KEY (vault, pool, slot, slot_order, event_index)
);
CREATE INDEX stake_points_at ON stake_points (vault, pool, at);
