-- Customers' metered systems, and how many things of a bounded number each account has: the row decides.
CREATE TABLE holdings (
    account TEXT   NOT NULL,
    -- `system` or `webhook`.
    kind    TEXT   NOT NULL,
    number  BIGINT NOT NULL,
    PRIMARY KEY (account, kind)
);
CREATE TABLE systems (
    id         TEXT   PRIMARY KEY NOT NULL,
    account    TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
-- Those that are deleted, until their measurements are too.
CREATE TABLE gone_systems (
    system TEXT PRIMARY KEY NOT NULL
);
CREATE INDEX systems_account ON systems (account, id);

-- Batches of measurements by the customer's own id. digest (SHA-256) tells one sent again from another.
CREATE TABLE metric_batches (
    system TEXT   NOT NULL,
    batch  TEXT   NOT NULL,
    digest TEXT   NOT NULL,
    points BIGINT NOT NULL,
    PRIMARY KEY (system, batch)
);
-- Measurements. Ids rise with the order in which they came.
CREATE TABLE metric_points (
    system TEXT             NOT NULL,
    at     BIGINT           NOT NULL,
    id     TEXT             NOT NULL,
    name   TEXT             NOT NULL,
    value  DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (system, at, id)
);
CREATE INDEX metric_points_name ON metric_points (system, name, at, id);

-- What is watched for. run counts the latest points in a row that are beyond the threshold.
CREATE TABLE alert_rules (
    id          TEXT             PRIMARY KEY NOT NULL,
    system      TEXT             NOT NULL,
    metric      TEXT             NOT NULL,
    -- `above` or `below`.
    condition   TEXT             NOT NULL,
    threshold   DOUBLE PRECISION NOT NULL,
    consecutive BIGINT           NOT NULL,
    state       TEXT             NOT NULL,
    run         BIGINT           NOT NULL,
    seen_at     BIGINT           NOT NULL,
    created_at  BIGINT           NOT NULL
);
CREATE INDEX alert_rules_system ON alert_rules (system, id);
CREATE TABLE alert_events (
    id         TEXT             PRIMARY KEY NOT NULL,
    system     TEXT             NOT NULL,
    rule       TEXT             NOT NULL,
    state      TEXT             NOT NULL,
    value      DOUBLE PRECISION NOT NULL,
    at         BIGINT           NOT NULL,
    created_at BIGINT           NOT NULL
);
CREATE INDEX alert_events_system ON alert_events (system, id);

-- What part of a month's included calls was told to be used.
CREATE TABLE quota_notices (
    account TEXT   NOT NULL,
    period  TEXT   NOT NULL,
    percent BIGINT NOT NULL,
    PRIMARY KEY (account, period, percent)
);

-- Where customers want to be told. The signing secret is computed from id and secret_version, never kept.
CREATE TABLE webhooks (
    id             TEXT   PRIMARY KEY NOT NULL,
    account        TEXT   NOT NULL,
    url            TEXT   NOT NULL,
    -- With commas between them.
    events         TEXT   NOT NULL,
    secret_version BIGINT NOT NULL,
    -- When the version before was replaced.
    rotated_at     BIGINT,
    created_at     BIGINT NOT NULL,
    -- Since when no delivery has succeeded.
    failing_since  BIGINT,
    disabled_at    BIGINT
);
CREATE INDEX webhooks_account ON webhooks (account, id);
-- What they are told. A sender takes one by raising attempts and moving next_at beyond its lease.
CREATE TABLE webhook_deliveries (
    id          TEXT   PRIMARY KEY NOT NULL,
    webhook     TEXT   NOT NULL,
    event       TEXT   NOT NULL,
    payload     TEXT   NOT NULL,
    -- `pending`, `delivered` or `failed`.
    state       TEXT   NOT NULL,
    attempts    BIGINT NOT NULL,
    next_at     BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    finished_at BIGINT,
    -- How the latest attempt ended.
    last_status BIGINT,
    last_error  TEXT
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (state, next_at);
CREATE INDEX webhook_deliveries_webhook ON webhook_deliveries (webhook, id);
