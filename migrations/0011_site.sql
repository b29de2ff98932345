-- What is on site, more of it: scanners and tag readers at doors, devices on the site's MQTT, its broker, and how
-- long a gateway may be left alone.

-- Unit 0: no device on a bus, but one behind the site's broker, whose address is the root of its topics.
ALTER TABLE access.device DROP CONSTRAINT device_unit_check;
ALTER TABLE access.device ADD CONSTRAINT device_unit_check CHECK (unit BETWEEN 0 AND 247);

ALTER TABLE access.door
  ADD COLUMN scanner_id uuid,
  ADD COLUMN reader_id  uuid,
  ADD FOREIGN KEY (tenant_id, scanner_id) REFERENCES access.device,
  ADD FOREIGN KEY (tenant_id, reader_id) REFERENCES access.device;

ALTER TABLE access.gateway
  -- `host:port` of the site's own broker.
  ADD COLUMN broker_address           text,
  -- How long grants hold without a heartbeat, by class; how long before their end the gateway warns.
  ADD COLUMN visitor_lease_h          integer NOT NULL DEFAULT 168 CHECK (visitor_lease_h BETWEEN 1 AND 744),
  ADD COLUMN staff_lease_h            integer NOT NULL DEFAULT 720 CHECK (staff_lease_h BETWEEN 1 AND 744),
  ADD COLUMN technician_lease_h       integer NOT NULL DEFAULT 24 CHECK (technician_lease_h BETWEEN 1 AND 744),
  ADD COLUMN lease_warning_h          integer NOT NULL DEFAULT 24 CHECK (lease_warning_h BETWEEN 1 AND 744),
  -- Without a heartbeat for this long the gateway takes off-line PINs.
  ADD COLUMN silent_after_s           integer NOT NULL DEFAULT 300 CHECK (silent_after_s BETWEEN 60 AND 86400),
  -- Above this uncertainty the gateway's clock counts as unknown.
  ADD COLUMN clock_margin_s           integer NOT NULL DEFAULT 60 CHECK (clock_margin_s BETWEEN 1 AND 3600),
  ADD COLUMN staff_with_unknown_clock boolean NOT NULL DEFAULT true,
  -- How long acknowledged entries of the journal stay on the gateway.
  ADD COLUMN journal_kept_h           integer NOT NULL DEFAULT 720 CHECK (journal_kept_h BETWEEN 1 AND 8760);

-- A configuration holds more from now on, so that every gateway is sent its own again. A rewrite of the table rather
-- than an update: row level security is forced on the owner too, who has no tenant here.
-- The trigger that names the column steps aside meanwhile.
DROP TRIGGER tell_courier ON access.gateway;
ALTER TABLE access.gateway ALTER COLUMN config_revision TYPE bigint USING config_revision + 1;
CREATE TRIGGER tell_courier AFTER UPDATE OF posture_counter, config_revision ON access.gateway
  FOR EACH ROW EXECUTE FUNCTION access.tell_courier();
