-- Rules have one place, booking's layers, a history, and terms of cancellation.

-- The register stops telling of times. The columns go one release later.
ALTER TABLE facilities.resource
  ALTER COLUMN step_minutes DROP NOT NULL,
  ALTER COLUMN minutes_min DROP NOT NULL,
  ALTER COLUMN minutes_max DROP NOT NULL,
  ALTER COLUMN lead_minutes DROP NOT NULL,
  ALTER COLUMN horizon_minutes DROP NOT NULL;

-- What a layer said at any time: one row each time that it was written or taken away, so that an earlier one can be
-- brought back. A layer that was taken away has no parameters in its last row.
CREATE TABLE booking.rule_set_version (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  id          uuid NOT NULL,
  rule_set_id uuid NOT NULL,
  scope       text NOT NULL CHECK (scope IN ('tenant', 'authority', 'facility', 'resource')),
  scope_id    uuid CHECK ((scope_id IS NULL) = (scope = 'tenant')),
  first_day   date NOT NULL,
  last_day    date CHECK (last_day >= first_day),
  parameters  jsonb CHECK (pg_column_size(parameters) <= 65536),
  written_at  timestamptz NOT NULL,
  -- The same for all that was written at once.
  change_id   uuid NOT NULL,
  written_no  bigint GENERATED ALWAYS AS IDENTITY,
  -- Null is a file that was read in.
  written_by  uuid,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, written_by) REFERENCES kernel.person
);
CREATE INDEX rule_set_version_scope ON booking.rule_set_version (tenant_id, scope, scope_id, written_no);
CALL kernel.isolate('booking.rule_set_version', 'tenant_id', 'SELECT, INSERT');

-- What it told becomes layers, from the year on in which the service began. It stood farther out than every layer: what most resources of a municipality have goes
-- into and between the municipality's own layers, the others' differences into and between layers of theirs, as far as
-- no layer in between said something else.
DO $$
DECLARE municipality uuid;
BEGIN
  FOR municipality IN SELECT DISTINCT tenant_id FROM kernel.host LOOP
    PERFORM set_config('app.tenant', municipality::text, true);

    CREATE TEMP TABLE told ON COMMIT DROP AS
      SELECT resource.id, facility.id AS facility_id, facility.authority_id,
             jsonb_build_object('step_minutes', step_minutes, 'shortest_minutes', minutes_min,
                                'longest_minutes', minutes_max, 'lead_minutes', lead_minutes,
                                'horizon_days', (horizon_minutes + 1439) / 1440) AS said
        FROM facilities.resource resource
        JOIN facilities.facility facility
          ON facility.tenant_id = resource.tenant_id AND facility.id = resource.facility_id
       WHERE step_minutes IS NOT NULL;
    CREATE TEMP TABLE usual ON COMMIT DROP AS
      SELECT said FROM told GROUP BY said ORDER BY count(*) DESC, said LIMIT 1;
    CREATE TEMP TABLE own ON COMMIT DROP AS
      SELECT told.id, jsonb_object_agg(pair.key, pair.value) AS said
        FROM told CROSS JOIN usual CROSS JOIN jsonb_each(told.said) pair
       WHERE pair.value <> usual.said -> pair.key
         AND NOT EXISTS (
               SELECT FROM booking.rule_set layer
                WHERE (layer.scope = 'tenant' OR layer.scope_id IN (told.authority_id, told.facility_id))
                  AND (layer.parameters ? pair.key
                       OR pair.key = 'step_minutes' AND layer.parameters ?| ARRAY['nights', 'packages']))
       GROUP BY told.id;

    UPDATE booking.rule_set layer SET parameters = own.said || layer.parameters
      FROM own WHERE layer.scope = 'resource' AND layer.scope_id = own.id;
    INSERT INTO booking.rule_set (tenant_id, id, scope, scope_id, first_day, last_day, parameters, changed_at)
      SELECT municipality, gen_random_uuid(), 'resource', own.id, lower(days), upper(days) - 1, own.said, now()
        FROM own CROSS JOIN LATERAL unnest(
               datemultirange(daterange('2026-01-01', NULL))
               - coalesce((SELECT range_agg(daterange(first_day, last_day, '[]')) FROM booking.rule_set layer
                            WHERE layer.scope = 'resource' AND layer.scope_id = own.id), '{}'::datemultirange)) days;

    UPDATE booking.rule_set layer SET parameters = usual.said || layer.parameters
      FROM usual WHERE layer.scope = 'tenant';
    INSERT INTO booking.rule_set (tenant_id, id, scope, scope_id, first_day, last_day, parameters, changed_at)
      SELECT municipality, gen_random_uuid(), 'tenant', NULL, lower(days), upper(days) - 1, usual.said, now()
        FROM usual CROSS JOIN LATERAL unnest(
               datemultirange(daterange('2026-01-01', NULL))
               - coalesce((SELECT range_agg(daterange(first_day, last_day, '[]')) FROM booking.rule_set
                            WHERE scope = 'tenant'), '{}'::datemultirange)) days;

    INSERT INTO booking.rule_set_version
           (tenant_id, id, rule_set_id, scope, scope_id, first_day, last_day, parameters, written_at, change_id)
      SELECT tenant_id, gen_random_uuid(), id, scope, scope_id, first_day, last_day, parameters, changed_at,
             gen_random_uuid()
        FROM booking.rule_set ORDER BY changed_at, id;
    DROP TABLE told, usual, own;
  END LOOP;
  PERFORM set_config('app.tenant', '', true);
END
$$;

-- What cancelling cost by the rules, and the steps of the terms that it came of, as booking-domain's CancelFee are
-- written. An amount of null with steps is one whose price was not known.
ALTER TABLE booking.booking
  ADD COLUMN cancel_fee_ore     bigint CHECK (cancel_fee_ore >= 0),
  ADD COLUMN cancel_fee_reason  jsonb CHECK (pg_column_size(cancel_fee_reason) <= 65536),
  -- Where a request goes in the queue by the rules of its day, 1 first; null is after all groups that go first.
  ADD COLUMN priority           smallint CHECK (priority > 0),
  ADD COLUMN priority_name      text CHECK (length(priority_name) <= 300),
  ADD CHECK ((priority IS NULL) = (priority_name IS NULL));
DROP INDEX booking.booking_requested;
CREATE INDEX booking_requested ON booking.booking (tenant_id, authority_id, priority, created_at)
  WHERE status = 'requested';

-- What nobody awaits can go out of the register.
GRANT DELETE ON facilities.facility, facilities.part, facilities.resource, facilities.equipment TO hallport_application;
