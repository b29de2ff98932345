-- What people who had a time at a facility think of how it was kept: one grade a person and facility, the last one.
CREATE TABLE faults.grade (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  person_id    uuid NOT NULL,
  facility_id  uuid NOT NULL,
  stars        smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
  graded_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, person_id, facility_id),
  FOREIGN KEY (tenant_id, person_id) REFERENCES kernel.person
);
CREATE INDEX grade_facility ON faults.grade (tenant_id, facility_id, graded_at);
CALL kernel.isolate('faults.grade', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');
