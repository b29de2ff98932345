-- Holds that run out: seen at once, and erased when nobody has come back to them.

-- Those that ran out long ago.
CREATE INDEX booking_hold_ends ON booking.booking (tenant_id, held_until) WHERE status = 'held';

-- What somebody held and never booked is erased. Nothing else of bookings ever is: the database refuses it, whoever asks.
GRANT DELETE ON booking.booking, booking.occurrence TO hallport_application;
CREATE POLICY only_holds ON booking.booking AS RESTRICTIVE FOR DELETE USING (status = 'held');
CREATE POLICY only_of_holds ON booking.occurrence AS RESTRICTIVE FOR DELETE USING (EXISTS (
  SELECT FROM booking.booking held
   WHERE held.tenant_id = occurrence.tenant_id AND held.id = occurrence.booking_id AND held.status = 'held'));
