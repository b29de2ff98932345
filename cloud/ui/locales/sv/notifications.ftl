# Brev och andra meddelanden.
notifications-confirmed-subject = Din bokning { $number } är bekräftad
notifications-cancelled-subject = Din bokning { $number } är avbokad
notifications-greeting = Hej!
notifications-code-on-page = Koden till dörren finns på bokningens sida: { $url }
notifications-regards = Vänliga hälsningar, { $tenant }
notifications-confirmed-lead = Din bokning { $number } är bekräftad.
notifications-cancelled-lead = Din bokning { $number } är avbokad. Koden till dörren gäller inte längre.
notifications-code = Din kod till dörren: { $code }
notifications-code-how = Tryck koden och sedan #. Den gäller { $span }.
notifications-booking-page = Se bokningen och om dörren känner koden, eller avboka: { $url }
notifications-booking-page-cancelled = Se bokningen: { $url }
notifications-calendar-file = bokning-{ $number }.ics
