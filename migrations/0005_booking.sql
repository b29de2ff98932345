-- Booking: agreements, their times, and the space they take.
CREATE SCHEMA booking;
GRANT USAGE ON SCHEMA booking TO hallport_application;

-- The module's own rows of parts: locked in id order by every write that takes space.
CREATE TABLE booking.part (
  tenant_id  uuid NOT NULL REFERENCES kernel.tenant,
  id         uuid NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
-- Locking a row takes UPDATE.
CALL kernel.isolate('booking.part', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- The last booking number given.
CREATE TABLE booking.number_series (
  tenant_id  uuid PRIMARY KEY REFERENCES kernel.tenant,
  last       bigint NOT NULL
);
CALL kernel.isolate('booking.number_series', 'tenant_id', 'SELECT, INSERT, UPDATE');

CREATE TABLE booking.booking (
  tenant_id      uuid NOT NULL REFERENCES kernel.tenant,
  id             uuid NOT NULL,
  number         bigint NOT NULL,
  authority_id   uuid NOT NULL,
  facility_id    uuid NOT NULL,
  customer_id    uuid NOT NULL,
  customer_name  text NOT NULL,
  booker_id      uuid NOT NULL,
  purpose        text NOT NULL,
  status         text NOT NULL CHECK (status IN ('held', 'confirmed', 'cancelled')),
  held_until     timestamptz,
  -- Null where the list is silent.
  price_ore      bigint CHECK (price_ore >= 0),
  created_at     timestamptz NOT NULL,
  cancelled_at   timestamptz,
  -- Makes a booker's repeated form or request the same booking.
  request_key    uuid NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, number),
  UNIQUE (tenant_id, booker_id, request_key),
  CHECK ((status = 'held') = (held_until IS NOT NULL)),
  CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL)),
  FOREIGN KEY (tenant_id, authority_id) REFERENCES kernel.authority
);
CREATE INDEX booking_booker ON booking.booking (tenant_id, booker_id, created_at);
CREATE INDEX booking_customer ON booking.booking (tenant_id, customer_id, created_at);
CALL kernel.isolate('booking.booking', 'tenant_id', 'SELECT, INSERT, UPDATE');

CREATE TABLE booking.occurrence (
  tenant_id     uuid NOT NULL REFERENCES kernel.tenant,
  id            uuid NOT NULL,
  booking_id    uuid NOT NULL,
  resource_id   uuid NOT NULL,
  facility_id   uuid NOT NULL,
  starts_at     timestamptz NOT NULL,
  ends_at       timestamptz NOT NULL CHECK (ends_at > starts_at),
  cancelled_at  timestamptz,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, booking_id) REFERENCES booking.booking
);
CREATE INDEX occurrence_booking ON booking.occurrence (tenant_id, booking_id);
CREATE INDEX occurrence_day ON booking.occurrence (tenant_id, facility_id, starts_at);
CALL kernel.isolate('booking.occurrence', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- Space taken. `during` includes buffers. A row with `hold_until` is a hold: dead once that has passed, and
-- swept away by the next write on the same part. What must never be, the exclusion refuses. The reference to
-- the occurrence waits for the commit, so that a write learns whether there is room before it takes a number.
-- No span is longer than seven days (SPAN_MINUTES_MAX), so that schedules know how far back to read.
CREATE TABLE booking.occupancy (
  tenant_id      uuid NOT NULL REFERENCES kernel.tenant,
  part_id        uuid NOT NULL,
  starts_at      timestamptz NOT NULL,
  ends_at        timestamptz NOT NULL CHECK (ends_at > starts_at),
  during         tstzrange NOT NULL GENERATED ALWAYS AS (tstzrange(starts_at, ends_at, '[)')) STORED,
  occurrence_id  uuid NOT NULL,
  hold_until     timestamptz,
  PRIMARY KEY (tenant_id, occurrence_id, part_id),
  FOREIGN KEY (tenant_id, part_id) REFERENCES booking.part,
  FOREIGN KEY (tenant_id, occurrence_id) REFERENCES booking.occurrence DEFERRABLE INITIALLY DEFERRED,
  CHECK (ends_at - starts_at <= interval '168 hours'),
  EXCLUDE USING gist (tenant_id WITH =, part_id WITH =, during WITH &&)
);
-- Read by schedules: `&&` cannot be an index condition under row level security, this can.
CREATE INDEX occupancy_schedule ON booking.occupancy (tenant_id, part_id, starts_at);
CREATE INDEX occupancy_hold ON booking.occupancy (tenant_id, part_id, hold_until) WHERE hold_until IS NOT NULL;
CALL kernel.isolate('booking.occupancy', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- What others may read of bookings.
CREATE VIEW pub.occurrence_v1 WITH (security_invoker = true) AS
  SELECT o.tenant_id, o.id AS occurrence_id, o.booking_id, b.number AS booking_number, o.resource_id,
         o.facility_id, o.starts_at, o.ends_at, b.customer_id, b.booker_id,
         (b.status = 'cancelled' OR o.cancelled_at IS NOT NULL) AS cancelled
    FROM booking.occurrence o JOIN booking.booking b USING (tenant_id)
   WHERE b.id = o.booking_id;
GRANT SELECT ON pub.occurrence_v1 TO hallport_application;
