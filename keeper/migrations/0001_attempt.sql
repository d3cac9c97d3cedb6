-- What the keeper planned, signed and sent: one row an attempt. Memory, not authority: the chain
-- knows what was distributed. Lamports, nano-USD and Unix seconds are integers.
CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    vault TEXT NOT NULL,
    source INTEGER NOT NULL,
    previous_interval_id INTEGER NOT NULL,
    interval_id INTEGER NOT NULL CHECK (interval_id > previous_interval_id),
    fund_lamports INTEGER NOT NULL CHECK (fund_lamports >= 0),
    distribute_lamports INTEGER NOT NULL CHECK (distribute_lamports > 0),
    revenue_nano_usd INTEGER,
    nano_usd_per_sol INTEGER,
    -- planned, signed, sent and unknown are open; the others are ends, and each follows a look at
    -- the chain: landed (ours), superseded (another keeper's), expired, refused (by the program).
    state TEXT NOT NULL CHECK (state IN ('planned', 'signed', 'sent', 'unknown', 'landed', 'superseded', 'expired', 'refused')),
    signature TEXT,
    bytes BLOB,
    last_valid_block_height INTEGER,
    note TEXT,
    -- The cluster's clock when it was planned.
    planned_at INTEGER NOT NULL,
    CHECK (state NOT IN ('signed', 'sent', 'unknown', 'landed') OR (signature IS NOT NULL AND bytes IS NOT NULL AND last_valid_block_height IS NOT NULL))
);

-- One attempt in flight for each source of a vault.
CREATE UNIQUE INDEX attempt_open ON attempt (vault, source) WHERE state IN ('planned', 'signed', 'sent', 'unknown');
CREATE INDEX attempt_interval ON attempt (vault, source, interval_id);
