-- Whose position an event is of. Those events end with their owner, so what was indexed before is told too.
ALTER TABLE chain_events ADD COLUMN owner BYTEA;
UPDATE chain_events SET owner = substring(data FROM octet_length(data) - 31) WHERE name IN ('PositionOpened',
    'PositionClosed', 'Deposited', 'Withdrawn', 'Claimed', 'Compounded', 'TicketOpened', 'TicketCancelled',
    'TicketServed');
CREATE INDEX chain_events_owner ON chain_events (vault, owner, slot, slot_order, event_index);
