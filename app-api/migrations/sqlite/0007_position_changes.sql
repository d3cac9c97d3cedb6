-- Which step wrote a position, so that what changed since can be read alone. A closed one leaves its row
-- behind, without data: a reader that is behind learns of it.
ALTER TABLE positions ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE positions ADD COLUMN closed SMALLINT NOT NULL DEFAULT 0;
CREATE INDEX positions_version ON positions (vault, version);
DROP INDEX positions_owner;
-- Since which version positions tell every change: rows of what was closed before may be gone.
ALTER TABLE indexer_state ADD COLUMN positions_since BIGINT NOT NULL DEFAULT 0;
-- Rises with every change of what happened, and not where only the present moved on.
ALTER TABLE indexer_state ADD COLUMN history_version BIGINT NOT NULL DEFAULT 0;
