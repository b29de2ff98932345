-- Who may do what for a customer, from when until when; how it is given, asked for and taken back.
ALTER TABLE customers.mandate DROP CONSTRAINT mandate_role_check;
ALTER TABLE customers.mandate
  ADD CONSTRAINT mandate_role_check
    CHECK (role IN ('self', 'guardian', 'administrator', 'booker', 'treasurer', 'leader')),
  ADD COLUMN id          uuid NOT NULL DEFAULT gen_random_uuid(),
  -- Both days included; null is open.
  ADD COLUMN valid_from  date,
  ADD COLUMN valid_to    date,
  -- What whoever gave it calls them. Shown in the place of the register's name: a personal number that is typed tells
  -- nobody whose it is.
  ADD COLUMN label       text NOT NULL DEFAULT '' CHECK (length(label) <= 120),
  ADD CONSTRAINT mandate_days CHECK (valid_from <= valid_to),
  ADD CONSTRAINT mandate_id UNIQUE (tenant_id, id);
CREATE INDEX mandate_customer ON customers.mandate (tenant_id, customer_id);
GRANT UPDATE ON customers.mandate TO hallport_application;

ALTER TABLE customers.awaited_mandate DROP CONSTRAINT awaited_mandate_role_check;
ALTER TABLE customers.awaited_mandate
  ADD CONSTRAINT awaited_mandate_role_check
    CHECK (role IN ('guardian', 'administrator', 'booker', 'treasurer', 'leader')),
  ADD COLUMN id          uuid NOT NULL DEFAULT gen_random_uuid(),
  ADD COLUMN valid_from  date,
  ADD COLUMN valid_to    date,
  ADD COLUMN label       text NOT NULL DEFAULT '' CHECK (length(label) <= 120),
  ADD CONSTRAINT awaited_mandate_days CHECK (valid_from <= valid_to),
  ADD CONSTRAINT awaited_mandate_id UNIQUE (tenant_id, id);
CREATE INDEX awaited_mandate_customer ON customers.awaited_mandate (tenant_id, customer_id);
GRANT UPDATE ON customers.awaited_mandate TO hallport_application;

-- An invitation by letter. Its link is known by a hash; the link itself lies encrypted until the letter has been written,
-- the invitation is taken, or its time is over.
CREATE TABLE customers.invitation (
  tenant_id         uuid NOT NULL REFERENCES kernel.tenant,
  id                uuid NOT NULL,
  customer_id       uuid NOT NULL,
  role              text NOT NULL CHECK (role IN ('administrator', 'booker', 'treasurer', 'leader')),
  valid_from        date,
  valid_to          date,
  label             text NOT NULL CHECK (length(label) BETWEEN 1 AND 120),
  email             text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
  language          text NOT NULL CHECK (length(language) BETWEEN 2 AND 12),
  token_hash        bytea NOT NULL CHECK (length(token_hash) = 32),
  token_ciphertext  bytea,
  invited_by        uuid NOT NULL,
  invited_at        timestamptz NOT NULL,
  expires_at        timestamptz NOT NULL,
  taken_by          uuid,
  ended_at          timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, token_hash),
  FOREIGN KEY (tenant_id, customer_id) REFERENCES customers.customer,
  FOREIGN KEY (tenant_id, invited_by) REFERENCES kernel.person,
  FOREIGN KEY (tenant_id, taken_by) REFERENCES kernel.person,
  CHECK (valid_from <= valid_to),
  CHECK (taken_by IS NULL OR ended_at IS NOT NULL),
  CHECK (ended_at IS NULL OR token_ciphertext IS NULL)
);
CREATE INDEX invitation_customer ON customers.invitation (tenant_id, customer_id) WHERE ended_at IS NULL;
CALL kernel.isolate('customers.invitation', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- An association or a company that asks to be in the register, or a guardian for a child; an officer decides once.
CREATE TABLE customers.application (
  tenant_id                   uuid NOT NULL REFERENCES kernel.tenant,
  id                          uuid NOT NULL,
  kind                        text NOT NULL CHECK (kind IN ('association', 'company', 'child')),
  applicant_id                uuid NOT NULL,
  name                        text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  -- As the register will have it.
  facts                       jsonb NOT NULL,
  -- What the applicant says beside.
  statement                   text NOT NULL DEFAULT '' CHECK (length(statement) <= 1000),
  personal_number_hash        bytea,
  personal_number_ciphertext  bytea,
  step                        text NOT NULL CHECK (step IN ('asked', 'approved', 'refused', 'withdrawn')),
  reason                      text CHECK (length(reason) BETWEEN 1 AND 1000),
  asked_at                    timestamptz NOT NULL,
  decided_by                  uuid,
  decided_at                  timestamptz,
  customer_id                 uuid,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, applicant_id) REFERENCES kernel.person,
  FOREIGN KEY (tenant_id, decided_by) REFERENCES kernel.person,
  FOREIGN KEY (tenant_id, customer_id) REFERENCES customers.customer,
  CHECK ((step = 'refused') = (reason IS NOT NULL)),
  CHECK ((step = 'approved') = (customer_id IS NOT NULL)),
  CHECK ((step = 'asked') = (decided_at IS NULL)),
  CHECK ((personal_number_hash IS NULL) = (personal_number_ciphertext IS NULL)),
  -- A child's number is kept while somebody must decide; afterwards it is the register's or nobody's.
  CHECK (personal_number_hash IS NULL OR (kind = 'child' AND step = 'asked'))
);
CREATE INDEX application_waiting ON customers.application (tenant_id, asked_at) WHERE step = 'asked';
CREATE INDEX application_applicant ON customers.application (tenant_id, applicant_id, asked_at);
CALL kernel.isolate('customers.application', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- A session acts for a customer no longer than the mandate that it was chosen by.
ALTER TABLE kernel.session ADD COLUMN acts_until timestamptz;

-- Letters about what happens in the register: to the one who asked, or to an address that was invited.
ALTER TABLE notifications.message DROP CONSTRAINT message_kind_check;
ALTER TABLE notifications.message ADD CONSTRAINT message_kind_check CHECK (kind IN (
  'booking_confirmed', 'booking_cancelled', 'booking_requested', 'booking_refused', 'booking_changed',
  'guest_let_in', 'guest_changed', 'guest_taken_back',
  'contact_confirmed', 'contact_changed', 'contact_cancelled', 'contact_released',
  'enquiry_received', 'enquiry_answered', 'enquiry_booked', 'enquiry_closed',
  'customer_invited', 'application_received', 'application_approved', 'application_refused'));
ALTER TABLE notifications.message DROP CONSTRAINT message_about;
ALTER TABLE notifications.message DROP CONSTRAINT message_reader;
ALTER TABLE notifications.message
  ADD COLUMN customer_matter_id uuid,
  ADD CONSTRAINT message_about CHECK (num_nonnulls(booking_id, enquiry_id, customer_matter_id) = 1),
  ADD CONSTRAINT message_reader CHECK (num_nonnulls(person_id, guest_id, contact_id) = 1
    OR (kind = 'customer_invited' AND num_nonnulls(person_id, guest_id, contact_id) = 0));
CREATE UNIQUE INDEX message_customer_matter_once
  ON notifications.message (tenant_id, customer_matter_id, kind) WHERE customer_matter_id IS NOT NULL;
