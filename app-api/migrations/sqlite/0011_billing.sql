-- What is sold by subscription. A change is a new version: an account keeps the one it subscribed to.
CREATE TABLE plans (
    plan       TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    -- The terms as JSON.
    terms      TEXT   NOT NULL,
    PRIMARY KEY (plan, version)
);
INSERT INTO plans (plan, version, created_at, terms) VALUES
    ('free', 1, 0, '{"catalogue":"metered","name":"FREE","priceCents":0,"systems":1,"includedCalls":1000,"overagePerThousandNanoUsd":null,"historyDays":7,"features":[],"requestsPerMinute":100,"requestsPerHour":2000,"requestsPerDay":10000,"sandbox":null,"offered":true}'),
    ('pro', 1, 0, '{"catalogue":"metered","name":"PRO","priceCents":9900,"systems":10,"includedCalls":100000,"overagePerThousandNanoUsd":"500000000","historyDays":30,"features":["alerts","webhooks"],"requestsPerMinute":600,"requestsPerHour":20000,"requestsPerDay":200000,"sandbox":null,"offered":true}'),
    ('enterprise', 1, 0, '{"catalogue":"metered","name":"ENTERPRISE","priceCents":49900,"systems":null,"includedCalls":10000000,"overagePerThousandNanoUsd":"100000000","historyDays":365,"features":["alerts","webhooks"],"requestsPerMinute":6000,"requestsPerHour":200000,"requestsPerDay":2000000,"sandbox":null,"offered":true}'),
    ('sandbox_free', 1, 0, '{"catalogue":"sandbox","name":"Sandbox Free","priceCents":0,"systems":null,"includedCalls":0,"overagePerThousandNanoUsd":null,"historyDays":7,"features":[],"requestsPerMinute":100,"requestsPerHour":2000,"requestsPerDay":10000,"sandbox":{"hours":10,"cpus":1,"memoryMib":1024},"offered":true}'),
    ('sandbox_starter', 1, 0, '{"catalogue":"sandbox","name":"Sandbox Starter","priceCents":4900,"systems":null,"includedCalls":0,"overagePerThousandNanoUsd":null,"historyDays":30,"features":[],"requestsPerMinute":100,"requestsPerHour":6000,"requestsPerDay":50000,"sandbox":{"hours":100,"cpus":2,"memoryMib":4096},"offered":true}'),
    ('sandbox_team', 1, 0, '{"catalogue":"sandbox","name":"Sandbox Team","priceCents":14900,"systems":null,"includedCalls":0,"overagePerThousandNanoUsd":null,"historyDays":30,"features":[],"requestsPerMinute":600,"requestsPerHour":20000,"requestsPerDay":200000,"sandbox":{"hours":400,"cpus":4,"memoryMib":16384},"offered":true}'),
    ('sandbox_scale', 1, 0, '{"catalogue":"sandbox","name":"Sandbox Scale","priceCents":50000,"systems":null,"includedCalls":0,"overagePerThousandNanoUsd":null,"historyDays":365,"features":[],"requestsPerMinute":6000,"requestsPerHour":200000,"requestsPerDay":2000000,"sandbox":{"hours":2000,"cpus":16,"memoryMib":65536},"offered":true}');

-- Who changed what, when.
CREATE TABLE audit_log (
    id         TEXT   PRIMARY KEY NOT NULL,
    at         BIGINT NOT NULL,
    who        TEXT   NOT NULL,
    action     TEXT   NOT NULL,
    object     TEXT   NOT NULL,
    -- JSON, before and after.
    was        TEXT   NOT NULL,
    became     TEXT   NOT NULL
);
CREATE INDEX audit_log_at ON audit_log (at, id);

-- Calls of metered systems by calendar month. A closed month takes no more: they count to the next.
CREATE TABLE metered_months (
    account TEXT     NOT NULL,
    period  TEXT     NOT NULL,
    calls   BIGINT   NOT NULL,
    closed  SMALLINT NOT NULL,
    PRIMARY KEY (account, period)
);
CREATE TABLE metered_calls (
    account TEXT   NOT NULL,
    period  TEXT   NOT NULL,
    system  TEXT   NOT NULL,
    calls   BIGINT NOT NULL,
    PRIMARY KEY (account, period, system)
);
CREATE TABLE metered_batches (
    batch   TEXT   PRIMARY KEY NOT NULL,
    account TEXT   NOT NULL,
    system  TEXT   NOT NULL,
    period  TEXT   NOT NULL,
    calls   BIGINT NOT NULL
);

-- Which customer of the payment provider an account is.
CREATE TABLE stripe_customers (
    account  TEXT PRIMARY KEY NOT NULL,
    customer TEXT NOT NULL
);

