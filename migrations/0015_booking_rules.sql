-- Booking's rules as the municipality's own parameters, and requests that an officer decides.

-- What one layer of rules says, and when. Nearer layers take the place of farther ones; two of the same layer never
-- hold on the same day.
CREATE TABLE booking.rule_set (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  id          uuid NOT NULL,
  scope       text NOT NULL CHECK (scope IN ('tenant', 'authority', 'facility', 'resource')),
  scope_id    uuid CHECK ((scope_id IS NULL) = (scope = 'tenant')),
  first_day   date NOT NULL,
  -- In it; null is until further notice.
  last_day    date CHECK (last_day >= first_day),
  -- As booking-domain's Parameters are written.
  parameters  jsonb NOT NULL CHECK (pg_column_size(parameters) <= 65536),
  changed_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  EXCLUDE USING gist (
    tenant_id WITH =, scope WITH =, (coalesce(scope_id, '00000000-0000-0000-0000-000000000000')) WITH =,
    daterange(first_day, last_day, '[]') WITH &&)
);
CREATE INDEX rule_set_scope ON booking.rule_set (tenant_id, scope, scope_id);
CALL kernel.isolate('booking.rule_set', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- A stay or a season is several rows of occupancy, none longer than seven days.
ALTER TABLE booking.occupancy DROP CONSTRAINT occupancy_pkey;
ALTER TABLE booking.occupancy ADD PRIMARY KEY (tenant_id, occurrence_id, part_id, starts_at);

ALTER TABLE booking.booking DROP CONSTRAINT booking_status_check;
ALTER TABLE booking.booking ADD CONSTRAINT booking_status_check
  CHECK (status IN ('held', 'requested', 'confirmed', 'refused', 'cancelled'));
ALTER TABLE booking.booking
  ADD COLUMN purpose_kind text NOT NULL DEFAULT 'other'
    CHECK (purpose_kind IN ('training', 'match', 'event', 'school', 'meeting', 'private', 'overnight', 'other')),
  -- Who takes part, where that was said.
  ADD COLUMN persons integer CHECK (persons > 0),
  ADD COLUMN age_group text CHECK (age_group IN ('children', 'youth', 'adults', 'seniors', 'mixed')),
  ADD COLUMN gender text CHECK (gender IN ('girls_women', 'boys_men', 'mixed')),
  -- Why an officer decides, in words; by when, where the rules promise that; what was decided, by whom, and why.
  ADD COLUMN approval_reasons text[] NOT NULL DEFAULT '{}',
  ADD COLUMN decide_by date,
  ADD COLUMN decided_at timestamptz,
  ADD COLUMN decided_by uuid,
  ADD COLUMN decision_reason text CHECK (length(decision_reason) <= 2000),
  ADD CONSTRAINT booking_decided_by_fkey FOREIGN KEY (tenant_id, decided_by) REFERENCES kernel.person,
  ADD CONSTRAINT booking_refused CHECK (status <> 'refused' OR (decided_at IS NOT NULL AND decision_reason IS NOT NULL));
-- The officer's queue, oldest first.
CREATE INDEX booking_requested ON booking.booking (tenant_id, authority_id, created_at) WHERE status = 'requested';
-- What a customer has, for quotas.
CREATE INDEX occurrence_booking_starts ON booking.occurrence (tenant_id, booking_id, starts_at);
DROP INDEX booking.occurrence_booking;

-- What is said of a booking among staff. Nobody else reads it.
CREATE TABLE booking.note (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  id          uuid NOT NULL,
  booking_id  uuid NOT NULL,
  author_id   uuid NOT NULL,
  text        text NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
  written_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, booking_id) REFERENCES booking.booking,
  FOREIGN KEY (tenant_id, author_id) REFERENCES kernel.person
);
CREATE INDEX note_booking ON booking.note (tenant_id, booking_id, written_at);
CALL kernel.isolate('booking.note', 'tenant_id', 'SELECT, INSERT');

-- A request that was refused is no more what others read of bookings than a cancelled one.
CREATE OR REPLACE VIEW pub.occurrence_v1 WITH (security_invoker = true) AS
  SELECT o.tenant_id, o.id AS occurrence_id, o.booking_id, b.number AS booking_number, o.resource_id,
         o.facility_id, o.starts_at, o.ends_at, b.customer_id, b.booker_id,
         (b.status <> 'confirmed' OR o.cancelled_at IS NOT NULL) AS cancelled
    FROM booking.occurrence o JOIN booking.booking b USING (tenant_id)
   WHERE b.id = o.booking_id;
