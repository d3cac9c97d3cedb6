-- What was distributed, and its sum and count over the source up to and with this one.
ALTER TABLE distributions ADD COLUMN amount_lamports BIGINT NOT NULL DEFAULT 0;
ALTER TABLE distributions ADD COLUMN cumulative_amount_lamports BIGINT NOT NULL DEFAULT 0;
ALTER TABLE distributions ADD COLUMN number BIGINT NOT NULL DEFAULT 0;

-- A retired pool takes no part in yield: earning_cumulative is the integral of what does.
ALTER TABLE stake_points ADD COLUMN retired SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE stake_points ADD COLUMN earning_cumulative TEXT NOT NULL DEFAULT '0';
-- The newest point up to a time is one step into this index, however many there are.
DROP INDEX stake_points_at;
CREATE INDEX stake_points_at ON stake_points (vault, pool, at, slot, slot_order, event_index);

-- Each pool's part of a distribution; sum and count over the pool and the source up to and with this one.
CREATE TABLE pool_yields (
    vault                       TEXT   NOT NULL,
    pool                        TEXT   NOT NULL,
    slot                        BIGINT NOT NULL,
    slot_order                  BIGINT NOT NULL,
    event_index                 BIGINT NOT NULL,
    source                      BIGINT NOT NULL,
    interval_from               BIGINT NOT NULL,
    interval_to                 BIGINT NOT NULL,
    stakers_lamports            BIGINT NOT NULL,
    cumulative_stakers_lamports BIGINT NOT NULL,
    number                      BIGINT NOT NULL,
    PRIMARY KEY (vault, pool, slot, slot_order, event_index)
);
CREATE INDEX pool_yields_interval ON pool_yields (vault, pool, source, interval_to);

-- What a SOL cost when a distribution was indexed as it happened. No chain can give this back: a rebuild keeps it.
CREATE TABLE sol_prices (
    published_at     BIGINT PRIMARY KEY NOT NULL,
    nano_usd_per_sol BIGINT NOT NULL
);
