-- What a pool's value is made of, so that its history goes on where a price or the units change. Until
-- now there was only the SOL pool, whose unit is a lamport.
ALTER TABLE stake_points ADD COLUMN units BIGINT NOT NULL DEFAULT 0;
ALTER TABLE stake_points ADD COLUMN price BIGINT NOT NULL DEFAULT 1000000000;
UPDATE stake_points SET units = value_lamports;
