-- The register: what people must know of a facility, when it is open, what is closed, and what can be had there.

ALTER TABLE facilities.facility
  ADD COLUMN description          text NOT NULL DEFAULT '',
  ADD COLUMN rules_text           text NOT NULL DEFAULT '',
  ADD COLUMN directions           text NOT NULL DEFAULT '',
  -- Keys of what is known to be true; what is not said is not known.
  ADD COLUMN accessibility        text[] NOT NULL DEFAULT '{}',
  ADD COLUMN accessibility_notes  text NOT NULL DEFAULT '',
  -- The association or company that owns and maintains it; null is the municipality itself.
  ADD COLUMN owner_id             uuid,
  ADD CHECK (latitude BETWEEN -90 AND 90),
  ADD CHECK (longitude BETWEEN -180 AND 180),
  ADD CHECK ((latitude IS NULL) = (longitude IS NULL));

-- What other systems call a facility.
CREATE TABLE facilities.other_id (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  facility_id  uuid NOT NULL,
  system       text NOT NULL,
  id           text NOT NULL,
  PRIMARY KEY (tenant_id, facility_id, system),
  FOREIGN KEY (tenant_id, facility_id) REFERENCES facilities.facility
);
CALL kernel.isolate('facilities.other_id', 'tenant_id', 'SELECT, INSERT, DELETE');

-- Regular hours hold on a kind of day. From 0 to 0 says that it is closed then; past 1440 is the next day.
ALTER TABLE facilities.opening_hours
  ADD COLUMN day_kind text NOT NULL DEFAULT 'always'
    CHECK (day_kind IN ('always', 'term', 'break', 'eve', 'holiday')),
  DROP CONSTRAINT opening_hours_pkey,
  ADD PRIMARY KEY (tenant_id, facility_id, day_kind, weekday, opens_minute),
  DROP CONSTRAINT opening_hours_check,
  ADD CHECK (closes_minute BETWEEN 1 AND 2880 AND closes_minute > opens_minute
             OR (opens_minute = 0 AND closes_minute = 0));

