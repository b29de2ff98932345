-- Messages: by which channels people want what, when nothing rings, addresses that are proven to be theirs, short
-- messages with what became of them, and what an administrator writes instead of our words.

-- Addresses beside the one that the sign-in tells. Each was proven by its owner.
CREATE TABLE notifications.address (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  person_id    uuid NOT NULL,
  channel      text NOT NULL CHECK (channel IN ('email', 'sms')),
  address      text NOT NULL CHECK (length(address) BETWEEN 3 AND 254),
  verified_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, person_id, channel),
  FOREIGN KEY (tenant_id, person_id) REFERENCES kernel.person
);
CALL kernel.isolate('notifications.address', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- An address that somebody wants to be written to at, until they have proven that it is theirs. The row stays when the
-- address is gone from it, so that it is remembered how often was asked.
CREATE TABLE notifications.proof (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  person_id    uuid NOT NULL,
  channel      text NOT NULL CHECK (channel IN ('email', 'sms')),
  address      text CHECK (length(address) BETWEEN 3 AND 254),
  -- The link's or the code's keyed hash, and until it is sent the secret itself, sealed.
  secret_index bytea CHECK (length(secret_index) = 32),
  secret       bytea,
  until        timestamptz NOT NULL,
  wrong        smallint NOT NULL DEFAULT 0 CHECK (wrong >= 0),
  asked_first  timestamptz NOT NULL,
  asked_count  smallint NOT NULL CHECK (asked_count > 0),
  PRIMARY KEY (tenant_id, person_id, channel),
  FOREIGN KEY (tenant_id, person_id) REFERENCES kernel.person,
  CHECK ((address IS NULL) = (secret_index IS NULL)),
  CHECK (secret IS NULL OR address IS NOT NULL)
);
CREATE UNIQUE INDEX proof_secret ON notifications.proof (tenant_id, secret_index) WHERE channel = 'email';
CALL kernel.isolate('notifications.proof', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- Channels that a person chose for a topic; without a row the usual ones.
CREATE TABLE notifications.choice (
  tenant_id  uuid NOT NULL REFERENCES kernel.tenant,
  person_id  uuid NOT NULL,
  topic      text NOT NULL CHECK (topic IN ('bookings', 'disruptions', 'watched')),
  channels   text[] NOT NULL CHECK (channels <@ ARRAY['email', 'sms']),
  PRIMARY KEY (tenant_id, person_id, topic),
  FOREIGN KEY (tenant_id, person_id) REFERENCES kernel.person
);
CALL kernel.isolate('notifications.choice', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- When nothing rings, as a person or the municipality says, in minutes of the clock on the wall; both null where
-- something always may.
CREATE TABLE notifications.person_setting (
  tenant_id     uuid NOT NULL REFERENCES kernel.tenant,
  person_id     uuid NOT NULL,
  own_quiet     boolean NOT NULL,
  quiet_from    smallint CHECK (quiet_from BETWEEN 0 AND 1439),
  quiet_until   smallint CHECK (quiet_until BETWEEN 0 AND 1439),
  codes_by_sms  boolean NOT NULL,
  PRIMARY KEY (tenant_id, person_id),
  FOREIGN KEY (tenant_id, person_id) REFERENCES kernel.person,
  CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)),
  CHECK (quiet_from <> quiet_until)
);
CALL kernel.isolate('notifications.person_setting', 'tenant_id', 'SELECT, INSERT, UPDATE');

CREATE TABLE notifications.tenant_setting (
  tenant_id    uuid PRIMARY KEY REFERENCES kernel.tenant,
  quiet_from   smallint CHECK (quiet_from BETWEEN 0 AND 1439),
  quiet_until  smallint CHECK (quiet_until BETWEEN 0 AND 1439),
  CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)),
  CHECK (quiet_from <> quiet_until)
);
CALL kernel.isolate('notifications.tenant_setting', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- What an administrator writes instead of our words, for a kind of letter in a language.
CREATE TABLE notifications.template (
  tenant_id  uuid NOT NULL REFERENCES kernel.tenant,
  kind       text NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),
  language   text NOT NULL CHECK (length(language) BETWEEN 2 AND 20),
  subject    text NOT NULL CHECK (length(subject) BETWEEN 1 AND 200),
  lead       text NOT NULL CHECK (length(lead) BETWEEN 1 AND 2000),
  closing    text NOT NULL CHECK (length(closing) <= 2000),
  PRIMARY KEY (tenant_id, kind, language)
);
CALL kernel.isolate('notifications.template', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- One row a reader and channel. What waits for the end of quiet hours says until when; what the network says of a short
-- message that the provider has taken stands beside.
ALTER TABLE notifications.message
  ADD COLUMN channel text NOT NULL DEFAULT 'email' CHECK (channel IN ('email', 'sms')),
  ADD COLUMN send_at timestamptz,
  ADD COLUMN provider_id text CHECK (length(provider_id) <= 100),
  ADD COLUMN delivery text CHECK (delivery IN ('arrived', 'lost')),
  ADD COLUMN delivered_at timestamptz,
  ADD CONSTRAINT message_delivery CHECK ((delivery IS NULL) = (delivered_at IS NULL));
DROP INDEX notifications.message_once;
CREATE UNIQUE INDEX message_once ON notifications.message (tenant_id, booking_id, kind, person_id, channel)
  WHERE person_id IS NOT NULL AND kind <> 'booking_changed';
DROP INDEX notifications.message_customer_matter_once;
CREATE UNIQUE INDEX message_customer_matter_once ON notifications.message (tenant_id, customer_matter_id, kind, channel)
  WHERE customer_matter_id IS NOT NULL;
DROP INDEX notifications.message_about_once;
CREATE UNIQUE INDEX message_about_once
  ON notifications.message (tenant_id, booking_id, about, about_id, coalesce(person_id, guest_id, contact_id), channel)
  WHERE about_id IS NOT NULL;
CREATE INDEX message_person ON notifications.message (tenant_id, person_id, id DESC) WHERE person_id IS NOT NULL;
CREATE INDEX message_queued ON notifications.message (tenant_id, channel, id) WHERE status = 'queued';
CREATE INDEX message_unsent ON notifications.message (tenant_id, created_at DESC)
  WHERE status IN ('failed', 'not_sent') OR delivery = 'lost';

-- What those who booked were told of a booking, how, and whether it arrived.
CREATE VIEW pub.message_told_v1 WITH (security_invoker = true) AS
  SELECT tenant_id, id AS message_id, booking_id, person_id, kind, about, channel, status, delivery, created_at,
         settled_at
    FROM notifications.message WHERE person_id IS NOT NULL AND booking_id IS NOT NULL;
GRANT SELECT ON pub.message_told_v1 TO hallport_application;

-- What officers and those who booked write to each other about a booking.
CREATE TABLE booking.thread_text (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  id          uuid NOT NULL,
  booking_id  uuid NOT NULL,
  author_id   uuid NOT NULL,
  staff       boolean NOT NULL,
  text        text NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
  written_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, booking_id) REFERENCES booking.booking,
  FOREIGN KEY (tenant_id, author_id) REFERENCES kernel.person
);
CREATE INDEX thread_text_booking ON booking.thread_text (tenant_id, booking_id, id DESC);
CALL kernel.isolate('booking.thread_text', 'tenant_id', 'SELECT, INSERT');

ALTER TABLE notifications.message DROP CONSTRAINT message_about_check;
ALTER TABLE notifications.message ADD CONSTRAINT message_about_check
  CHECK (about IN ('rearranged', 'closed', 'opened', 'written'));
