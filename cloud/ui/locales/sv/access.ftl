# Koder, dörrar och passager.
access-code = Din kod
access-code-how = Tryck koden och sedan #
access-valid = Gäller
access-door = Dörr
access-known = Dörren känner din kod
access-known-since = Dörren känner din kod sedan { $time }
access-preparing = Koden är på väg till dörren
access-preparing-hint = Det brukar ta några sekunder. Sidan ändras av sig själv.
access-later = Dörren får koden { $time }
access-silent = Hallen är utan förbindelse sedan { $time }
access-silent-hint = Koden skickas så snart förbindelsen är tillbaka.
access-withdrawn = Koden gäller inte längre
access-refused = Dörren kunde inte ta emot koden
access-refused-hint = Vi har fått veta det. Ring anläggningen om du står utanför.
access-presence = Närvaro
access-nobody-yet = Ingen än
access-came = Kom { $time }
access-nobody-came = Ingen kom
access-not-begun = Inte börjat
access-passages = { $count ->
    [one] { $count } passage
   *[other] { $count } passager
}
access-day-empty = Inga bokningar den här dagen
access-day-empty-hint = Nya bokningar visas här så snart de är gjorda.
