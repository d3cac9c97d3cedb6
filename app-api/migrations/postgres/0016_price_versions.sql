-- How often the models' price rules were replaced. Who replaces them locks the row, so that of two at the
-- same time one comes after the other and nothing of the first is left.
CREATE TABLE model_price_versions (
    id      BIGINT PRIMARY KEY NOT NULL,
    version BIGINT NOT NULL
);
INSERT INTO model_price_versions (id, version) VALUES (1, 0);
