-- What left the buckets, to be credited to the ledger's subsidy pool once no fork can drop it.
CREATE INDEX chain_events_swept ON chain_events (vault, slot) WHERE name = 'BucketSwept';
