-- Where a program is told of what happens, and what it is told.
CREATE TABLE openapi.webhook (
  tenant_id            uuid NOT NULL REFERENCES kernel.tenant,
  id                   uuid NOT NULL,
  client_id            uuid NOT NULL,
  url                  text NOT NULL CHECK (char_length(url) BETWEEN 1 AND 500),
  kinds                text[] NOT NULL CHECK (cardinality(kinds) BETWEEN 1 AND 20),
  -- What messages are signed with, sealed; the one before it, until then.
  secret_ciphertext    bytea NOT NULL,
  earlier_ciphertext   bytea,
  earlier_until        timestamptz,
  created_at           timestamptz NOT NULL,
  -- How often in a row the receiver has not taken the message that is its turn.
  failures             integer NOT NULL DEFAULT 0,
  last_error           text CHECK (char_length(last_error) <= 500),
  last_told_at         timestamptz,
  -- Told nothing since then: it failed too often.
  parked_at            timestamptz,
  PRIMARY KEY (tenant_id, id),
  CHECK ((earlier_ciphertext IS NULL) = (earlier_until IS NULL)),
  FOREIGN KEY (tenant_id, client_id) REFERENCES openapi.client
);
CREATE INDEX webhook_client ON openapi.webhook (tenant_id, client_id);
CALL kernel.isolate('openapi.webhook', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- Messages, in the order of their positions: told, or waiting their turn. Kept for two weeks, to be told again.
CREATE TABLE openapi.webhook_message (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  webhook_id   uuid NOT NULL,
  id           uuid NOT NULL,
  position     bigint GENERATED ALWAYS AS IDENTITY,
  kind         text NOT NULL,
  subject      uuid NOT NULL,
  happened_at  timestamptz NOT NULL,
  told_at      timestamptz,
  PRIMARY KEY (tenant_id, webhook_id, id),
  FOREIGN KEY (tenant_id, webhook_id) REFERENCES openapi.webhook ON DELETE CASCADE
);
CREATE INDEX webhook_message_waiting ON openapi.webhook_message (tenant_id, webhook_id, position) WHERE told_at IS NULL;
CREATE INDEX webhook_message_old ON openapi.webhook_message (tenant_id, webhook_id, happened_at);
CALL kernel.isolate('openapi.webhook_message', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');
