-- Notifications: what was written to whom, and what became of it. Texts are made when they are sent and are
-- not kept: a code never lies here.
CREATE SCHEMA notifications;
GRANT USAGE ON SCHEMA notifications TO hallport_application;

CREATE TABLE notifications.message (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  id          uuid NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('booking_confirmed', 'booking_cancelled')),
  booking_id  uuid NOT NULL,
  person_id   uuid NOT NULL,
  -- Null where the person has given no address.
  recipient   text,
  status      text NOT NULL CHECK (status IN ('queued', 'sent', 'failed', 'not_sent')),
  -- Why it failed or was not sent, in words for the officer's log.
  reason      text,
  created_at  timestamptz NOT NULL,
  settled_at  timestamptz,
  PRIMARY KEY (tenant_id, id),
  -- The same event again is the same message.
  UNIQUE (tenant_id, booking_id, kind),
  FOREIGN KEY (tenant_id, person_id) REFERENCES kernel.person,
  CHECK ((status = 'queued') = (settled_at IS NULL)),
  CHECK ((status IN ('failed', 'not_sent')) = (reason IS NOT NULL)),
  CHECK (recipient IS NOT NULL OR status = 'not_sent')
);
CALL kernel.isolate('notifications.message', 'tenant_id', 'SELECT, INSERT, UPDATE');
