# Brev och andra meddelanden.
notifications-confirmed-subject = Din bokning { $number } är bekräftad
notifications-cancelled-subject = Din bokning { $number } är avbokad
notifications-greeting = Hej!
notifications-code-on-page = Koden till dörren finns på bokningens sida: { $url }
notifications-regards = Vänliga hälsningar, { $tenant }
