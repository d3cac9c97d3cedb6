-- What models cost and who answers them, each rule as JSON.
CREATE TABLE model_prices (
    name     TEXT NOT NULL,
    upstream TEXT NOT NULL,
    rule     TEXT NOT NULL,
    PRIMARY KEY (name, upstream)
);

-- The upstream's name of an answer that takes long, by the hold it is paid from: what it used can be asked
-- for should this server end before it.
CREATE TABLE gateway_answers (
    hold      TEXT   PRIMARY KEY NOT NULL,
    upstream  TEXT   NOT NULL,
    answer_id TEXT   NOT NULL,
    noted_at  BIGINT NOT NULL
);
CREATE INDEX gateway_answers_noted_at ON gateway_answers (noted_at);
