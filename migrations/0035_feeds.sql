-- Addresses from which somebody's calendar reads their times. The secret in an address is known by its SHA-256; the
-- address is shown once.
CREATE TABLE openapi.feed (
  tenant_id     uuid NOT NULL REFERENCES kernel.tenant,
  id            uuid NOT NULL,
  secret_hash   bytea NOT NULL CHECK (length(secret_hash) = 32),
  -- Whose it is: it shows what this person may see, and nothing once they may not.
  person_id     uuid NOT NULL,
  -- All that is on this customer's account; null is what the person has booked.
  customer_id   uuid,
  -- What its maker calls it.
  name          text CHECK (char_length(name) BETWEEN 1 AND 80),
  created_at    timestamptz NOT NULL,
  renewed_at    timestamptz NOT NULL,
  -- To the hour.
  last_read_at  timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, secret_hash),
  FOREIGN KEY (tenant_id, person_id) REFERENCES kernel.person
);
CREATE INDEX feed_person ON openapi.feed (tenant_id, person_id);
CALL kernel.isolate('openapi.feed', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');
