-- A transaction taken in before its slot was final can still be dropped by a fork: those are looked at again.
-- What lies far enough behind what was read counts as final; the rest of it is asked for once more.
ALTER TABLE chain_transactions ADD COLUMN finalized SMALLINT NOT NULL DEFAULT 1;
UPDATE chain_transactions SET finalized = 0 WHERE EXISTS (
    SELECT 1 FROM indexer_state s
    WHERE s.vault = chain_transactions.vault AND chain_transactions.slot > s.horizon_slot - 1000
);
CREATE INDEX chain_transactions_unfinalized ON chain_transactions (vault, slot) WHERE finalized = 0;
