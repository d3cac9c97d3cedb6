-- A line of usage says all that its posting does: who paid what of which price, and what it cost. It is written
-- once, and `postings` and `entries` are views that tell both it and what was posted by itself.
ALTER TABLE postings RENAME TO posted;
ALTER TABLE entries RENAME TO posted_entries;
ALTER TABLE usage_lines ADD COLUMN fee_nano_usd BIGINT NOT NULL DEFAULT 0;
-- What was held for it.
ALTER TABLE usage_lines ADD COLUMN held_nano_usd BIGINT NOT NULL DEFAULT 0;
-- The book of the revenue.
ALTER TABLE usage_lines ADD COLUMN revenue TEXT NOT NULL DEFAULT 'revenue:gateway';
UPDATE usage_lines SET
    fee_nano_usd = (SELECT fee_nano_usd FROM posted WHERE posted.id = 'usage:' || usage_lines.id),
    held_nano_usd = (SELECT amount_nano_usd FROM holds WHERE holds.id = usage_lines.id),
    revenue = COALESCE((SELECT book FROM posted_entries
                        WHERE posting = 'usage:' || usage_lines.id AND book LIKE 'revenue:%'), 'revenue:gateway');
DELETE FROM posted_entries WHERE posting IN (SELECT id FROM posted WHERE kind = 'usage');
DELETE FROM posted WHERE kind = 'usage';
-- Lines come in the order of this: a few pages tell where a time is.
CREATE INDEX usage_lines_settled_at ON usage_lines USING brin (settled_at) WITH (pages_per_range = 16, autosummarize = on);

-- A hold that was settled is its line of usage, which tells what was held too: its own row goes, so that this table is
-- about what is under way. One that was voided stays: nothing else would tell that it ended.
DELETE FROM holds WHERE state = 'settled';
ALTER TABLE holds DROP CONSTRAINT holds_state_check;
ALTER TABLE holds ADD CHECK (state IN ('held', 'voided'));
-- Rows come and go, and change, with each request.
ALTER TABLE holds SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE balances SET (fillfactor = 50);
ALTER TABLE rate_windows SET (fillfactor = 50);

-- Names are compared byte by byte, whatever language the database is set up for: that is faster, and the order that
-- SQLite has.
ALTER TABLE holds ALTER COLUMN id TYPE TEXT COLLATE "C", ALTER COLUMN account TYPE TEXT COLLATE "C";
ALTER TABLE balances ALTER COLUMN account TYPE TEXT COLLATE "C";
ALTER TABLE rate_windows ALTER COLUMN name TYPE TEXT COLLATE "C";
ALTER TABLE usage_lines ALTER COLUMN id TYPE TEXT COLLATE "C", ALTER COLUMN account TYPE TEXT COLLATE "C";
ALTER TABLE posted ALTER COLUMN id TYPE TEXT COLLATE "C", ALTER COLUMN account TYPE TEXT COLLATE "C";
ALTER TABLE posted_entries ALTER COLUMN posting TYPE TEXT COLLATE "C", ALTER COLUMN book TYPE TEXT COLLATE "C";

CREATE VIEW postings AS
SELECT id, kind, account, settled_at, gross_nano_usd, refunds_nano_usd, provider_cost_nano_usd, fee_nano_usd,
       subsidy_nano_usd, short_nano_usd, digest, reference
FROM posted
UNION ALL
SELECT 'usage:' || id, 'usage', account, settled_at, list_nano_usd, loss_nano_usd, provider_cost_nano_usd, fee_nano_usd,
       discount_nano_usd, loss_nano_usd, '', '{"hold":"' || id || '"}'
FROM usage_lines;

CREATE VIEW entries AS
SELECT posting, line, book, amount_nano_usd FROM posted_entries
UNION ALL
SELECT 'usage:' || id, 0, 'customer:' || account, charge_nano_usd FROM usage_lines WHERE charge_nano_usd <> 0
UNION ALL
SELECT 'usage:' || id, 1, 'subsidy', discount_nano_usd FROM usage_lines WHERE discount_nano_usd <> 0
UNION ALL
SELECT 'usage:' || id, 2, 'loss', loss_nano_usd FROM usage_lines WHERE loss_nano_usd <> 0
UNION ALL
SELECT 'usage:' || id, 3, revenue, -list_nano_usd FROM usage_lines WHERE list_nano_usd <> 0
UNION ALL
SELECT 'usage:' || id, 4, 'provider:cost', provider_cost_nano_usd FROM usage_lines WHERE provider_cost_nano_usd <> 0
UNION ALL
SELECT 'usage:' || id, 5, 'provider:payable', -provider_cost_nano_usd FROM usage_lines WHERE provider_cost_nano_usd <> 0;
