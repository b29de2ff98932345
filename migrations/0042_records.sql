-- What is kept and for how long: the retention plan, what was destroyed by it, what people asked to have erased, and what
-- was disclosed of public records.
CREATE SCHEMA records;
GRANT USAGE ON SCHEMA records TO hallport_application;

-- What the municipality has decided about a type of information. Without a row it is kept. A new decision ends the one
-- before it; both stay.
CREATE TABLE records.decision (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  information  text NOT NULL CHECK (information ~ '^[a-z]+\.[a-z_]+$' AND length(information) <= 60),
  -- From when the case was over.
  months       integer NOT NULL CHECK (months BETWEEN 0 AND 1200),
  decided_by   text NOT NULL CHECK (length(decided_by) BETWEEN 1 AND 120),
  decided_on   date NOT NULL,
  reference    text NOT NULL CHECK (length(reference) BETWEEN 1 AND 120),
  written_by   uuid NOT NULL,
  written_at   timestamptz NOT NULL,
  ended_at     timestamptz CHECK (ended_at >= written_at),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, written_by) REFERENCES kernel.person
);
CREATE UNIQUE INDEX decision_in_force ON records.decision (tenant_id, information) WHERE ended_at IS NULL;
CALL kernel.isolate('records.decision', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- What was destroyed, of which type, by which decision.
CREATE TABLE records.destroyed (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  information  text NOT NULL,
  decision_id  uuid NOT NULL,
  over_before  timestamptz NOT NULL,
  records      bigint NOT NULL CHECK (records > 0),
  at           timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, decision_id) REFERENCES records.decision
);
CREATE INDEX destroyed_at ON records.destroyed (tenant_id, at DESC);
CALL kernel.isolate('records.destroyed', 'tenant_id', 'SELECT, INSERT');

-- Public records that were disclosed: by whom, how many, what was masked, and which file. Who asked is not written down:
-- nobody need say who they are.
CREATE TABLE records.disclosure (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  by_id        uuid NOT NULL,
  at           timestamptz NOT NULL,
  about        text NOT NULL CHECK (length(about) BETWEEN 1 AND 300),
  ground       text NOT NULL CHECK (length(ground) <= 1000),
  records      integer NOT NULL CHECK (records > 0),
  masked       integer NOT NULL CHECK (masked >= 0),
  file_sha256  bytea NOT NULL CHECK (length(file_sha256) = 32),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, by_id) REFERENCES kernel.person
);
CREATE INDEX disclosure_at ON records.disclosure (tenant_id, at DESC);
CALL kernel.isolate('records.disclosure', 'tenant_id', 'SELECT, INSERT');

-- Customers whose identity is protected: whoever names people to others looks here.
CREATE VIEW pub.protected_customer_v1 WITH (security_invoker = true) AS
  SELECT own.tenant_id, own.customer_id FROM customers.mandate own
    JOIN customers.identity identity ON identity.tenant_id = own.tenant_id AND identity.person_id = own.person_id
   WHERE own.role = 'self' AND identity.protected
   UNION
  SELECT known.tenant_id, known.customer_id FROM customers.known_person known WHERE known.protected;
GRANT SELECT ON pub.protected_customer_v1 TO hallport_application;

-- A booking whose people are destroyed keeps its times, for statistics: on nobody's account, booked by nobody.
ALTER TABLE booking.booking ADD COLUMN destroyed_at timestamptz;
ALTER TABLE booking.booking ADD CONSTRAINT booking_destroyed CHECK (destroyed_at IS NULL OR (
  customer_id = '00000000-0000-0000-0000-000000000000' AND booker_id = '00000000-0000-0000-0000-000000000000'
  AND customer_name = '' AND purpose = '' AND contact_message IS NULL AND approval_reasons = '{}'
  AND coalesce(decision_reason, '') = '' AND particulars = '{}'));
CREATE INDEX booking_kept ON booking.booking (tenant_id, created_at) WHERE destroyed_at IS NULL;
GRANT DELETE ON booking.note, booking.thread_text, booking.guest, booking.guest_time, booking.contact_choice,
  booking.enquiry, booking.enquiry_message TO hallport_application;
GRANT DELETE ON customers.application, customers.invitation, customers.identity TO hallport_application;
GRANT DELETE ON notifications.message, notifications.proof, notifications.person_setting TO hallport_application;

-- What somebody did, for whoever asks what is kept of them.
CREATE INDEX audit_person ON kernel.audit (tenant_id, person_id, id) WHERE person_id IS NOT NULL;

-- The log of what was done is altered by nobody. What of it is older than the plan says may be taken away: of anything else
-- the application sees no row to delete.
CREATE POLICY destroyed ON kernel.audit AS RESTRICTIVE FOR DELETE USING (EXISTS (
  SELECT FROM records.decision said
   WHERE said.tenant_id = audit.tenant_id AND said.information = 'kernel.audit' AND said.ended_at IS NULL
     AND audit.at < statement_timestamp() - make_interval(months => said.months) + interval '1 day'));
GRANT DELETE ON kernel.audit TO hallport_application;
