-- The act of booking: times that are held while somebody looks at price and terms, what goes with them, and what is
-- peculiar to kinds of resources.

-- What somebody holds now.
CREATE INDEX booking_held ON booking.booking (tenant_id, booker_id) WHERE status = 'held';

-- As booking-domain's Particulars are written: who drives, which boat.
ALTER TABLE booking.booking
  ADD COLUMN particulars jsonb NOT NULL DEFAULT '{}' CHECK (pg_column_size(particulars) <= 4096);

-- Equipment and services that go with a time. A time never moves (a moved time is a new one), so its span stands here
-- too. Whether they are given out follows from the time and its booking: what is cancelled, refused, or a hold that has
-- run out has none. Whoever writes here locks the rows of the stock first, in order of their ids, and looks afterwards
-- whether more are given out at one time than there are.
CREATE TABLE booking.accessory (
  tenant_id      uuid NOT NULL REFERENCES kernel.tenant,
  occurrence_id  uuid NOT NULL,
  equipment_id   uuid NOT NULL,
  count          integer NOT NULL CHECK (count BETWEEN 1 AND 1000),
  starts_at      timestamptz NOT NULL,
  ends_at        timestamptz NOT NULL CHECK (ends_at > starts_at),
  PRIMARY KEY (tenant_id, occurrence_id, equipment_id),
  FOREIGN KEY (tenant_id, occurrence_id) REFERENCES booking.occurrence,
  FOREIGN KEY (tenant_id, equipment_id) REFERENCES booking.stock
);
-- What is given out at a time: everything that ends after it begins.
CREATE INDEX accessory_given_out ON booking.accessory (tenant_id, equipment_id, ends_at);
CALL kernel.isolate('booking.accessory', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');
