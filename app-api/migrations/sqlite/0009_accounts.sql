-- Customers' accounts (`accounts` are those of the chain). One that is closed keeps its row, for the ledger, and nothing of whoever it was.
CREATE TABLE customers (
    id            TEXT   PRIMARY KEY NOT NULL,
    -- In small letters.
    email         TEXT   UNIQUE,
    -- Argon2id in PHC form.
    password_hash TEXT,
    display_name  TEXT   NOT NULL,
    plan          TEXT   NOT NULL DEFAULT 'free',
    status        TEXT   NOT NULL CHECK (status IN ('active', 'closed')),
    created_at    BIGINT NOT NULL,
    closed_at     BIGINT
);

-- Who else says who a customer is: an OpenID provider by its issuer, a wallet by `solana`.
CREATE TABLE identities (
    issuer     TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    account    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_account ON identities (account);

-- One login, and the family of refresh tokens that came of it.
CREATE TABLE sessions (
    id         TEXT   PRIMARY KEY NOT NULL,
    account    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at   BIGINT
);
CREATE INDEX sessions_account ON sessions (account);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- By their HMAC. One that was used stays until its session is over: shown again, it ends the session.
CREATE TABLE refresh_tokens (
    hash    TEXT   PRIMARY KEY NOT NULL,
    session TEXT   NOT NULL,
    used_at BIGINT
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session);

-- By their HMAC. Each active key has one of the account's slots, so that there are never more.
CREATE TABLE api_keys (
    id                  TEXT   PRIMARY KEY NOT NULL,
    account             TEXT   NOT NULL,
    name                TEXT   NOT NULL,
    prefix              TEXT   NOT NULL,
    hash                TEXT   NOT NULL UNIQUE,
    scopes              TEXT   NOT NULL,
    requests_per_minute BIGINT,
    created_at          BIGINT NOT NULL,
    expires_at          BIGINT,
    revoked_at          BIGINT,
    slot                BIGINT,
    last_used_at        BIGINT,
    requests            BIGINT NOT NULL DEFAULT 0,
    UNIQUE (account, slot)
);
CREATE INDEX api_keys_account ON api_keys (account, created_at, id);

-- What may be said once, and was.
CREATE TABLE spent_nonces (
    nonce      TEXT   PRIMARY KEY NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX spent_nonces_expires_at ON spent_nonces (expires_at);
