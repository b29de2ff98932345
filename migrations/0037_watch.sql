-- Watching: what people follow, and what was found for them.
CREATE SCHEMA watching;
GRANT USAGE ON SCHEMA watching TO hallport_application;

CREATE TABLE watching.watch (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  person_id    uuid NOT NULL,
  -- One resource, or everything for an activity, of one facility where that is said.
  resource_id  uuid,
  activity     text CHECK (length(activity) BETWEEN 1 AND 40),
  facility_id  uuid,
  -- Any time on these days (Monday is the lowest bit) between these minutes of the day that is so long, or this time.
  weekdays     smallint CHECK (weekdays BETWEEN 1 AND 127),
  from_minute  smallint CHECK (from_minute BETWEEN 0 AND 1439),
  until_minute smallint CHECK (until_minute BETWEEN 0 AND 1439),
  minutes      smallint CHECK (minutes BETWEEN 30 AND 180),
  starts_at    timestamptz,
  ends_at      timestamptz,
  state        text NOT NULL CHECK (state IN ('followed', 'paused', 'stopped')),
  -- It is over then, whatever its state.
  until        timestamptz NOT NULL,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, person_id) REFERENCES kernel.person,
  CHECK (num_nonnulls(resource_id, activity) = 1),
  CHECK (num_nonnulls(weekdays, from_minute, until_minute, minutes) IN (0, 4)),
  CHECK (num_nonnulls(starts_at, ends_at) IN (0, 2)),
  CHECK ((weekdays IS NULL) <> (starts_at IS NULL)),
  CHECK (starts_at < ends_at)
);
CREATE INDEX watch_person ON watching.watch (tenant_id, person_id, id);
CREATE INDEX watch_resource ON watching.watch (tenant_id, resource_id) WHERE state = 'followed';
CREATE INDEX watch_activity ON watching.watch (tenant_id, activity) WHERE state = 'followed';
CALL kernel.isolate('watching.watch', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- A time that was found for a wish. Those that were found together are told together.
CREATE TABLE watching.hit (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  notice_id    uuid NOT NULL,
  watch_id     uuid NOT NULL,
  facility_id  uuid NOT NULL,
  resource_id  uuid NOT NULL,
  starts_at    timestamptz NOT NULL,
  ends_at      timestamptz NOT NULL,
  found_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, watch_id) REFERENCES watching.watch ON DELETE CASCADE,
  CHECK (starts_at < ends_at)
);
CREATE INDEX hit_notice ON watching.hit (tenant_id, notice_id);
CREATE INDEX hit_watch ON watching.hit (tenant_id, watch_id, starts_at, found_at);
CREATE INDEX hit_old ON watching.hit (tenant_id, ends_at);
CALL kernel.isolate('watching.hit', 'tenant_id', 'SELECT, INSERT, DELETE');

-- Messages about what was found.
ALTER TABLE notifications.message DROP CONSTRAINT message_kind_check;
ALTER TABLE notifications.message ADD CONSTRAINT message_kind_check CHECK (kind IN (
  'booking_confirmed', 'booking_cancelled', 'booking_requested', 'booking_refused', 'booking_changed',
  'guest_let_in', 'guest_changed', 'guest_taken_back',
  'contact_confirmed', 'contact_changed', 'contact_cancelled', 'contact_released',
  'enquiry_received', 'enquiry_answered', 'enquiry_booked', 'enquiry_closed',
  'customer_invited', 'application_received', 'application_approved', 'application_refused', 'watch_found'));
ALTER TABLE notifications.message
  ADD COLUMN notice_id uuid,
  ADD COLUMN hit_id uuid,
  ADD CONSTRAINT message_notice CHECK ((notice_id IS NULL) = (hit_id IS NULL)),
  DROP CONSTRAINT message_about,
  ADD CONSTRAINT message_about CHECK (num_nonnulls(booking_id, enquiry_id, notice_id, customer_matter_id) = 1);
CREATE UNIQUE INDEX message_hit_once ON notifications.message (tenant_id, hit_id, channel) WHERE hit_id IS NOT NULL;
CREATE INDEX message_notice_queued ON notifications.message (tenant_id, notice_id) WHERE notice_id IS NOT NULL AND status = 'queued';
