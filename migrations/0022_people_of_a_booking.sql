-- The people around a booking: guests with codes of their own, those who must know, those who ask.

-- Whose a code is beside the booking's own: a guest's, or one time's where each time has its own. Null is the
-- booking's own, for all its times, so that what wrote rows before goes on writing them.
ALTER TABLE access.credential
  ADD COLUMN bearer_id uuid,
  ADD COLUMN holder_id uuid NOT NULL GENERATED ALWAYS AS (coalesce(bearer_id, booking_id)) STORED;
ALTER TABLE access.credential DROP CONSTRAINT credential_tenant_id_booking_id_kind_key;
ALTER TABLE access.credential ADD UNIQUE (tenant_id, holder_id, kind);
CREATE INDEX credential_booking ON access.credential (tenant_id, booking_id);

ALTER TABLE access.access_grant
  ADD COLUMN bearer_id uuid,
  ADD COLUMN holder_id uuid NOT NULL GENERATED ALWAYS AS (coalesce(bearer_id, booking_id)) STORED;
-- No two holders share a code at one gateway at one time, of the same booking or not. A time that is taken back may be
-- given again, as a row of its own.
ALTER TABLE access.access_grant DROP CONSTRAINT access_grant_tenant_id_occurrence_id_gateway_id_key;
CREATE UNIQUE INDEX access_grant_once ON access.access_grant (tenant_id, holder_id, occurrence_id, gateway_id)
  WHERE removed_at IS NULL;
DO $$
DECLARE found text;
BEGIN
  SELECT conname INTO STRICT found FROM pg_constraint
   WHERE conrelid = 'access.access_grant'::regclass AND contype = 'x';
  EXECUTE format('ALTER TABLE access.access_grant DROP CONSTRAINT %I', found);
END
$$;
ALTER TABLE access.access_grant ADD CONSTRAINT access_grant_code_excl
  EXCLUDE USING gist (tenant_id WITH =, gateway_id WITH =, secret_index WITH =, holder_id WITH <>, during WITH &&);
CREATE INDEX access_grant_holder ON access.access_grant (tenant_id, holder_id);

-- Whether each time of a booking has a code of its own.
ALTER TABLE booking.booking ADD COLUMN code_each_time boolean NOT NULL DEFAULT false;

-- Whom the booker lets in by a code of their own. A row that is taken back stays, so that who came has a name.
CREATE TABLE booking.guest (
  tenant_id      uuid NOT NULL REFERENCES kernel.tenant,
  id             uuid NOT NULL,
  booking_id     uuid NOT NULL,
  name           text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  email          text CHECK (length(email) BETWEEN 3 AND 254),
  language       text NOT NULL CHECK (length(language) BETWEEN 2 AND 12),
  -- Otherwise those of guest_time.
  all_times      boolean NOT NULL,
  let_in_by      uuid NOT NULL,
  let_in_at      timestamptz NOT NULL,
  taken_back_at  timestamptz,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, booking_id) REFERENCES booking.booking,
  FOREIGN KEY (tenant_id, let_in_by) REFERENCES kernel.person
);
CREATE INDEX guest_booking ON booking.guest (tenant_id, booking_id, let_in_at);
CALL kernel.isolate('booking.guest', 'tenant_id', 'SELECT, INSERT, UPDATE');

CREATE TABLE booking.guest_time (
  tenant_id      uuid NOT NULL REFERENCES kernel.tenant,
  guest_id       uuid NOT NULL,
  occurrence_id  uuid NOT NULL,
  PRIMARY KEY (tenant_id, guest_id, occurrence_id),
  FOREIGN KEY (tenant_id, guest_id) REFERENCES booking.guest,
  FOREIGN KEY (tenant_id, occurrence_id) REFERENCES booking.occurrence
);
CALL kernel.isolate('booking.guest_time', 'tenant_id', 'SELECT, INSERT');

-- Those who must know of bookings: people of an authority, told by letter. One who is taken away keeps the row, for what
-- was told before.
CREATE TABLE booking.contact (
  tenant_id      uuid NOT NULL REFERENCES kernel.tenant,
  id             uuid NOT NULL,
  authority_id   uuid NOT NULL,
  role           text NOT NULL CHECK (role IN ('caretaker', 'guard', 'host', 'operations', 'cleaner')),
  name           text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  email          text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
  language       text NOT NULL CHECK (length(language) BETWEEN 2 AND 12),
  -- Told by themselves only of these kinds of purpose; empty is of all.
  purpose_kinds  text[] NOT NULL DEFAULT '{}' CHECK (cardinality(purpose_kinds) <= 20),
  removed_at     timestamptz,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, authority_id) REFERENCES kernel.authority
);
CREATE INDEX contact_authority ON booking.contact (tenant_id, authority_id) WHERE removed_at IS NULL;
CALL kernel.isolate('booking.contact', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- Where a contact is told of every booking: a facility with all that is in it, or one resource.
CREATE TABLE booking.contact_place (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  contact_id  uuid NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('facility', 'resource')),
  place_id    uuid NOT NULL,
  PRIMARY KEY (tenant_id, contact_id, place_id),
  FOREIGN KEY (tenant_id, contact_id) REFERENCES booking.contact
);
CALL kernel.isolate('booking.contact_place', 'tenant_id', 'SELECT, INSERT, DELETE');

