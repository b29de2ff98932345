-- Kernel: tenants, people, sessions, audit, outbox, jobs.
--
-- Every table has (tenant_id, …) as its key and is shut by row level security, except the public tables
-- named in kernel.public_table. Postgres 15 or later is needed for security_invoker views.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE SCHEMA kernel;
CREATE SCHEMA pub;
GRANT USAGE ON SCHEMA kernel, pub TO hallport_application, hallport_worker;

-- Shuts a table: only rows of the tenant that the transaction is in, for everyone, the owner included.
-- The application may do with its tenant's rows what `rights` says.
CREATE PROCEDURE kernel.isolate(target regclass, tenant_column name, rights text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  EXECUTE format(
    'CREATE POLICY tenant ON %s USING (%2$I = nullif(current_setting(''app.tenant'', true), '''')::uuid)
     WITH CHECK (%2$I = nullif(current_setting(''app.tenant'', true), '''')::uuid)', target, tenant_column);
  EXECUTE format('GRANT %s ON %s TO hallport_application', rights, target);
END
$$;

CREATE TABLE kernel.tenant (
  id          uuid PRIMARY KEY,
  slug        text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9-]{1,40}$'),
  name        text NOT NULL,
  time_zone   text NOT NULL,
  accent      text NOT NULL CHECK (accent ~ '^#[0-9a-f]{6}$'),
  modules     text[] NOT NULL,
  created_at  timestamptz NOT NULL
);
CALL kernel.isolate('kernel.tenant', 'id', 'SELECT');

-- Public: which tenant a host name belongs to. Written by the owner only.
CREATE TABLE kernel.host (
  host       text PRIMARY KEY CHECK (host = lower(host)),
  tenant_id  uuid NOT NULL REFERENCES kernel.tenant
);
GRANT SELECT ON kernel.host TO hallport_application;

CREATE TABLE kernel.authority (
  tenant_id  uuid NOT NULL REFERENCES kernel.tenant,
  id         uuid NOT NULL,
  slug       text NOT NULL,
  name       text NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, slug)
);
CALL kernel.isolate('kernel.authority', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- Who signs in. Personal numbers and protection belong to the customers module.
CREATE TABLE kernel.person (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  id          uuid NOT NULL,
  issuer      text NOT NULL,
  subject     text NOT NULL,
  name        text NOT NULL,
  email       text,
  language    text NOT NULL CHECK (language IN ('sv', 'en')),
  created_at  timestamptz NOT NULL,
  seen_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, issuer, subject)
);
CALL kernel.isolate('kernel.person', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- Roles of staff. Given to a subject before that person has ever signed in.
CREATE TABLE kernel.role (
  tenant_id     uuid NOT NULL REFERENCES kernel.tenant,
  issuer        text NOT NULL,
  subject       text NOT NULL,
  authority_id  uuid NOT NULL,
  role          text NOT NULL CHECK (role IN ('officer', 'caretaker', 'technician', 'administrator')),
  PRIMARY KEY (tenant_id, issuer, subject, authority_id, role),
  FOREIGN KEY (tenant_id, authority_id) REFERENCES kernel.authority
);
CALL kernel.isolate('kernel.role', 'tenant_id', 'SELECT, INSERT, DELETE');

-- A session is known by the SHA-256 of its token; the token itself is in the cookie only.
CREATE TABLE kernel.session (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  token_hash  bytea NOT NULL CHECK (length(token_hash) = 32),
  person_id   uuid NOT NULL,
  acts_for       uuid,
  acts_for_name  text,
  created_at  timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, token_hash),
  FOREIGN KEY (tenant_id, person_id) REFERENCES kernel.person
);
CREATE INDEX session_expiry ON kernel.session (tenant_id, expires_at);
CALL kernel.isolate('kernel.session', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- What was done, by whom. Appended in the transaction of the change; never altered.
CREATE TABLE kernel.audit (
  tenant_id  uuid NOT NULL REFERENCES kernel.tenant,
  id         bigint GENERATED ALWAYS AS IDENTITY,
  at         timestamptz NOT NULL,
  person_id  uuid,
  actor      text NOT NULL,
  action     text NOT NULL,
  subject    uuid,
  detail     jsonb NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX audit_subject ON kernel.audit (tenant_id, subject, id);
CALL kernel.isolate('kernel.audit', 'tenant_id', 'SELECT, INSERT');

-- What must still reach a module or the outside. One worker holds a stream at a time and takes its rows in
-- order. A row that fails too often is parked, and its stream with it, until somebody looks.
CREATE TABLE kernel.outbox (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  id          bigint GENERATED ALWAYS AS IDENTITY,
  stream      text NOT NULL,
  module      text NOT NULL,
  kind        text NOT NULL,
  payload     jsonb NOT NULL,
  created_at  timestamptz NOT NULL,
  due_at      timestamptz NOT NULL,
  attempts    integer NOT NULL DEFAULT 0,
  last_error  text,
  parked_at   timestamptz,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX outbox_stream ON kernel.outbox (tenant_id, stream, id);
CREATE INDEX outbox_due ON kernel.outbox (due_at) WHERE parked_at IS NULL;
CALL kernel.isolate('kernel.outbox', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');
CREATE POLICY worker ON kernel.outbox FOR SELECT TO hallport_worker USING (true);
GRANT SELECT (tenant_id, id, stream, due_at, parked_at) ON kernel.outbox TO hallport_worker;

-- Work at a time. A kind and a key name one job; enqueuing it again moves it to the earlier time.
CREATE TABLE kernel.job (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  kind        text NOT NULL,
  key         text NOT NULL,
  module      text NOT NULL,
  payload     jsonb NOT NULL,
  due_at      timestamptz NOT NULL,
  attempts    integer NOT NULL DEFAULT 0,
  last_error  text,
  parked_at   timestamptz,
  PRIMARY KEY (tenant_id, kind, key)
);
CREATE INDEX job_due ON kernel.job (due_at) WHERE parked_at IS NULL;
CALL kernel.isolate('kernel.job', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');
CREATE POLICY worker ON kernel.job FOR SELECT TO hallport_worker USING (true);
GRANT SELECT (tenant_id, kind, key, due_at, parked_at) ON kernel.job TO hallport_worker;
