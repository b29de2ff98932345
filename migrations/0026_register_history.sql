-- What was said of the register's things before and after each change, so that it can be told and brought back. A row
-- for each change of a facility, of its ordinary week, of a resource, of equipment and of other hours.
CREATE TABLE facilities.version (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  -- The order of all that was written.
  written_no   bigint GENERATED ALWAYS AS IDENTITY,
  facility_id  uuid NOT NULL,
  -- What changed; the facility itself for its own facts and its ordinary week. It may have gone out of the register
  -- since, and so may the facility: what was said of them stays, as the trail does.
  subject_id   uuid NOT NULL,
  about        text NOT NULL CHECK (about IN ('facility', 'hours', 'resource', 'equipment', 'exception')),
  -- As facilities-domain's State is written. Null before: it was not there. Null after: it was taken away. The longest
  -- is five texts of 4 000 characters of four bytes.
  before       jsonb CHECK (pg_column_size(before) <= 131072),
  after        jsonb CHECK (pg_column_size(after) <= 131072),
  written_at   timestamptz NOT NULL,
  -- Null is a file that was read in at the command line.
  written_by   uuid,
  PRIMARY KEY (tenant_id, written_no),
  FOREIGN KEY (tenant_id, written_by) REFERENCES kernel.person,
  CHECK (before IS NOT NULL OR after IS NOT NULL)
);
CREATE INDEX version_facility ON facilities.version (tenant_id, facility_id, written_no);
CREATE INDEX version_subject ON facilities.version (tenant_id, subject_id, about, written_no);
CALL kernel.isolate('facilities.version', 'tenant_id', 'SELECT, INSERT');

-- Booking's rules have been told by its own layers alone since they took these over; nobody reads them here.
ALTER TABLE facilities.resource
  DROP COLUMN step_minutes,
  DROP COLUMN minutes_min,
  DROP COLUMN minutes_max,
  DROP COLUMN lead_minutes,
  DROP COLUMN horizon_minutes;
