-- The statements of one `POST /api/unstable/bookings`, in their order, for pgbench: what
-- `kernel::web::visit`, `book::book` and `store` send to the database, and nothing else. The floor of the
-- booking benches; it changes together with those.
--
-- Variables: tenant, authority, facility, person, customer, now; session, the token's hash in hexadecimal;
-- hall, 1 where each client books its own hall and 0 where all book the same; n, the hour, counted up.
\set n :n + 1
\set part 1000 + 2 * :hall * :client_id
\set id 1000000000 * (:client_id + 1) + :n

-- Who is it?
BEGIN;
SELECT set_config('app.tenant', :tenant, true);
SELECT p.id, p.name, p.email, s.acts_for, s.acts_for_name,
       coalesce(array_agg(r.authority_id) FILTER (WHERE r.role IS NOT NULL), '{}'),
       coalesce(array_agg(r.role) FILTER (WHERE r.role IS NOT NULL), '{}')
  FROM kernel.session s
  JOIN kernel.person p ON p.tenant_id = s.tenant_id AND p.id = s.person_id
  LEFT JOIN kernel.role r ON r.tenant_id = p.tenant_id AND r.issuer = p.issuer AND r.subject = p.subject
   AND NOT EXISTS (SELECT FROM kernel.barred b WHERE b.tenant_id = p.tenant_id AND b.issuer = p.issuer AND b.subject = p.subject)
 WHERE s.token_hash = decode(:session, 'hex') AND s.expires_at > :now
 GROUP BY p.tenant_id, p.id, s.tenant_id, s.token_hash;
COMMIT;

-- The booking.
BEGIN;
SELECT set_config('app.tenant', :tenant, true);
SELECT id, number, status FROM booking.booking
 WHERE booker_id = :person AND request_key = lpad(to_hex(:id::bigint), 32, '0')::uuid;
SELECT id FROM booking.booking
 WHERE booker_id = :person AND status = 'held' AND held_until > :now ORDER BY id FOR UPDATE;
SELECT id, scope, scope_id, first_day, last_day, parameters
  FROM booking.rule_set
 WHERE scope_id IS NULL OR scope_id = any (ARRAY[:authority, :facility,
                                                 lpad(to_hex(:part::bigint), 32, '0')]::uuid[])
 ORDER BY first_day, id LIMIT 10000;
SELECT id FROM booking.part
 WHERE id = any (ARRAY[lpad(to_hex(:part::bigint), 32, '0')::uuid,
                       lpad(to_hex(:part::bigint + 1), 32, '0')::uuid])
 ORDER BY id FOR UPDATE;
DELETE FROM booking.occupancy
 WHERE part_id = any (ARRAY[lpad(to_hex(:part::bigint), 32, '0')::uuid,
                            lpad(to_hex(:part::bigint + 1), 32, '0')::uuid])
   AND hold_until <= :now;
WITH hour AS (
  SELECT lpad(to_hex(:id::bigint), 32, '0')::uuid AS occurrence,
         :now::timestamptz + :n::bigint * interval '1 hour' AS starts_at
), taken AS (
  INSERT INTO booking.occupancy (tenant_id, part_id, occurrence_id, starts_at, ends_at)
  SELECT :tenant::uuid, lpad(to_hex(part), 32, '0')::uuid, occurrence, starts_at, starts_at + interval '1 hour'
    FROM hour, generate_series(:part::bigint, :part::bigint + 1) AS part
  ON CONFLICT DO NOTHING
  RETURNING occurrence_id
)
SELECT count(*) AS taken FROM taken \gset

\if :taken < 2
-- Somebody was faster: given up, and looked for an earlier booking of the same request.
ROLLBACK;
BEGIN;
SELECT set_config('app.tenant', :tenant, true);
SELECT id, number, status FROM booking.booking
 WHERE booker_id = :person AND request_key = lpad(to_hex(:id::bigint), 32, '0')::uuid;
ROLLBACK;
\else
WITH number AS (
  INSERT INTO booking.number_series AS series (tenant_id, last) VALUES (:tenant, 1001)
  ON CONFLICT (tenant_id) DO UPDATE SET last = series.last + 1
  RETURNING last
), booking AS (
  INSERT INTO booking.booking
    (tenant_id, id, number, authority_id, facility_id, customer_id, customer_name, booker_id, purpose,
     status, price_ore, created_at, request_key)
  SELECT :tenant::uuid, lpad(to_hex(:id::bigint), 32, '0')::uuid, last, :authority::uuid, :facility::uuid,
         :customer::uuid, 'Hallens IF', :person::uuid, 'Innebandy P12', 'confirmed', 12000, :now::timestamptz,
         lpad(to_hex(:id::bigint), 32, '0')::uuid
    FROM number
  ON CONFLICT (tenant_id, booker_id, request_key) DO NOTHING
  RETURNING id, number
), occurrences AS (
  INSERT INTO booking.occurrence
    (tenant_id, id, booking_id, resource_id, facility_id, starts_at, ends_at)
  SELECT :tenant::uuid, booking.id, booking.id, lpad(to_hex(:part::bigint), 32, '0')::uuid, :facility::uuid,
         :now::timestamptz + :n::bigint * interval '1 hour',
         :now::timestamptz + (:n::bigint + 1) * interval '1 hour'
    FROM booking
)
SELECT number FROM booking \gset
INSERT INTO kernel.audit (tenant_id, at, person_id, actor, action, subject, detail)
VALUES (:tenant, :now, :person, 'person', 'booking.confirmed', lpad(to_hex(:id::bigint), 32, '0')::uuid,
        jsonb_build_object('number', :number::bigint, 'customer', :customer::text, 'times', 1));
INSERT INTO kernel.outbox (tenant_id, stream, module, kind, payload, created_at, due_at)
SELECT :tenant::uuid, module || '/booking:' || lpad(to_hex(:id::bigint), 32, '0'), module, 'booking.confirmed',
       jsonb_build_object('booking', lpad(to_hex(:id::bigint), 32, '0')), :now::timestamptz, :now::timestamptz
  FROM unnest(ARRAY['notifications']) AS module
 WHERE module = any (ARRAY(SELECT unnest(modules) FROM kernel.tenant));
COMMIT;
\endif
