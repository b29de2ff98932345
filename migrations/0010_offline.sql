-- Off-line PINs that were given out, one for each time of a booking at each gateway that was silent when its page was
-- shown. No digits: they are computed from the row and the gateway's sealing secret.
CREATE TABLE access.offline_pin (
  tenant_id      uuid NOT NULL REFERENCES kernel.tenant,
  gateway_id     uuid NOT NULL,
  -- The resource: the door group.
  group_id       uuid NOT NULL,
  -- Half hours since 1970, an index into the frozen table of lengths, and which of the PINs for that time.
  start_slot     bigint NOT NULL CHECK (start_slot >= 0),
  length         smallint NOT NULL CHECK (length BETWEEN 0 AND 9),
  serial         smallint NOT NULL CHECK (serial BETWEEN 0 AND 9),
  booking_id     uuid NOT NULL,
  occurrence_id  uuid NOT NULL,
  allocated_at   timestamptz NOT NULL,
  -- Given out once and never again, also when the booking is taken back.
  PRIMARY KEY (tenant_id, gateway_id, group_id, start_slot, length, serial),
  -- Shown again it is the same.
  UNIQUE (tenant_id, occurrence_id, gateway_id),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES access.gateway
);
-- No UPDATE: what was given out never changes. DELETE is for the retention, long after the time has passed.
CALL kernel.isolate('access.offline_pin', 'tenant_id', 'SELECT, INSERT, DELETE');
