-- Access: gateways, what is on site, who may pass which door, and what the gateways tell.
CREATE SCHEMA access;
GRANT USAGE ON SCHEMA access TO hallport_application;

-- One computer on site. The row exists from the site's import on; enrolment gives it keys.
CREATE TABLE access.gateway (
  tenant_id              uuid NOT NULL REFERENCES kernel.tenant,
  id                     uuid NOT NULL,
  slug                   text NOT NULL CHECK (slug ~ '^[a-z0-9-]{1,60}$'),
  name                   text NOT NULL,
  -- The grant table's position. The revision rises for ever, also from one epoch to the next, so that two
  -- revisions of a gateway can always be compared.
  epoch                  bigint NOT NULL DEFAULT 1 CHECK (epoch >= 1),
  revision               bigint NOT NULL DEFAULT 0 CHECK (revision >= 0),
  acknowledged_revision  bigint NOT NULL DEFAULT 0 CHECK (acknowledged_revision BETWEEN 0 AND revision),
  wants_snapshot         boolean NOT NULL DEFAULT true,
  config_revision        bigint NOT NULL DEFAULT 1,
  posture_counter        bigint NOT NULL DEFAULT 1,
  posture                text NOT NULL DEFAULT 'normal' CHECK (posture IN ('normal', 'lockdown', 'emergency')),
  -- From enrolment. The sealing secret is encrypted by the vault.
  enrolled_at            timestamptz,
  public_key             bytea CHECK (length(public_key) = 32),
  certificate_serial     text,
  certificate_expires_at timestamptz,
  seal_id                integer NOT NULL DEFAULT 0,
  seal_secret_ciphertext bytea,
  -- The journal: its generation, the last sequence stored without a gap, and the chain's hash after it.
  journal_generation     bigint NOT NULL DEFAULT 0,
  journal_stored         bigint NOT NULL DEFAULT 0,
  journal_chain          bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (length(journal_chain) = 32),
  journal_broken_at      timestamptz,
  -- The last state report, CBOR as it was signed, and what of it is asked for often.
  report                 bytea,
  online                 boolean NOT NULL DEFAULT false,
  last_heard_at          timestamptz,
  contract_version       integer,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, slug),
  CHECK ((enrolled_at IS NULL) = (public_key IS NULL)),
  CHECK ((enrolled_at IS NULL) = (seal_secret_ciphertext IS NULL))
);
CALL kernel.isolate('access.gateway', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- Public: which tenant a gateway belongs to. A message from a gateway names no tenant. A tenant adds its own.
CREATE TABLE access.gateway_directory (
  gateway_id  uuid PRIMARY KEY,
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant
);
ALTER TABLE access.gateway_directory ENABLE ROW LEVEL SECURITY;
ALTER TABLE access.gateway_directory FORCE ROW LEVEL SECURITY;
CREATE POLICY everyone ON access.gateway_directory FOR SELECT USING (true);
CREATE POLICY own ON access.gateway_directory FOR INSERT
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT ON access.gateway_directory TO hallport_application;

-- Enrolment codes, by keyed hash. Single use.
CREATE TABLE access.enrolment_code (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  code_hash   bytea NOT NULL CHECK (length(code_hash) = 32),
  gateway_id  uuid NOT NULL,
  -- Null when it was made on the command line.
  created_by  uuid,
  created_at  timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL,
  used_at     timestamptz,
  PRIMARY KEY (tenant_id, code_hash),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES access.gateway
);
CALL kernel.isolate('access.enrolment_code', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- What is on site and how it is wired. A change raises the gateway's config_revision.
CREATE TABLE access.device (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  id          uuid NOT NULL,
  gateway_id  uuid NOT NULL,
  slug        text NOT NULL CHECK (slug ~ '^[a-z0-9-]{1,60}$'),
  name        text NOT NULL,
  profile     text NOT NULL,
  address     text NOT NULL,
  unit        smallint NOT NULL CHECK (unit BETWEEN 1 AND 247),
  in_use      boolean NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, gateway_id, slug),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES access.gateway
);
CALL kernel.isolate('access.device', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- A door that left the site keeps its row, so that old passages keep their door's name.
CREATE TABLE access.door (
  tenant_id      uuid NOT NULL REFERENCES kernel.tenant,
  id             uuid NOT NULL,
  gateway_id     uuid NOT NULL,
  slug           text NOT NULL CHECK (slug ~ '^[a-z0-9-]{1,60}$'),
  name           text NOT NULL,
  position       integer NOT NULL,
  lead_minutes   integer NOT NULL CHECK (lead_minutes BETWEEN 0 AND 1440),
  lag_minutes    integer NOT NULL CHECK (lag_minutes BETWEEN 0 AND 1440),
  release_ms     integer NOT NULL CHECK (release_ms BETWEEN 100 AND 30000),
  held_open_ms   integer NOT NULL CHECK (held_open_ms BETWEEN 1000 AND 3600000),
  keypad_id      uuid,
  in_use         boolean NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, gateway_id, slug),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES access.gateway,
  FOREIGN KEY (tenant_id, keypad_id) REFERENCES access.device
);
CALL kernel.isolate('access.door', 'tenant_id', 'SELECT, INSERT, UPDATE');

CREATE TABLE access.door_point (
  tenant_id  uuid NOT NULL REFERENCES kernel.tenant,
  door_id    uuid NOT NULL,
  role       text NOT NULL CHECK (role IN ('lock', 'contact', 'rex', 'tamper')),
  device_id  uuid NOT NULL,
  point      text NOT NULL,
  PRIMARY KEY (tenant_id, door_id, role),
  FOREIGN KEY (tenant_id, door_id) REFERENCES access.door,
  FOREIGN KEY (tenant_id, device_id) REFERENCES access.device
);
CALL kernel.isolate('access.door_point', 'tenant_id', 'SELECT, INSERT, DELETE');

CREATE TABLE access.zone (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  gateway_id   uuid NOT NULL,
  slug         text NOT NULL CHECK (slug ~ '^[a-z0-9-]{1,60}$'),
  name         text NOT NULL,
  lag_minutes  integer NOT NULL CHECK (lag_minutes BETWEEN 0 AND 1440),
  in_use       boolean NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, gateway_id, slug),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES access.gateway
);
CALL kernel.isolate('access.zone', 'tenant_id', 'SELECT, INSERT, UPDATE');

