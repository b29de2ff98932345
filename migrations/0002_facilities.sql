-- Facilities: the register of what can be booked.
CREATE SCHEMA facilities;
GRANT USAGE ON SCHEMA facilities TO hallport_application;

CREATE TABLE facilities.facility (
  tenant_id     uuid NOT NULL REFERENCES kernel.tenant,
  id            uuid NOT NULL,
  authority_id  uuid NOT NULL,
  slug          text NOT NULL CHECK (slug ~ '^[a-z0-9-]{1,60}$'),
  name          text NOT NULL,
  address       text,
  time_zone     text NOT NULL,
  latitude      double precision,
  longitude     double precision,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, slug),
  FOREIGN KEY (tenant_id, authority_id) REFERENCES kernel.authority
);
CALL kernel.isolate('facilities.facility', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- When a facility is open, by weekday (1 is Monday), in its own zone. Minutes after midnight; 1440 is midnight.
CREATE TABLE facilities.opening_hours (
  tenant_id      uuid NOT NULL REFERENCES kernel.tenant,
  facility_id    uuid NOT NULL,
  weekday        smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  opens_minute   smallint NOT NULL CHECK (opens_minute BETWEEN 0 AND 1439),
  closes_minute  smallint NOT NULL CHECK (closes_minute BETWEEN 1 AND 1440 AND closes_minute > opens_minute),
  PRIMARY KEY (tenant_id, facility_id, weekday, opens_minute),
  FOREIGN KEY (tenant_id, facility_id) REFERENCES facilities.facility
);
CALL kernel.isolate('facilities.opening_hours', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- A cell: the smallest space that can be taken on its own.
CREATE TABLE facilities.part (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  facility_id  uuid NOT NULL,
  code         text NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, facility_id, code),
  FOREIGN KEY (tenant_id, facility_id) REFERENCES facilities.facility
);
CALL kernel.isolate('facilities.part', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- What can be booked: a set of parts. A half has the whole as its parent in the schedule. Sizes are in
-- whole centimetres, from–to where only a range is published.
CREATE TABLE facilities.resource (
  tenant_id        uuid NOT NULL REFERENCES kernel.tenant,
  id               uuid NOT NULL,
  facility_id      uuid NOT NULL,
  parent_id        uuid,
  slug             text NOT NULL CHECK (slug ~ '^[a-z0-9-]{1,60}$'),
  name             text NOT NULL,
  position         integer NOT NULL,
  width_cm_min     integer CHECK (width_cm_min > 0),
  width_cm_max     integer CHECK (width_cm_max >= width_cm_min),
  length_cm_min    integer CHECK (length_cm_min > 0),
  length_cm_max    integer CHECK (length_cm_max >= length_cm_min),
  ceiling_cm       integer CHECK (ceiling_cm > 0),
  activities       text[] NOT NULL DEFAULT '{}',
  -- Booking rules: the step that times start and end on, shortest and longest span, how long before at the
  -- latest and at the earliest. All in minutes.
  step_minutes     integer NOT NULL CHECK (step_minutes BETWEEN 5 AND 1440),
  minutes_min      integer NOT NULL CHECK (minutes_min > 0),
  minutes_max      integer NOT NULL CHECK (minutes_max >= minutes_min),
  lead_minutes     integer NOT NULL CHECK (lead_minutes >= 0),
  horizon_minutes  integer NOT NULL CHECK (horizon_minutes > 0),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, facility_id, slug),
  FOREIGN KEY (tenant_id, facility_id) REFERENCES facilities.facility,
  FOREIGN KEY (tenant_id, parent_id) REFERENCES facilities.resource
);
CALL kernel.isolate('facilities.resource', 'tenant_id', 'SELECT, INSERT, UPDATE');

CREATE TABLE facilities.resource_part (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  resource_id  uuid NOT NULL,
  part_id      uuid NOT NULL,
  PRIMARY KEY (tenant_id, resource_id, part_id),
  FOREIGN KEY (tenant_id, resource_id) REFERENCES facilities.resource,
  FOREIGN KEY (tenant_id, part_id) REFERENCES facilities.part
);
CALL kernel.isolate('facilities.resource_part', 'tenant_id', 'SELECT, INSERT, DELETE');
