-- By which rules the tables below were derived from chain_events. Where it is not this version's number, they are
-- derived again.
ALTER TABLE indexer_state ADD COLUMN derivation BIGINT NOT NULL DEFAULT 0;

-- Sums over the events taken in, which the chain's own counters must equal.
CREATE TABLE event_totals (
    vault   TEXT   NOT NULL,
    -- The vault or one of its pools.
    subject TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    value   BIGINT NOT NULL,
    PRIMARY KEY (vault, subject, name)
);