-- The school's year, the same for all of the municipality. Whatever lies between two terms is a break too.
CREATE TABLE facilities.school_period (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  kind        text NOT NULL CHECK (kind IN ('term', 'break')),
  first_date  date NOT NULL,
  last_date   date NOT NULL CHECK (last_date >= first_date),
  name        text NOT NULL,
  PRIMARY KEY (tenant_id, kind, first_date)
);
CALL kernel.isolate('facilities.school_period', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

ALTER TABLE facilities.resource
  ADD COLUMN kind             text NOT NULL DEFAULT 'hall'
    CHECK (kind IN ('hall', 'pitch', 'room', 'premises', 'lodging', 'vehicle', 'berth', 'other')),
  -- What is peculiar to vehicles and berths.
  ADD COLUMN licence          text NOT NULL DEFAULT '' CHECK (licence = '' OR kind = 'vehicle'),
  ADD COLUMN boat_length_cm   integer CHECK (boat_length_cm IS NULL OR (boat_length_cm > 0 AND kind = 'berth')),
  ADD COLUMN boat_beam_cm     integer CHECK (boat_beam_cm IS NULL OR (boat_beam_cm > 0 AND kind = 'berth')),
  ADD COLUMN boat_draught_cm  integer CHECK (boat_draught_cm IS NULL OR (boat_draught_cm > 0 AND kind = 'berth')),
  ADD COLUMN persons_max      integer CHECK (persons_max > 0),
  ADD COLUMN before_minutes   integer NOT NULL DEFAULT 0 CHECK (before_minutes BETWEEN 0 AND 1440),
  ADD COLUMN after_minutes    integer NOT NULL DEFAULT 0 CHECK (after_minutes BETWEEN 0 AND 1440),
  ADD COLUMN description      text NOT NULL DEFAULT '',
  ADD COLUMN rules_text       text NOT NULL DEFAULT '';

-- Other hours on a span of dates, for a facility or for one of its resources. Hours are pairs of minutes after
-- midnight, one after the other; without any it is closed.
CREATE TABLE facilities.exception (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  facility_id  uuid NOT NULL,
  resource_id  uuid,
  first_date   date NOT NULL,
  last_date    date NOT NULL CHECK (last_date >= first_date),
  minutes      smallint[] NOT NULL CHECK (cardinality(minutes) % 2 = 0),
  reason       text NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE NULLS NOT DISTINCT (tenant_id, facility_id, resource_id, first_date, last_date),
  FOREIGN KEY (tenant_id, facility_id) REFERENCES facilities.facility,
  FOREIGN KEY (tenant_id, resource_id) REFERENCES facilities.resource
);
CALL kernel.isolate('facilities.exception', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- What is closed or cannot be played, from an instant until another or until somebody opens it. Rows stay after
-- that, as the history of the place.
CREATE TABLE facilities.closure (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  facility_id  uuid NOT NULL,
  resource_id  uuid,
  kind         text NOT NULL CHECK (kind IN ('closed', 'unplayable')),
  reason       text NOT NULL,
  starts_at    timestamptz NOT NULL,
  ends_at      timestamptz CHECK (ends_at > starts_at),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, facility_id) REFERENCES facilities.facility,
  FOREIGN KEY (tenant_id, resource_id) REFERENCES facilities.resource
);
CREATE INDEX closure_facility ON facilities.closure (tenant_id, facility_id, starts_at);
CALL kernel.isolate('facilities.closure', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

-- Equipment and services. Without a stock it is not counted. Without resources it goes with everything there.
CREATE TABLE facilities.equipment (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  facility_id  uuid NOT NULL,
  slug         text NOT NULL CHECK (slug ~ '^[a-z0-9-]{1,60}$'),
  name         text NOT NULL,
  description  text NOT NULL,
  stock        integer CHECK (stock >= 0),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, facility_id, slug),
  FOREIGN KEY (tenant_id, facility_id) REFERENCES facilities.facility
);
CALL kernel.isolate('facilities.equipment', 'tenant_id', 'SELECT, INSERT, UPDATE');

CREATE TABLE facilities.equipment_resource (
  tenant_id     uuid NOT NULL REFERENCES kernel.tenant,
  equipment_id  uuid NOT NULL,
  resource_id   uuid NOT NULL,
  PRIMARY KEY (tenant_id, equipment_id, resource_id),
  FOREIGN KEY (tenant_id, equipment_id) REFERENCES facilities.equipment,
  FOREIGN KEY (tenant_id, resource_id) REFERENCES facilities.resource
);
CALL kernel.isolate('facilities.equipment_resource', 'tenant_id', 'SELECT, INSERT, DELETE');

-- Photos, drawn anew from what was sent: no metadata, JPEG, in the widths of facilities.photo_image.
CREATE TABLE facilities.photo (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  facility_id  uuid NOT NULL,
  resource_id  uuid,
  alt          text NOT NULL CHECK (alt <> ''),
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, facility_id) REFERENCES facilities.facility,
  FOREIGN KEY (tenant_id, resource_id) REFERENCES facilities.resource
);
CREATE INDEX photo_facility ON facilities.photo (tenant_id, facility_id);
CALL kernel.isolate('facilities.photo', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');

CREATE TABLE facilities.photo_image (
  tenant_id  uuid NOT NULL REFERENCES kernel.tenant,
  photo_id   uuid NOT NULL,
  width_px   integer NOT NULL CHECK (width_px > 0),
  height_px  integer NOT NULL CHECK (height_px > 0),
  jpeg       bytea NOT NULL,
  PRIMARY KEY (tenant_id, photo_id, width_px),
  FOREIGN KEY (tenant_id, photo_id) REFERENCES facilities.photo ON DELETE CASCADE
);
-- JPEG does not become smaller by being compressed once more.
ALTER TABLE facilities.photo_image ALTER COLUMN jpeg SET STORAGE EXTERNAL;
CALL kernel.isolate('facilities.photo_image', 'tenant_id', 'SELECT, INSERT, DELETE');

-- Booking's own rows of counted equipment: locked by writes that take some of it.
CREATE TABLE booking.stock (
  tenant_id  uuid NOT NULL REFERENCES kernel.tenant,
  id         uuid NOT NULL,
  -- Null is not counted.
  stock      integer CHECK (stock >= 0),
  PRIMARY KEY (tenant_id, id)
);
CALL kernel.isolate('booking.stock', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- Which associations, companies and units there are, by the short names that files and forms have for them. People
-- are not among them.
CREATE VIEW pub.organisation_v1 WITH (security_invoker = true) AS
  SELECT tenant_id, id AS customer_id, slug, name FROM customers.customer WHERE kind <> 'person';
GRANT SELECT ON pub.organisation_v1 TO hallport_application;