CREATE TABLE access.zone_lamp (
  tenant_id  uuid NOT NULL REFERENCES kernel.tenant,
  zone_id    uuid NOT NULL,
  device_id  uuid NOT NULL,
  point      text NOT NULL,
  PRIMARY KEY (tenant_id, zone_id, device_id, point),
  FOREIGN KEY (tenant_id, zone_id) REFERENCES access.zone,
  FOREIGN KEY (tenant_id, device_id) REFERENCES access.device
);
CALL kernel.isolate('access.zone_lamp', 'tenant_id', 'SELECT, INSERT, DELETE');

-- What must open, and what must be lit, for a resource.
CREATE TABLE access.resource_door (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  resource_id  uuid NOT NULL,
  door_id      uuid NOT NULL,
  PRIMARY KEY (tenant_id, resource_id, door_id),
  FOREIGN KEY (tenant_id, door_id) REFERENCES access.door
);
CALL kernel.isolate('access.resource_door', 'tenant_id', 'SELECT, INSERT, DELETE');

CREATE TABLE access.resource_zone (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  resource_id  uuid NOT NULL,
  zone_id      uuid NOT NULL,
  PRIMARY KEY (tenant_id, resource_id, zone_id),
  FOREIGN KEY (tenant_id, zone_id) REFERENCES access.zone
);
CALL kernel.isolate('access.resource_zone', 'tenant_id', 'SELECT, INSERT, DELETE');

