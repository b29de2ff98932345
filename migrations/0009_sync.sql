-- Access, the cloud's side of what lies with the gateways: the hash of each table, alarms, remote releases, holes in
-- journals.

-- `table_hash` is the hash of what the gateway holds at `revision`, `base_hash` of what it holds at
-- `acknowledged_revision`; null where the cloud cannot know.
ALTER TABLE access.gateway
  ADD COLUMN table_hash          bytea CHECK (length(table_hash) = 32),
  ADD COLUMN base_hash           bytea CHECK (length(base_hash) = 32),
  ADD COLUMN hash_mismatches     bigint NOT NULL DEFAULT 0,
  ADD COLUMN hash_mismatch_at    timestamptz,
  -- When a snapshot was last sent because of that.
  ADD COLUMN hash_mended_at      timestamptz,
  -- Who ordered the posture, when, and why.
  ADD COLUMN posture_by          uuid,
  ADD COLUMN posture_at          timestamptz,
  ADD COLUMN posture_reason      text,
  -- Grants are sent when they open within this many days.
  ADD COLUMN horizon_days        integer NOT NULL DEFAULT 14 CHECK (horizon_days BETWEEN 14 AND 35);

-- What of a grant the gateway holds at `revision`: the row's hash, and the end of its last window in
-- milliseconds since 1970. Null: it holds nothing of it.
ALTER TABLE access.access_grant
  ADD COLUMN held_hash   bytea CHECK (length(held_hash) = 32),
  ADD COLUMN held_until_ms  bigint,
  ADD CONSTRAINT access_grant_held CHECK ((held_hash IS NULL) = (held_until_ms IS NULL));
CREATE INDEX access_grant_held ON access.access_grant (tenant_id, gateway_id, held_until_ms)
  WHERE held_hash IS NOT NULL;

-- What gateways hold was not noted until now: each begins with a snapshot.
UPDATE access.gateway SET wants_snapshot = true;

-- Which runs of a gateway's program were heard. A run that comes back after another was heard is a second box with
-- the same identity, or an old message.
CREATE TABLE access.gateway_boot (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  gateway_id   uuid NOT NULL,
  boot         uuid NOT NULL,
  first_heard_at  timestamptz NOT NULL,
  -- The newest report of that run, by the gateway's clock, in milliseconds.
  reported_ms  bigint NOT NULL,
  PRIMARY KEY (tenant_id, gateway_id, boot),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES access.gateway
);
CALL kernel.isolate('access.gateway_boot', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- What somebody must look at. One row for each kind at a time until somebody has; the same again counts up.
CREATE TABLE access.alarm (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  gateway_id   uuid NOT NULL,
  kind         text NOT NULL,
  first_at     timestamptz NOT NULL,
  last_at      timestamptz NOT NULL,
  count        bigint NOT NULL DEFAULT 1 CHECK (count >= 1),
  detail       jsonb NOT NULL,
  seen_at      timestamptz,
  seen_by      uuid,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES access.gateway
);
CREATE UNIQUE INDEX alarm_open ON access.alarm (tenant_id, gateway_id, kind) WHERE seen_at IS NULL;
CREATE INDEX alarm_time ON access.alarm (tenant_id, gateway_id, last_at);
CALL kernel.isolate('access.alarm', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- `historical`: told more than ten minutes after it happened, so that nobody runs to the door for it.
-- `alarm`: forced, held open, tampered with, a device lost and the like.
ALTER TABLE access.journal
  ADD COLUMN historical boolean NOT NULL DEFAULT false,
  ADD COLUMN alarm boolean NOT NULL DEFAULT false;
GRANT DELETE ON access.journal TO hallport_application;
CREATE INDEX journal_time ON access.journal (tenant_id, gateway_id, at);

-- Alarms that were told before their turn, by identity. Gone when the same entry has come in order.
CREATE TABLE access.journal_ahead (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  gateway_id   uuid NOT NULL,
  generation   bigint NOT NULL,
  sequence     bigint NOT NULL CHECK (sequence >= 1),
  entry        bytea NOT NULL,
  at           timestamptz NOT NULL,
  kind         text NOT NULL,
  door_id      uuid,
  historical   boolean NOT NULL,
  received_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, gateway_id, generation, sequence),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES access.gateway
);
CALL kernel.isolate('access.journal_ahead', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- Entries that are not here, and the chain's hash after the last of them: restored from a backup that was older
-- than what the gateway had been told is stored; or kept for as long as they shall be.
CREATE TABLE access.journal_missing (
  tenant_id       uuid NOT NULL REFERENCES kernel.tenant,
  gateway_id      uuid NOT NULL,
  generation      bigint NOT NULL,
  first_sequence  bigint NOT NULL CHECK (first_sequence >= 1),
  last_sequence   bigint NOT NULL CHECK (last_sequence >= first_sequence),
  chain           bytea NOT NULL CHECK (length(chain) = 32),
  reason          text NOT NULL CHECK (reason IN ('restored', 'retention')),
  found_at        timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, gateway_id, generation, first_sequence),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES access.gateway
);
CALL kernel.isolate('access.journal_missing', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- What a tenant decides for itself. Without a row the defaults hold.
CREATE TABLE access.policy (
  tenant_id            uuid PRIMARY KEY REFERENCES kernel.tenant,
  journal_kept_months  integer NOT NULL DEFAULT 24 CHECK (journal_kept_months BETWEEN 1 AND 120)
);
CALL kernel.isolate('access.policy', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- Releases from afar. The counter rises within a run of the gateway's program.
CREATE TABLE access.command (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  gateway_id   uuid NOT NULL,
  door_id      uuid NOT NULL,
  boot         uuid NOT NULL,
  counter      bigint NOT NULL CHECK (counter >= 1),
  person_id    uuid NOT NULL,
  reason       text NOT NULL,
  made_at      timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL CHECK (expires_at > made_at),
  sent_at      timestamptz,
  answered_at  timestamptz,
  done         boolean,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, gateway_id, boot, counter),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES access.gateway,
  FOREIGN KEY (tenant_id, door_id) REFERENCES access.door,
  CHECK ((answered_at IS NULL) = (done IS NULL))
);
CREATE INDEX command_gateway ON access.command (tenant_id, gateway_id, made_at);
CALL kernel.isolate('access.command', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- Who a person is called, for pages that say who did something.
CREATE VIEW pub.person_v1 WITH (security_invoker = true) AS
  SELECT tenant_id, id, name FROM kernel.person;
GRANT SELECT ON pub.person_v1 TO hallport_application;

-- Tells the process that holds the broker what another process wrote. Ids only.
CREATE FUNCTION access.tell_courier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'gateway' THEN
    PERFORM pg_notify('access_courier', NEW.tenant_id || '/' || NEW.id);
  ELSE
    PERFORM pg_notify('access_courier', NEW.tenant_id || '/' || NEW.gateway_id);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER tell_courier AFTER INSERT OR UPDATE ON access.batch
  FOR EACH ROW EXECUTE FUNCTION access.tell_courier();
CREATE TRIGGER tell_courier AFTER INSERT ON access.command
  FOR EACH ROW EXECUTE FUNCTION access.tell_courier();
CREATE TRIGGER tell_courier AFTER UPDATE OF posture_counter, config_revision ON access.gateway
  FOR EACH ROW EXECUTE FUNCTION access.tell_courier();
