-- Keys of gateways: every certificate that was given out, sealing secrets in rotation, revocation.

-- Certificates that were given to gateways. One that is revoked stands in the broker's revocation list until it
-- would have ended.
CREATE TABLE access.certificate (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  -- Hexadecimal.
  serial      text NOT NULL CHECK (serial ~ '^[0-9a-f]{2,40}$'),
  gateway_id  uuid NOT NULL,
  public_key  bytea NOT NULL CHECK (length(public_key) = 32),
  issued_at   timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL,
  revoked_at  timestamptz,
  PRIMARY KEY (tenant_id, serial),
  FOREIGN KEY (tenant_id, gateway_id) REFERENCES access.gateway
);
CREATE INDEX certificate_gateway ON access.certificate (tenant_id, gateway_id, issued_at);
CREATE INDEX certificate_revoked ON access.certificate (tenant_id, expires_at) WHERE revoked_at IS NOT NULL;
CALL kernel.isolate('access.certificate', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- What was enrolled before has its one certificate. The row's own policy needs the tenant set.
DO $$
DECLARE one uuid;
BEGIN
  FOR one IN SELECT DISTINCT tenant_id FROM access.gateway_directory LOOP
    PERFORM set_config('app.tenant', one::text, true);
    INSERT INTO access.certificate (tenant_id, serial, gateway_id, public_key, issued_at, expires_at)
      SELECT tenant_id, certificate_serial, id, public_key, enrolled_at, certificate_expires_at
        FROM access.gateway
       WHERE enrolled_at IS NOT NULL AND certificate_serial IS NOT NULL AND certificate_expires_at IS NOT NULL;
  END LOOP;
  PERFORM set_config('app.tenant', '', true);
END
$$;

-- A sealing secret is replaced in two steps: the next one is made and fetched by the gateway; once the gateway
-- has it, batches are sealed under it, and the one before goes when the table that it sealed is gone.
ALTER TABLE access.gateway
  ADD COLUMN next_seal_id                integer,
  ADD COLUMN next_seal_secret_ciphertext bytea,
  ADD COLUMN next_seal_made_at           timestamptz,
  ADD COLUMN old_seal_id                 integer,
  ADD COLUMN old_seal_secret_ciphertext  bytea,
  -- The revision after which everything is sealed under the secret in use.
  ADD COLUMN seal_since_revision         bigint NOT NULL DEFAULT 0,
  ADD COLUMN seal_made_at                timestamptz,
  -- Set when the gateway's keys were taken back; its enrolment is gone then. A new enrolment clears it.
  ADD COLUMN revoked_at                  timestamptz,
  ADD CHECK ((next_seal_id IS NULL) = (next_seal_secret_ciphertext IS NULL)),
  ADD CHECK ((next_seal_id IS NULL) = (next_seal_made_at IS NULL)),
  ADD CHECK (next_seal_id > seal_id),
  ADD CHECK ((old_seal_id IS NULL) = (old_seal_secret_ciphertext IS NULL)),
  ADD CHECK (old_seal_id < seal_id),
  ADD CHECK (revoked_at IS NULL OR enrolled_at IS NULL);
