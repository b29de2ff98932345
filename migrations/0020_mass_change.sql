-- Many times moved, cancelled or closed at once: what was done, what it did to each, and what is offered instead.

-- One change. Nobody is told, and what it freed is nobody else's, until `undo_until`; then `told_at` is set.
CREATE TABLE booking.mass_change (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  id           uuid NOT NULL,
  authority_id uuid NOT NULL,
  facility_id  uuid NOT NULL,
  by_id        uuid NOT NULL,
  action       text NOT NULL CHECK (action IN ('move', 'cancel', 'close')),
  -- For those who are told; empty where a move needs no reason.
  reason       text NOT NULL CHECK (length(reason) <= 2000),
  -- The closure in the register that came with it.
  closure_id   uuid CHECK (closure_id IS NULL OR action = 'close'),
  made_at      timestamptz NOT NULL,
  undo_until   timestamptz NOT NULL CHECK (undo_until >= made_at),
  told_at      timestamptz,
  undone_at    timestamptz CHECK (undone_at IS NULL OR told_at IS NULL),
  undone_by    uuid CHECK ((undone_by IS NULL) = (undone_at IS NULL)),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, authority_id) REFERENCES kernel.authority,
  FOREIGN KEY (tenant_id, by_id) REFERENCES kernel.person,
  FOREIGN KEY (tenant_id, undone_by) REFERENCES kernel.person
);
CREATE INDEX mass_change_made ON booking.mass_change (tenant_id, authority_id, made_at);
CALL kernel.isolate('booking.mass_change', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- What a booking was before it.
CREATE TABLE booking.mass_booking (
  tenant_id        uuid NOT NULL REFERENCES kernel.tenant,
  change_id        uuid NOT NULL,
  booking_id       uuid NOT NULL,
  status_before    text NOT NULL CHECK (status_before IN ('requested', 'confirmed')),
  price_before_ore bigint,
  PRIMARY KEY (tenant_id, change_id, booking_id),
  FOREIGN KEY (tenant_id, change_id) REFERENCES booking.mass_change,
  FOREIGN KEY (tenant_id, booking_id) REFERENCES booking.booking
);
CREATE INDEX mass_booking_booking ON booking.mass_booking (tenant_id, booking_id);
CALL kernel.isolate('booking.mass_booking', 'tenant_id', 'SELECT, INSERT');

-- What became of a time: moved, or given up and perhaps offered another. The offer's space is a hold of the old time
-- until `offer_until`, and a time of the booking once it is taken.
CREATE TABLE booking.mass_time (
  tenant_id          uuid NOT NULL REFERENCES kernel.tenant,
  change_id          uuid NOT NULL,
  occurrence_id      uuid NOT NULL,
  booking_id         uuid NOT NULL,
  -- Whether others needed its space; otherwise it was chosen.
  displaced          boolean NOT NULL,
  moved_to           uuid,
  offer_resource_id  uuid CHECK (moved_to IS NULL OR offer_resource_id IS NULL),
  offer_starts_at    timestamptz,
  offer_ends_at      timestamptz CHECK (offer_ends_at > offer_starts_at),
  offer_until        timestamptz CHECK (offer_until < offer_starts_at),
  answer             text CHECK (answer IN ('taken', 'declined')),
  answered_at        timestamptz CHECK ((answered_at IS NULL) = (answer IS NULL)),
  answered_by        uuid CHECK ((answered_by IS NULL) = (answer IS NULL)),
  -- What it became when it was taken.
  taken_id           uuid CHECK ((taken_id IS NOT NULL) = (answer IS NOT DISTINCT FROM 'taken')),
  PRIMARY KEY (tenant_id, change_id, occurrence_id),
  CHECK ((offer_resource_id IS NULL) = (offer_starts_at IS NULL)),
  CHECK ((offer_resource_id IS NULL) = (offer_ends_at IS NULL)),
  CHECK ((offer_resource_id IS NULL) = (offer_until IS NULL)),
  CHECK (answer IS NULL OR offer_resource_id IS NOT NULL),
  FOREIGN KEY (tenant_id, change_id, booking_id) REFERENCES booking.mass_booking,
  FOREIGN KEY (tenant_id, occurrence_id) REFERENCES booking.occurrence,
  FOREIGN KEY (tenant_id, moved_to) REFERENCES booking.occurrence,
  FOREIGN KEY (tenant_id, taken_id) REFERENCES booking.occurrence,
  FOREIGN KEY (tenant_id, answered_by) REFERENCES kernel.person
);
CREATE INDEX mass_time_booking ON booking.mass_time (tenant_id, booking_id);
CALL kernel.isolate('booking.mass_time', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- The space that a time took before it, row by row: what an undoing puts back.
CREATE TABLE booking.mass_space (
  tenant_id      uuid NOT NULL REFERENCES kernel.tenant,
  change_id      uuid NOT NULL,
  occurrence_id  uuid NOT NULL,
  part_id        uuid NOT NULL,
  starts_at      timestamptz NOT NULL,
  ends_at        timestamptz NOT NULL CHECK (ends_at > starts_at),
  PRIMARY KEY (tenant_id, change_id, occurrence_id, part_id, starts_at),
  FOREIGN KEY (tenant_id, change_id, occurrence_id) REFERENCES booking.mass_time,
  FOREIGN KEY (tenant_id, part_id) REFERENCES booking.part
);
CALL kernel.isolate('booking.mass_space', 'tenant_id', 'SELECT, INSERT');

-- Who was told that something they have booked is closed, and that it is open again: once each.
CREATE TABLE booking.closure_told (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  closure_id  uuid NOT NULL,
  booking_id  uuid NOT NULL,
  told_at     timestamptz NOT NULL,
  opened_at   timestamptz,
  PRIMARY KEY (tenant_id, closure_id, booking_id),
  FOREIGN KEY (tenant_id, booking_id) REFERENCES booking.booking
);
CREATE INDEX closure_told_booking ON booking.closure_told (tenant_id, booking_id);
CALL kernel.isolate('booking.closure_told', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- Letters about a change of many and about a closure: they are kept as changes of the booking, which are not told once
-- only; of each change or closure they are.
ALTER TABLE notifications.message
  ADD COLUMN about text CHECK (about IN ('rearranged', 'closed', 'opened')),
  ADD COLUMN about_id uuid,
  ADD CONSTRAINT message_about_both CHECK ((about IS NULL) = (about_id IS NULL)),
  ADD CONSTRAINT message_about_kind CHECK (about IS NULL OR kind = 'booking_changed');
CREATE UNIQUE INDEX message_about_once ON notifications.message (tenant_id, booking_id, about, about_id)
  WHERE about_id IS NOT NULL;
