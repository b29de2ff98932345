# Mail and other messages.
notifications-confirmed-subject = Your booking { $number } is confirmed
notifications-cancelled-subject = Your booking { $number } is cancelled
notifications-greeting = Hello!
notifications-code-on-page = The code for the door is on the booking's page: { $url }
notifications-regards = Kind regards, { $tenant }
notifications-confirmed-lead = Your booking { $number } is confirmed.
notifications-cancelled-lead = Your booking { $number } is cancelled. The code for the door is no longer valid.
notifications-code = Your code for the door: { $code }
notifications-code-how = Press the code and then #. It is valid { $span }.
notifications-booking-page = See the booking and whether the door knows the code, or cancel: { $url }
notifications-booking-page-cancelled = See the booking: { $url }
notifications-calendar-file = booking-{ $number }.ics
