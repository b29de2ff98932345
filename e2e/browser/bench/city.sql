-- 1.5 million occurrences for the 300 resources that the import files of city.mjs made: a thousand days, from
-- two and a half years back until 120 days ahead, five hours a day of each resource. Wholes are booked at
-- even hours, halves at odd ones, so that nothing meets. A booking has ten occurrences.
--
-- Run by a superuser, who may leave out what the constraints would check row by row; the exclusion constraint
-- is taken away and made again over all rows at once, which checks them all.
\set ON_ERROR_STOP on
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';
SET session_replication_role = replica;
SELECT id AS tenant FROM kernel.tenant WHERE slug = 'storstad' \gset
SET app.tenant = :'tenant';
SELECT conname AS exclusion, pg_get_constraintdef(oid) AS definition
  FROM pg_constraint WHERE conrelid = 'booking.occupancy'::regclass AND contype = 'x' \gset
ALTER TABLE booking.occupancy DROP CONSTRAINT :exclusion;

CREATE TEMPORARY TABLE hour AS
SELECT row_number() OVER (ORDER BY day, resource_id, slot) AS number, resource_id, facility_id, slot, day,
       (date_trunc('day', now() AT TIME ZONE 'Europe/Stockholm') + day * interval '1 day'
          + (8 + 2 * slot + half) * interval '1 hour') AT TIME ZONE 'Europe/Stockholm' AS starts_at
  FROM (SELECT id AS resource_id, facility_id, (parent_id IS NOT NULL)::int AS half FROM facilities.resource) resource,
       generate_series(-880, 119) AS day, generate_series(0, 4) AS slot;
ALTER TABLE hour ADD COLUMN booking bigint;
UPDATE hour SET booking = first.number
  FROM (SELECT resource_id, slot, floor(day / 10.0) AS decade, min(number) AS number FROM hour GROUP BY 1, 2, 3) first
 WHERE first.resource_id = hour.resource_id AND first.slot = hour.slot AND first.decade = floor(hour.day / 10.0);

INSERT INTO booking.booking
  (tenant_id, id, number, authority_id, facility_id, customer_id, customer_name, booker_id, purpose, status, price_ore,
   created_at, request_key)
SELECT :'tenant', ('00000000-0000-7000-8000-' || lpad(to_hex(hour.booking), 12, '0'))::uuid,
       1000 + row_number() OVER (ORDER BY hour.booking), facility.authority_id, facility.id, customer.id, customer.name,
       ('00000000-0000-7000-8001-' || lpad(to_hex(hour.booking % 20000), 12, '0'))::uuid, 'Träning', 'confirmed', 120000,
       min(hour.starts_at) - interval '30 days', ('00000000-0000-7000-8002-' || lpad(to_hex(hour.booking), 12, '0'))::uuid
  FROM hour JOIN facilities.facility ON facility.id = hour.facility_id, customers.customer
 WHERE customer.slug = 'storstads-if'
 GROUP BY hour.booking, facility.authority_id, facility.id, customer.id, customer.name;

INSERT INTO booking.occurrence (tenant_id, id, booking_id, resource_id, facility_id, starts_at, ends_at)
SELECT :'tenant', ('00000000-0000-7000-8003-' || lpad(to_hex(number), 12, '0'))::uuid,
       ('00000000-0000-7000-8000-' || lpad(to_hex(booking), 12, '0'))::uuid, resource_id, facility_id, starts_at,
       starts_at + interval '1 hour'
  FROM hour ORDER BY number;

INSERT INTO booking.occupancy (tenant_id, part_id, starts_at, ends_at, occurrence_id)
SELECT :'tenant', part.part_id, starts_at, starts_at + interval '1 hour',
       ('00000000-0000-7000-8003-' || lpad(to_hex(number), 12, '0'))::uuid
  FROM hour JOIN facilities.resource_part part ON part.resource_id = hour.resource_id ORDER BY number;

INSERT INTO booking.number_series (tenant_id, last) SELECT :'tenant', max(number) FROM booking.booking
ON CONFLICT (tenant_id) DO UPDATE SET last = excluded.last;

ALTER TABLE booking.occupancy ADD CONSTRAINT :exclusion :definition;
SET session_replication_role = origin;
VACUUM (ANALYZE);
CHECKPOINT;
