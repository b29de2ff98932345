-- The interface for programs: who may use it, by which tokens, and what was already answered.
CREATE SCHEMA openapi;
GRANT USAGE ON SCHEMA openapi TO hallport_application;

-- A program that an administrator lets in. Its secret is known by its SHA-256.
CREATE TABLE openapi.client (
  tenant_id        uuid NOT NULL REFERENCES kernel.tenant,
  id               uuid NOT NULL,
  -- As whom it books: a person who signs in nowhere.
  person_id        uuid NOT NULL,
  name             text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
  scopes           text[] NOT NULL CHECK (cardinality(scopes) <= 20),
  rate_per_minute  integer NOT NULL CHECK (rate_per_minute BETWEEN 1 AND 6000),
  secret_hash      bytea NOT NULL CHECK (length(secret_hash) = 32),
  created_at       timestamptz NOT NULL,
  created_by       uuid NOT NULL,
  renewed_at       timestamptz NOT NULL,
  last_used_at     timestamptz,
  taken_back_at    timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, person_id),
  FOREIGN KEY (tenant_id, person_id) REFERENCES kernel.person,
  FOREIGN KEY (tenant_id, created_by) REFERENCES kernel.person
);
CALL kernel.isolate('openapi.client', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- The customers that it may act for.
CREATE TABLE openapi.client_customer (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  client_id    uuid NOT NULL,
  customer_id  uuid NOT NULL,
  PRIMARY KEY (tenant_id, client_id, customer_id),
  FOREIGN KEY (tenant_id, client_id) REFERENCES openapi.client
);
CALL kernel.isolate('openapi.client_customer', 'tenant_id', 'SELECT, INSERT, DELETE');

-- What is shown with each call, known by its SHA-256: short ones that clients get for their secret, and those that people
-- make for programs of their own.
CREATE TABLE openapi.token (
  tenant_id     uuid NOT NULL REFERENCES kernel.tenant,
  id            uuid NOT NULL,
  token_hash    bytea NOT NULL CHECK (length(token_hash) = 32),
  client_id     uuid,
  person_id     uuid,
  -- What its maker calls it; a client's has no name.
  name          text CHECK (char_length(name) BETWEEN 1 AND 80),
  scopes        text[] NOT NULL CHECK (cardinality(scopes) <= 20),
  created_at    timestamptz NOT NULL,
  expires_at    timestamptz NOT NULL,
  last_used_at  timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, token_hash),
  CHECK ((client_id IS NULL) <> (person_id IS NULL)),
  CHECK ((person_id IS NULL) = (name IS NULL)),
  FOREIGN KEY (tenant_id, client_id) REFERENCES openapi.client,
  FOREIGN KEY (tenant_id, person_id) REFERENCES kernel.person
);
CREATE INDEX token_client ON openapi.token (tenant_id, client_id, expires_at) WHERE client_id IS NOT NULL;
CREATE INDEX token_person ON openapi.token (tenant_id, person_id) WHERE person_id IS NOT NULL;
CALL kernel.isolate('openapi.token', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- Answers that are given again to the same request under the same key, for a day. No answer yet: somebody works on it.
CREATE TABLE openapi.repeat (
  tenant_id     uuid NOT NULL REFERENCES kernel.tenant,
  -- The client or the person's token.
  holder        uuid NOT NULL,
  key           text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
  request_hash  bytea NOT NULL CHECK (length(request_hash) = 32),
  begun_at      timestamptz NOT NULL,
  status        integer CHECK (status BETWEEN 200 AND 499),
  content_type  text,
  body          text CHECK (octet_length(body) <= 262144),
  PRIMARY KEY (tenant_id, holder, key),
  CHECK ((status IS NULL) = (body IS NULL)),
  CHECK ((status IS NULL) = (content_type IS NULL))
);
CREATE INDEX repeat_begun ON openapi.repeat (tenant_id, begun_at);
CALL kernel.isolate('openapi.repeat', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');
