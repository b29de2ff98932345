-- Delegations: by what right officers decide for their authority, as its delegation order says.
CREATE TABLE booking.delegation (
  tenant_id     uuid NOT NULL REFERENCES kernel.tenant,
  id            uuid NOT NULL,
  authority_id  uuid NOT NULL,
  -- Where it is written, and what it lets somebody decide.
  reference     text NOT NULL CHECK (length(reference) BETWEEN 1 AND 120),
  matter        text NOT NULL CHECK (length(matter) BETWEEN 1 AND 200),
  first_day     date NOT NULL,
  -- In it; null is until further notice.
  last_day      date CHECK (last_day >= first_day),
  written_by    uuid NOT NULL,
  written_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, authority_id) REFERENCES kernel.authority,
  FOREIGN KEY (tenant_id, written_by) REFERENCES kernel.person
);
CREATE INDEX delegation_authority ON booking.delegation (tenant_id, authority_id, first_day);
CALL kernel.isolate('booking.delegation', 'tenant_id', 'SELECT, INSERT, UPDATE');

ALTER TABLE booking.booking
  ADD COLUMN delegation_id uuid,
  ADD CONSTRAINT booking_delegation_fkey FOREIGN KEY (tenant_id, delegation_id) REFERENCES booking.delegation,
  ADD CONSTRAINT booking_delegated CHECK (delegation_id IS NULL OR decided_at IS NOT NULL);
-- What was decided, for the report to the board.
CREATE INDEX booking_decided ON booking.booking (tenant_id, authority_id, decided_at) WHERE decided_at IS NOT NULL;
