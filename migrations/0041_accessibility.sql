-- The accessibility statement (lag 2018:1937) with its history, and what people report as hard to use.
CREATE SCHEMA accessibility;
GRANT USAGE ON SCHEMA accessibility TO hallport_application;

-- The statement as it was saved each time; the newest is the one that holds.
CREATE TABLE accessibility.statement (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  version      integer NOT NULL CHECK (version > 0),
  compliance   text NOT NULL CHECK (compliance IN ('full', 'partial', 'none')),
  method       text NOT NULL CHECK (method IN ('self', 'external')),
  assessed_on  date NOT NULL,
  -- A text for each language; of the flaws one a line.
  flaws_sv     text NOT NULL CHECK (char_length(flaws_sv) <= 4000),
  flaws_en     text NOT NULL CHECK (char_length(flaws_en) <= 4000),
  burden_sv    text NOT NULL CHECK (char_length(burden_sv) <= 4000),
  burden_en    text NOT NULL CHECK (char_length(burden_en) <= 4000),
  exempt_sv    text NOT NULL CHECK (char_length(exempt_sv) <= 4000),
  exempt_en    text NOT NULL CHECK (char_length(exempt_en) <= 4000),
  email        text NOT NULL CHECK (char_length(email) <= 254),
  telephone    text NOT NULL CHECK (char_length(telephone) <= 40),
  address      text NOT NULL CHECK (char_length(address) <= 300),
  saved_at     timestamptz NOT NULL,
  saved_by     uuid NOT NULL,
  PRIMARY KEY (tenant_id, version),
  FOREIGN KEY (tenant_id, saved_by) REFERENCES kernel.person
);
CALL kernel.isolate('accessibility.statement', 'tenant_id', 'SELECT, INSERT');

-- A report, from anybody: nobody says who they are but by the address for the answer.
CREATE TABLE accessibility.report (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  place        text NOT NULL CHECK (char_length(place) <= 500),
  problem      text NOT NULL CHECK (char_length(problem) BETWEEN 1 AND 4000),
  aids         text NOT NULL CHECK (char_length(aids) <= 500),
  email        text CHECK (char_length(email) BETWEEN 3 AND 254),
  language     text NOT NULL CHECK (language IN ('sv', 'en')),
  made_at      timestamptz NOT NULL,
  answer       text CHECK (char_length(answer) BETWEEN 1 AND 4000),
  answered_at  timestamptz,
  answered_by  uuid,
  -- What became of the letter with the answer.
  letter       text CHECK (letter IN ('queued', 'sent', 'not_sent')),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, answered_by) REFERENCES kernel.person,
  CHECK (num_nonnulls(answer, answered_at, answered_by) IN (0, 3)),
  CHECK (letter IS NULL OR (answer IS NOT NULL AND email IS NOT NULL))
);
CREATE INDEX report_made ON accessibility.report (tenant_id, made_at);
CALL kernel.isolate('accessibility.report', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');
