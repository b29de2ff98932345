# Mail and other messages.
notifications-confirmed-subject = Your booking { $number } is confirmed
notifications-cancelled-subject = Your booking { $number } is cancelled
notifications-greeting = Hello!
notifications-code-on-page = The code for the door is on the booking's page: { $url }
notifications-regards = Kind regards, { $tenant }