-- Subscriptions as they last stood at the provider. version rises with each write, and a writer that saw an
-- older one changes nothing.
CREATE TABLE stripe_subscriptions (
    subscription         TEXT     PRIMARY KEY NOT NULL,
    version              BIGINT   NOT NULL,
    account              TEXT     NOT NULL,
    customer             TEXT     NOT NULL,
    item                 TEXT     NOT NULL,
    catalogue            TEXT     NOT NULL,
    plan                 TEXT     NOT NULL,
    plan_version         BIGINT   NOT NULL,
    status               TEXT     NOT NULL,
    in_force             SMALLINT NOT NULL,
    cancel_at_period_end SMALLINT NOT NULL,
    created_at           BIGINT   NOT NULL,
    period_start         BIGINT   NOT NULL,
    period_end           BIGINT   NOT NULL
);
CREATE INDEX stripe_subscriptions_account ON stripe_subscriptions (account);

-- Every event that came, whatever it says; done once all it asks for is done.
CREATE TABLE stripe_events (
    event       TEXT     PRIMARY KEY NOT NULL,
    kind        TEXT     NOT NULL,
    created_at  BIGINT   NOT NULL,
    received_at BIGINT   NOT NULL,
    done        SMALLINT NOT NULL,
    payload     TEXT     NOT NULL
);

-- What is known of a payment: facts that only grow, so that their order does not matter. One that is known by
-- a refund or dispute alone has no account yet.
CREATE TABLE stripe_payments (
    payment               TEXT   PRIMARY KEY NOT NULL,
    account               TEXT,
    purpose               TEXT   NOT NULL,
    description           TEXT   NOT NULL,
    object                TEXT   NOT NULL,
    paid_cents            BIGINT NOT NULL,
    overage_cents         BIGINT NOT NULL,
    refunded_cents        BIGINT NOT NULL
);
CREATE INDEX stripe_payments_account ON stripe_payments (account);
CREATE TABLE stripe_disputes (
    dispute      TEXT     PRIMARY KEY NOT NULL,
    payment      TEXT     NOT NULL,
    amount_cents BIGINT   NOT NULL,
    -- Whether the money was ever taken away, and how it ended.
    taken        SMALLINT NOT NULL,
    outcome      TEXT     NOT NULL
);
CREATE INDEX stripe_disputes_payment ON stripe_disputes (payment);

-- Postings to the ledger, decided before they are made: each is made until it is done, and never decided
-- anew. At most one of a payment is open.
CREATE TABLE stripe_postings (
    posting        TEXT     PRIMARY KEY NOT NULL,
    payment        TEXT     NOT NULL,
    account        TEXT     NOT NULL,
    kind           TEXT     NOT NULL,
    -- The dispute, or nothing.
    object         TEXT     NOT NULL,
    amount_cents   BIGINT   NOT NULL,
    -- JSON of what is posted.
    content        TEXT     NOT NULL,
    decided_at     BIGINT   NOT NULL,
    done           SMALLINT NOT NULL,
    short_nano_usd BIGINT   NOT NULL
);
CREATE INDEX stripe_postings_payment ON stripe_postings (payment, done);
CREATE INDEX stripe_postings_account ON stripe_postings (account, decided_at);
CREATE INDEX stripe_postings_decided_at ON stripe_postings (decided_at);

-- Calls above a plan, to be charged with its next payment.
CREATE TABLE overage_charges (
    account      TEXT   NOT NULL,
    period       TEXT   NOT NULL,
    plan         TEXT   NOT NULL,
    plan_version BIGINT NOT NULL,
    calls        BIGINT NOT NULL,
    amount_cents BIGINT NOT NULL,
    -- The subscription it is charged with, and the provider's invoice item once it is there.
    subscription TEXT   NOT NULL,
    item         TEXT,
    PRIMARY KEY (account, period)
);

-- Months whose invoices are all issued.
CREATE TABLE closed_months (
    period    TEXT   PRIMARY KEY NOT NULL,
    closed_at BIGINT NOT NULL
);

-- The next number of each kind of document: a row, for a sequence leaves gaps where a transaction fails.
CREATE TABLE document_numbers (
    kind TEXT   PRIMARY KEY NOT NULL,
    next BIGINT NOT NULL
);
INSERT INTO document_numbers (kind, next) VALUES ('invoice', 1), ('credit_note', 1);

-- Invoices and credit notes as they were issued. cause is what there is at most one for: a month, a refund.
CREATE TABLE invoices (
    number    TEXT   PRIMARY KEY NOT NULL,
    kind      TEXT   NOT NULL,
    account   TEXT   NOT NULL,
    cause     TEXT   NOT NULL,
    period    TEXT   NOT NULL,
    issued_at BIGINT NOT NULL,
    document  TEXT   NOT NULL,
    UNIQUE (account, cause)
);
