-- Customers: on whose account something is, and who may act for whom.
CREATE SCHEMA customers;
GRANT USAGE ON SCHEMA customers TO hallport_application;

CREATE TABLE customers.customer (
  tenant_id     uuid NOT NULL REFERENCES kernel.tenant,
  id            uuid NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('person', 'association', 'company', 'unit')),
  -- How an import finds it again; people have none.
  slug          text CHECK ((slug IS NULL) = (kind = 'person')),
  name          text NOT NULL,
  -- The customer group that the tariff knows; null is the group of those who have none.
  price_group   text,
  email         text,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, slug)
);
CALL kernel.isolate('customers.customer', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- The right of a person to act for a customer.
CREATE TABLE customers.mandate (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  person_id    uuid NOT NULL,
  customer_id  uuid NOT NULL,
  role         text NOT NULL CHECK (role IN ('self', 'booker', 'administrator')),
  PRIMARY KEY (tenant_id, person_id, customer_id, role),
  FOREIGN KEY (tenant_id, person_id) REFERENCES kernel.person,
  FOREIGN KEY (tenant_id, customer_id) REFERENCES customers.customer
);
CREATE UNIQUE INDEX mandate_self ON customers.mandate (tenant_id, person_id) WHERE role = 'self';
CALL kernel.isolate('customers.mandate', 'tenant_id', 'SELECT, INSERT, DELETE');

-- Mandates that wait for a person who has not signed in yet, by keyed hash of the personal number.
CREATE TABLE customers.awaited_mandate (
  tenant_id             uuid NOT NULL REFERENCES kernel.tenant,
  personal_number_hash  bytea NOT NULL,
  customer_id           uuid NOT NULL,
  role                  text NOT NULL CHECK (role IN ('booker', 'administrator')),
  PRIMARY KEY (tenant_id, personal_number_hash, customer_id, role),
  FOREIGN KEY (tenant_id, customer_id) REFERENCES customers.customer
);
CALL kernel.isolate('customers.awaited_mandate', 'tenant_id', 'SELECT, INSERT, DELETE');

-- Personal numbers, encrypted, with a keyed hash to find them by, and the protected flag. Several rows with
-- the same hash are one human being who has signed in in several ways.
CREATE TABLE customers.identity (
  tenant_id                   uuid NOT NULL REFERENCES kernel.tenant,
  person_id                   uuid NOT NULL,
  personal_number_hash        bytea NOT NULL,
  personal_number_ciphertext  bytea NOT NULL,
  protected                   boolean NOT NULL DEFAULT false,
  PRIMARY KEY (tenant_id, person_id),
  FOREIGN KEY (tenant_id, person_id) REFERENCES kernel.person
);
CREATE INDEX identity_number ON customers.identity (tenant_id, personal_number_hash);
CALL kernel.isolate('customers.identity', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- Sign-ins on their way: state, browser, nonce and PKCE verifier until the provider answers. State and
-- browser are known by their SHA-256; the browser's secret is in its cookie only.
CREATE TABLE customers.sign_in (
  tenant_id      uuid NOT NULL REFERENCES kernel.tenant,
  state_hash     bytea NOT NULL CHECK (length(state_hash) = 32),
  browser_hash   bytea NOT NULL CHECK (length(browser_hash) = 32),
  nonce          text NOT NULL,
  pkce_verifier  text NOT NULL,
  return_to      text NOT NULL,
  expires_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, state_hash)
);
CREATE INDEX sign_in_expiry ON customers.sign_in (tenant_id, expires_at);
CALL kernel.isolate('customers.sign_in', 'tenant_id', 'SELECT, INSERT, DELETE');
