-- Runs that can be paid by card. Whoever was told 402 may pay at the run's address; the provider's page is made
-- when somebody goes there.
CREATE TABLE run_orders (
    run_id     TEXT   PRIMARY KEY NOT NULL,
    -- All of the run, JSON.
    run        TEXT   NOT NULL,
    -- What it costs by card, US cents.
    cents      BIGINT NOT NULL,
    -- Until when its address is good, where nobody went there.
    expires_at BIGINT NOT NULL,
    -- Until when the provider's page takes money; NULL: nobody went there.
    pays_until BIGINT,
    -- That page.
    url        TEXT,
    -- What paid for it, at the provider: the first payment, and no other.
    payment    TEXT
);
CREATE INDEX run_orders_unvisited ON run_orders (expires_at) WHERE pays_until IS NULL;
CREATE INDEX run_orders_unpaid ON run_orders (pays_until) WHERE payment IS NULL;

-- What a payment is for: a run's id, or how many runs.
ALTER TABLE stripe_payments ADD COLUMN subject TEXT NOT NULL DEFAULT '';
