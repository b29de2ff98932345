-- Customers: on whose account something is, and who may act for whom.
CREATE SCHEMA customers;
GRANT USAGE ON SCHEMA customers TO hallport_application;

CREATE TABLE customers.customer (
  tenant_id     uuid NOT NULL REFERENCES kernel.tenant,
  id            uuid NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('person', 'association', 'company', 'unit')),
  name          text NOT NULL,
  -- The customer group that the tariff knows; null is the group of those who have none.
  price_group   text,
  email         text,
  PRIMARY KEY (tenant_id, id)
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

-- Personal numbers, encrypted, with a keyed hash to find them by, and the protected flag.
CREATE TABLE customers.identity (
  tenant_id                   uuid NOT NULL REFERENCES kernel.tenant,
  person_id                   uuid NOT NULL,
  personal_number_hash        bytea NOT NULL,
  personal_number_ciphertext  bytea NOT NULL,
  protected                   boolean NOT NULL DEFAULT false,
  PRIMARY KEY (tenant_id, person_id),
  UNIQUE (tenant_id, personal_number_hash),
  FOREIGN KEY (tenant_id, person_id) REFERENCES kernel.person
);
CALL kernel.isolate('customers.identity', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- Sign-ins on their way: state, nonce and PKCE verifier until the provider answers.
CREATE TABLE customers.sign_in (
  tenant_id      uuid NOT NULL REFERENCES kernel.tenant,
  state_hash     bytea NOT NULL CHECK (length(state_hash) = 32),
  nonce          text NOT NULL,
  pkce_verifier  text NOT NULL,
  return_to      text NOT NULL,
  expires_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, state_hash)
);
CALL kernel.isolate('customers.sign_in', 'tenant_id', 'SELECT, INSERT, DELETE');
