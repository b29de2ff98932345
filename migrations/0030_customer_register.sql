-- The register of customers: what is known of them, which price group they are entitled to and why, and their posts.
ALTER TABLE customers.customer
  ADD COLUMN organisation_number text CHECK (organisation_number ~ '^[0-9]{10}$'),
  ADD COLUMN address     text NOT NULL DEFAULT '' CHECK (length(address) <= 200),
  ADD COLUMN town        text NOT NULL DEFAULT '' CHECK (length(town) <= 80),
  ADD COLUMN telephone   text NOT NULL DEFAULT '' CHECK (length(telephone) <= 30),
  ADD COLUMN web         text NOT NULL DEFAULT '' CHECK (length(web) <= 200),
  -- Separated by a comma and a space, as they are written on pages.
  ADD COLUMN sports      text NOT NULL DEFAULT '' CHECK (length(sports) <= 1000),
  ADD COLUMN age_groups  text NOT NULL DEFAULT '' CHECK (length(age_groups) <= 60),
  -- Counts changes, so that of two who change at once the second sees what the first wrote.
  ADD COLUMN revision    bigint NOT NULL DEFAULT 1,
  -- One that has ended, or is another one by now, stays for what was booked on its account; nobody books for it.
  ADD COLUMN ended_on    date,
  ADD COLUMN end_reason  text CHECK (length(end_reason) BETWEEN 1 AND 1000),
  ADD COLUMN merged_into uuid,
  ADD CONSTRAINT customer_end CHECK ((ended_on IS NULL) = (end_reason IS NULL)),
  ADD CONSTRAINT customer_merged FOREIGN KEY (tenant_id, merged_into) REFERENCES customers.customer,
  ADD CONSTRAINT customer_merged_into_another CHECK (merged_into <> id),
  ADD CONSTRAINT customer_number_is_no_persons CHECK (kind <> 'person' OR organisation_number IS NULL);
-- Not unique: the sections of an association share its number.
CREATE INDEX customer_number ON customers.customer (tenant_id, organisation_number) WHERE organisation_number IS NOT NULL;
CREATE INDEX customer_kind ON customers.customer (tenant_id, kind, name);

-- The date it is at a moment where the tenant is.
CREATE FUNCTION customers.today(at timestamptz) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT (at AT TIME ZONE time_zone)::date FROM kernel.tenant
   WHERE id = nullif(current_setting('app.tenant', true), '')::uuid
$$;

-- The price group that a customer is entitled to on some days, and why. Beside it stands the group that an import gives.
CREATE TABLE customers.entitlement (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  customer_id  uuid NOT NULL,
  price_group  text NOT NULL CHECK (length(price_group) BETWEEN 1 AND 40),
  valid_from   date NOT NULL,
  valid_to     date,
  reason       text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
  given_by     uuid NOT NULL,
  given_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, customer_id) REFERENCES customers.customer,
  FOREIGN KEY (tenant_id, given_by) REFERENCES kernel.person,
  CHECK (valid_from <= valid_to)
);
CREATE INDEX entitlement_customer ON customers.entitlement (tenant_id, customer_id, valid_from);
CALL kernel.isolate('customers.entitlement', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- Who sits on a board or has another post, in the association's own words. Gives no right to act.
CREATE TABLE customers.post (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  customer_id  uuid NOT NULL,
  post         text NOT NULL CHECK (post IN
    ('chair', 'vice_chair', 'secretary', 'treasurer', 'member', 'deputy', 'auditor', 'nominations', 'contact')),
  name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  email        text NOT NULL DEFAULT '' CHECK (length(email) <= 254),
  telephone    text NOT NULL DEFAULT '' CHECK (length(telephone) <= 30),
  valid_from   date,
  valid_to     date,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, customer_id) REFERENCES customers.customer,
  CHECK (valid_from <= valid_to)
);
CREATE INDEX post_customer ON customers.post (tenant_id, customer_id);
CALL kernel.isolate('customers.post', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- What is known of a person customer beside whoever signs in: one whom the desk knows, or a child. By the same keyed hash
-- as those who sign in, so that it is the same customer when they do.
CREATE TABLE customers.known_person (
  tenant_id                   uuid NOT NULL REFERENCES kernel.tenant,
  customer_id                 uuid NOT NULL,
  personal_number_hash        bytea NOT NULL,
  personal_number_ciphertext  bytea NOT NULL,
  protected                   boolean NOT NULL DEFAULT false,
  PRIMARY KEY (tenant_id, customer_id),
  UNIQUE (tenant_id, personal_number_hash),
  FOREIGN KEY (tenant_id, customer_id) REFERENCES customers.customer
);
CALL kernel.isolate('customers.known_person', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- Organisations as other modules may name them; what has ended or become another is not offered any more.
CREATE OR REPLACE VIEW pub.organisation_v1 WITH (security_invoker = true) AS
  SELECT tenant_id, id AS customer_id, slug, name FROM customers.customer
   WHERE kind <> 'person' AND merged_into IS NULL;