-- The code of a booking: one for all its times. Encrypted by the vault (key id in front); gone when it is
-- taken back and some time after it was last good for anything.
CREATE TABLE access.credential (
  tenant_id          uuid NOT NULL REFERENCES kernel.tenant,
  id                 uuid NOT NULL,
  booking_id         uuid NOT NULL,
  kind               text NOT NULL CHECK (kind IN ('pin')),
  secret_ciphertext  bytea,
  created_at         timestamptz NOT NULL,
  withdrawn_at       timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, booking_id, kind)
);
CALL kernel.isolate('access.credential', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- A right to pass, for one time of a booking at one gateway. A row that is taken back stays as a tombstone.
-- Two bookings never share a code at one gateway at one time: the exclusion refuses it.
CREATE TABLE access.access_grant (
  tenant_id         uuid NOT NULL REFERENCES kernel.tenant,
  id                uuid NOT NULL,
  gateway_id        uuid NOT NULL,
  booking_id        uuid NOT NULL,
  booking_number    bigint NOT NULL,
  occurrence_id     uuid NOT NULL,
  resource_id       uuid NOT NULL,
  -- Keyed hash of the code.
  secret_index      bytea NOT NULL CHECK (length(secret_index) = 32),
  -- The booked time, and from when to when some door opens for it.
  starts_at         timestamptz NOT NULL,
  ends_at           timestamptz NOT NULL CHECK (ends_at > starts_at),
  opens_at          timestamptz NOT NULL CHECK (opens_at <= starts_at),
  closes_at         timestamptz NOT NULL CHECK (closes_at >= ends_at),
  during            tstzrange NOT NULL GENERATED ALWAYS AS (tstzrange(opens_at, closes_at, '[)')) STORED,
  -- Whether any batch ever carried the row, and the last one that carries it as it is now.
  known             boolean NOT NULL DEFAULT false,
  carried_revision  bigint,
  removed_at        timestamptz,
  removal_revision  bigint,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, occurrence_id, gateway_id),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES access.gateway,
  CHECK (carried_revision IS NULL OR known),
  CHECK (removal_revision IS NULL OR removed_at IS NOT NULL),
  EXCLUDE USING gist (tenant_id WITH =, gateway_id WITH =, secret_index WITH =, booking_id WITH <>, during WITH &&)
);
CREATE INDEX access_grant_booking ON access.access_grant (tenant_id, booking_id);
CREATE INDEX access_grant_closing ON access.access_grant (tenant_id, gateway_id, closes_at);
CREATE INDEX access_grant_to_carry ON access.access_grant (tenant_id, gateway_id, opens_at)
  WHERE removed_at IS NULL AND carried_revision IS NULL;
CREATE INDEX access_grant_to_remove ON access.access_grant (tenant_id, gateway_id)
  WHERE removed_at IS NOT NULL AND known AND removal_revision IS NULL;
CALL kernel.isolate('access.access_grant', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- The one batch of a gateway that waits to be acknowledged. Each part is an unsigned GrantBatch, CBOR; it
-- holds seals, no codes.
CREATE TABLE access.batch (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  gateway_id  uuid NOT NULL,
  epoch       bigint NOT NULL,
  base        bigint NOT NULL,
  revision    bigint NOT NULL,
  parts       bytea[] NOT NULL CHECK (cardinality(parts) >= 1),
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, gateway_id),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES access.gateway
);
CALL kernel.isolate('access.batch', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- What happened on site. `chain` is the gateway's hash chain after the entry, `entry` the CBOR that it covers.
CREATE TABLE access.journal (
  tenant_id      uuid NOT NULL REFERENCES kernel.tenant,
  gateway_id     uuid NOT NULL,
  generation     bigint NOT NULL,
  sequence       bigint NOT NULL CHECK (sequence >= 1),
  chain          bytea NOT NULL CHECK (length(chain) = 32),
  entry          bytea NOT NULL,
  at             timestamptz NOT NULL,
  kind           text NOT NULL,
  door_id        uuid,
  grant_id       uuid,
  booking_id     uuid,
  occurrence_id  uuid,
  received_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, gateway_id, generation, sequence),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES access.gateway
);
CREATE INDEX journal_booking ON access.journal (tenant_id, booking_id, at) WHERE booking_id IS NOT NULL;
CALL kernel.isolate('access.journal', 'tenant_id', 'SELECT, INSERT');

-- Messages from a gateway that changed nothing, by reason.
CREATE TABLE access.refused_message (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  gateway_id  uuid NOT NULL,
  reason      text NOT NULL,
  count       bigint NOT NULL,
  last_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, gateway_id, reason),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES access.gateway
);
CALL kernel.isolate('access.refused_message', 'tenant_id', 'SELECT, INSERT, UPDATE');
