-- Faults: what people who are there say is wrong, and what becomes of it.
CREATE SCHEMA faults;
GRANT USAGE ON SCHEMA faults TO hallport_application;

-- A place that a label on the wall points at, beside the facility itself. Its number is printed: it is never another's.
CREATE TABLE faults.place (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  facility_id  uuid NOT NULL,
  no           smallint NOT NULL CHECK (no BETWEEN 1 AND 999),
  name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  -- What is closed when something is wrong here, where that can be booked.
  resource_id  uuid,
  made_at      timestamptz NOT NULL,
  removed_at   timestamptz,
  PRIMARY KEY (tenant_id, facility_id, no)
);
CALL kernel.isolate('faults.place', 'tenant_id', 'SELECT, INSERT, UPDATE');

CREATE TABLE faults.fault (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  facility_id  uuid NOT NULL,
  place_no     smallint,
  kind         text NOT NULL CHECK (kind IN
    ('danger', 'leak', 'toilet', 'light', 'air', 'door', 'equipment', 'dirt', 'other')),
  state        text NOT NULL CHECK (state IN ('reported', 'taken', 'mended', 'no_fault', 'joined')),
  taken_by     uuid,
  joined_into  uuid,
  -- What was closed because of it, until it is opened from here again.
  closure_id   uuid,
  reported_at  timestamptz NOT NULL,
  changed_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, facility_id, place_no) REFERENCES faults.place,
  FOREIGN KEY (tenant_id, taken_by) REFERENCES kernel.person,
  FOREIGN KEY (tenant_id, joined_into) REFERENCES faults.fault,
  CHECK ((state = 'taken') = (taken_by IS NOT NULL)),
  CHECK ((state = 'joined') = (joined_into IS NOT NULL)),
  CHECK (joined_into <> id)
);
CREATE INDEX fault_open ON faults.fault (tenant_id, facility_id, reported_at) WHERE state IN ('reported', 'taken');
CREATE INDEX fault_ended ON faults.fault (tenant_id, facility_id, changed_at DESC) WHERE state NOT IN ('reported', 'taken');
CALL kernel.isolate('faults.fault', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- What somebody said. Several may say the same.
CREATE TABLE faults.report (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  fault_id     uuid NOT NULL,
  facility_id  uuid NOT NULL,
  words        text NOT NULL CHECK (length(words) <= 1000),
  -- Where an answer is wanted, and in which language.
  email        text CHECK (length(email) BETWEEN 3 AND 254),
  language     text NOT NULL CHECK (length(language) BETWEEN 2 AND 35),
  -- The answer that holds, while one does.
  answer_id    uuid,
  sent_at      timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, fault_id) REFERENCES faults.fault ON DELETE CASCADE
);
CREATE INDEX report_fault ON faults.report (tenant_id, fault_id, id);
CREATE INDEX report_sent ON faults.report (tenant_id, facility_id, sent_at);
CREATE INDEX report_answer ON faults.report (tenant_id, answer_id) WHERE answer_id IS NOT NULL;
CALL kernel.isolate('faults.report', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- A report's photo, drawn anew, in a few widths.
CREATE TABLE faults.photo (
  tenant_id  uuid NOT NULL REFERENCES kernel.tenant,
  report_id  uuid NOT NULL,
  width_px   integer NOT NULL CHECK (width_px > 0),
  height_px  integer NOT NULL CHECK (height_px > 0),
  jpeg       bytea NOT NULL,
  PRIMARY KEY (tenant_id, report_id, width_px),
  FOREIGN KEY (tenant_id, report_id) REFERENCES faults.report ON DELETE CASCADE
);
-- JPEG does not become smaller by being compressed once more.
ALTER TABLE faults.photo ALTER COLUMN jpeg SET STORAGE EXTERNAL;
CALL kernel.isolate('faults.photo', 'tenant_id', 'SELECT, INSERT, DELETE');

-- What happened to a fault; without a person it was somebody who had not signed in.
CREATE TABLE faults.entry (
  tenant_id  uuid NOT NULL REFERENCES kernel.tenant,
  id         uuid NOT NULL,
  fault_id   uuid NOT NULL,
  person_id  uuid,
  step       text NOT NULL CHECK (step IN
    ('reported', 'seen', 'taken', 'noted', 'mended', 'no_fault', 'reopened', 'joined', 'received', 'closed', 'opened')),
  text       text NOT NULL CHECK (length(text) <= 1000),
  written_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, fault_id) REFERENCES faults.fault ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, person_id) REFERENCES kernel.person
);
CREATE INDEX entry_fault ON faults.entry (tenant_id, fault_id, id);
CALL kernel.isolate('faults.entry', 'tenant_id', 'SELECT, INSERT, DELETE');

-- The letter to somebody who reported a fault and is not known beside their address.
ALTER TABLE notifications.message DROP CONSTRAINT message_kind_check;
ALTER TABLE notifications.message ADD CONSTRAINT message_kind_check CHECK (kind IN (
  'booking_confirmed', 'booking_cancelled', 'booking_requested', 'booking_refused', 'booking_changed',
  'guest_let_in', 'guest_changed', 'guest_taken_back',
  'contact_confirmed', 'contact_changed', 'contact_cancelled', 'contact_released',
  'enquiry_received', 'enquiry_answered', 'enquiry_booked', 'enquiry_closed',
  'customer_invited', 'application_received', 'application_approved', 'application_refused', 'watch_found',
  'fault_answered'));
ALTER TABLE notifications.message
  ADD COLUMN fault_answer_id uuid,
  DROP CONSTRAINT message_about,
  ADD CONSTRAINT message_about
    CHECK (num_nonnulls(booking_id, enquiry_id, notice_id, customer_matter_id, fault_answer_id) = 1),
  DROP CONSTRAINT message_reader,
  ADD CONSTRAINT message_reader CHECK (num_nonnulls(person_id, guest_id, contact_id) = 1
    OR (kind IN ('customer_invited', 'fault_answered') AND num_nonnulls(person_id, guest_id, contact_id) = 0));
CREATE UNIQUE INDEX message_fault_answer_once ON notifications.message (tenant_id, fault_answer_id)
  WHERE fault_answer_id IS NOT NULL;
