-- Messages about requests and changes. A booking is changed more than once; each time is told.
ALTER TABLE notifications.message DROP CONSTRAINT message_kind_check;
ALTER TABLE notifications.message ADD CONSTRAINT message_kind_check CHECK (kind IN (
  'booking_confirmed', 'booking_cancelled', 'booking_requested', 'booking_refused', 'booking_changed'));
ALTER TABLE notifications.message DROP CONSTRAINT message_tenant_id_booking_id_kind_key;
CREATE UNIQUE INDEX message_once ON notifications.message (tenant_id, booking_id, kind)
  WHERE kind <> 'booking_changed';
CREATE INDEX message_booking ON notifications.message (tenant_id, booking_id);