-- What an officer chose for one booking beside what follows from its place: somebody more, or somebody not.
CREATE TABLE booking.contact_choice (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  booking_id  uuid NOT NULL,
  contact_id  uuid NOT NULL,
  told        boolean NOT NULL,
  PRIMARY KEY (tenant_id, booking_id, contact_id),
  FOREIGN KEY (tenant_id, booking_id) REFERENCES booking.booking,
  FOREIGN KEY (tenant_id, contact_id) REFERENCES booking.contact
);
CALL kernel.isolate('booking.contact_choice', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- What the officer writes to those who must know.
ALTER TABLE booking.booking ADD COLUMN contact_message text CHECK (length(contact_message) BETWEEN 1 AND 2000);

-- Questions about what cannot be booked directly. The number is of the same series as bookings'.
CREATE TABLE booking.enquiry (
  tenant_id      uuid NOT NULL REFERENCES kernel.tenant,
  id             uuid NOT NULL,
  number         bigint NOT NULL,
  authority_id   uuid NOT NULL,
  facility_id    uuid NOT NULL,
  resource_id    uuid NOT NULL,
  asker_id       uuid NOT NULL,
  customer_id    uuid NOT NULL,
  customer_name  text NOT NULL,
  -- When roughly, in the asker's words, and the time that was pointed at, if any.
  wished         text NOT NULL CHECK (length(wished) BETWEEN 1 AND 300),
  wished_at      timestamptz,
  purpose        text NOT NULL CHECK (length(purpose) BETWEEN 1 AND 120),
  purpose_kind   text NOT NULL
    CHECK (purpose_kind IN ('training', 'match', 'event', 'school', 'meeting', 'private', 'overnight', 'other')),
  persons        integer CHECK (persons > 0),
  status         text NOT NULL CHECK (status IN ('waiting', 'answered', 'booked', 'closed')),
  asked_at       timestamptz NOT NULL,
  ended_at       timestamptz,
  ended_by       uuid,
  end_reason     text CHECK (length(end_reason) <= 2000),
  booking_id     uuid,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, number),
  FOREIGN KEY (tenant_id, authority_id) REFERENCES kernel.authority,
  FOREIGN KEY (tenant_id, asker_id) REFERENCES kernel.person,
  FOREIGN KEY (tenant_id, booking_id) REFERENCES booking.booking,
  CHECK ((status IN ('booked', 'closed')) = (ended_at IS NOT NULL)),
  CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
  CHECK ((status = 'booked') = (booking_id IS NOT NULL))
);
CREATE INDEX enquiry_waiting ON booking.enquiry (tenant_id, authority_id, asked_at)
  WHERE status IN ('waiting', 'answered');
CREATE INDEX enquiry_asker ON booking.enquiry (tenant_id, asker_id, asked_at);
CALL kernel.isolate('booking.enquiry', 'tenant_id', 'SELECT, INSERT, UPDATE');

CREATE TABLE booking.enquiry_message (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  id          uuid NOT NULL,
  enquiry_id  uuid NOT NULL,
  author_id   uuid NOT NULL,
  staff       boolean NOT NULL,
  text        text NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
  written_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, enquiry_id) REFERENCES booking.enquiry,
  FOREIGN KEY (tenant_id, author_id) REFERENCES kernel.person
);
CREATE INDEX enquiry_message_enquiry ON booking.enquiry_message (tenant_id, enquiry_id, written_at);
CALL kernel.isolate('booking.enquiry_message', 'tenant_id', 'SELECT, INSERT');

-- Messages to people who do not sign in: a guest of the booker's, or somebody who must know. Each has one reader.
ALTER TABLE notifications.message DROP CONSTRAINT message_kind_check;
ALTER TABLE notifications.message ADD CONSTRAINT message_kind_check CHECK (kind IN (
  'booking_confirmed', 'booking_cancelled', 'booking_requested', 'booking_refused', 'booking_changed',
  'guest_let_in', 'guest_changed', 'guest_taken_back',
  'contact_confirmed', 'contact_changed', 'contact_cancelled', 'contact_released',
  'enquiry_received', 'enquiry_answered', 'enquiry_booked', 'enquiry_closed'));
ALTER TABLE notifications.message
  ALTER COLUMN booking_id DROP NOT NULL,
  ADD COLUMN enquiry_id uuid,
  ADD CONSTRAINT message_about CHECK (num_nonnulls(booking_id, enquiry_id) = 1),
  ALTER COLUMN person_id DROP NOT NULL,
  ADD COLUMN guest_id uuid,
  ADD COLUMN contact_id uuid,
  ADD CONSTRAINT message_reader CHECK (num_nonnulls(person_id, guest_id, contact_id) = 1);
DROP INDEX notifications.message_once;
CREATE UNIQUE INDEX message_once ON notifications.message (tenant_id, booking_id, kind)
  WHERE person_id IS NOT NULL AND kind <> 'booking_changed';
-- A change of many and a closure are told to each reader once.
DROP INDEX notifications.message_about_once;
CREATE UNIQUE INDEX message_about_once
  ON notifications.message (tenant_id, booking_id, about, about_id, coalesce(person_id, guest_id, contact_id))
  WHERE about_id IS NOT NULL;
CREATE INDEX message_enquiry ON notifications.message (tenant_id, enquiry_id) WHERE enquiry_id IS NOT NULL;
CREATE UNIQUE INDEX message_guest_once ON notifications.message (tenant_id, guest_id, kind)
  WHERE guest_id IS NOT NULL AND kind <> 'guest_changed' AND about_id IS NULL;

-- Who of those who must know was told what of which booking, and when.
CREATE VIEW pub.contact_told_v1 WITH (security_invoker = true) AS
  SELECT tenant_id, id AS message_id, booking_id, contact_id, kind, status, created_at, settled_at
    FROM notifications.message WHERE contact_id IS NOT NULL;
GRANT SELECT ON pub.contact_told_v1 TO hallport_application;
