-- Staff of a municipality's identity system: which of its groups give which roles, who provisions, and whom.

-- Where a role comes from: given by hand (a file), or by groups of the identity system. The same role may come from both.
ALTER TABLE kernel.role
  ADD COLUMN source text NOT NULL DEFAULT 'hand' CHECK (source IN ('hand', 'group')),
  DROP CONSTRAINT role_pkey,
  ADD PRIMARY KEY (tenant_id, issuer, subject, authority_id, role, source);

-- Whom the identity system has shut out: no role of theirs counts, wherever it comes from.
CREATE TABLE kernel.barred (
  tenant_id  uuid NOT NULL REFERENCES kernel.tenant,
  issuer     text NOT NULL,
  subject    text NOT NULL,
  since      timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, issuer, subject)
);
CALL kernel.isolate('kernel.barred', 'tenant_id', 'SELECT, INSERT, DELETE');

CREATE SCHEMA staff;
GRANT USAGE ON SCHEMA staff TO hallport_application;

-- A group gives a role. It is known by what a token says, or by a provisioned group's name or external id.
CREATE TABLE staff.rule (
  tenant_id     uuid NOT NULL REFERENCES kernel.tenant,
  group_name    text NOT NULL CHECK (char_length(group_name) BETWEEN 1 AND 256),
  authority_id  uuid NOT NULL,
  role          text NOT NULL CHECK (role IN ('officer', 'caretaker', 'technician', 'administrator')),
  created_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, group_name, authority_id, role),
  FOREIGN KEY (tenant_id, authority_id) REFERENCES kernel.authority
);
CALL kernel.isolate('staff.rule', 'tenant_id', 'SELECT, INSERT, DELETE');

-- What the token said at somebody's last sign-in, and by what their account is known: whoever is provisioned afterwards
-- has signed in before.
CREATE TABLE staff.said (
  tenant_id  uuid NOT NULL REFERENCES kernel.tenant,
  person_id  uuid NOT NULL,
  issuer     text NOT NULL,
  subject    text NOT NULL,
  -- What provisioned accounts are matched with.
  staff_id   text NOT NULL,
  outcome    text NOT NULL CHECK (outcome IN ('none', 'groups', 'too_many')),
  groups     text[] NOT NULL CHECK (cardinality(groups) <= 500),
  at         timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, person_id),
  UNIQUE (tenant_id, issuer, subject),
  FOREIGN KEY (tenant_id, person_id) REFERENCES kernel.person
);
CREATE INDEX said_staff_id ON staff.said (tenant_id, staff_id);
CALL kernel.isolate('staff.said', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- A user that the identity system provisions (RFC 7643 §4.1), in the attributes that are kept.
CREATE TABLE staff.account (
  tenant_id     uuid NOT NULL REFERENCES kernel.tenant,
  id            uuid NOT NULL,
  user_name     text NOT NULL CHECK (char_length(user_name) BETWEEN 1 AND 256),
  -- Names of users are the same in any case (RFC 7643 §4.1.1).
  user_key      text NOT NULL,
  external_id   text CHECK (char_length(external_id) BETWEEN 1 AND 256),
  active        boolean NOT NULL,
  -- Name, display name and addresses, as they are answered.
  more          jsonb NOT NULL CHECK (octet_length(more::text) <= 16384),
  version       integer NOT NULL CHECK (version > 0),
  created_at    timestamptz NOT NULL,
  changed_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, user_key),
  UNIQUE (tenant_id, external_id)
);
CALL kernel.isolate('staff.account', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

CREATE TABLE staff.team (
  tenant_id     uuid NOT NULL REFERENCES kernel.tenant,
  id            uuid NOT NULL,
  display_name  text NOT NULL CHECK (char_length(display_name) BETWEEN 1 AND 256),
  external_id   text CHECK (char_length(external_id) BETWEEN 1 AND 256),
  version       integer NOT NULL CHECK (version > 0),
  created_at    timestamptz NOT NULL,
  changed_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, display_name),
  UNIQUE (tenant_id, external_id)
);
CALL kernel.isolate('staff.team', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

CREATE TABLE staff.member (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  team_id     uuid NOT NULL,
  account_id  uuid NOT NULL,
  PRIMARY KEY (tenant_id, team_id, account_id),
  FOREIGN KEY (tenant_id, team_id) REFERENCES staff.team ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, account_id) REFERENCES staff.account ON DELETE CASCADE
);
CREATE INDEX member_account ON staff.member (tenant_id, account_id);
CALL kernel.isolate('staff.member', 'tenant_id', 'SELECT, INSERT, DELETE');

-- What the identity system shows with each request, known by its SHA-256.
CREATE TABLE staff.token (
  tenant_id     uuid NOT NULL REFERENCES kernel.tenant,
  id            uuid NOT NULL,
  token_hash    bytea NOT NULL CHECK (length(token_hash) = 32),
  created_at    timestamptz NOT NULL,
  created_by    uuid NOT NULL,
  last_used_at  timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, token_hash),
  FOREIGN KEY (tenant_id, created_by) REFERENCES kernel.person
);
CALL kernel.isolate('staff.token', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- Requests that were refused, the last ones only.
CREATE TABLE staff.refusal (
  tenant_id  uuid NOT NULL REFERENCES kernel.tenant,
  id         bigint GENERATED ALWAYS AS IDENTITY,
  at         timestamptz NOT NULL,
  method     text NOT NULL CHECK (char_length(method) <= 10),
  path       text NOT NULL CHECK (char_length(path) <= 200),
  status     integer NOT NULL,
  detail     text NOT NULL CHECK (char_length(detail) <= 300),
  PRIMARY KEY (tenant_id, id)
);
CALL kernel.isolate('staff.refusal', 'tenant_id', 'SELECT, INSERT, DELETE');
