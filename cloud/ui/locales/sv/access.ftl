# Koder, dörrar och passager.
access-code = Din kod
access-code-how = Tryck koden och sedan #
access-valid = Gäller
access-door = Dörr
access-known = Dörren känner koden
access-known-mine = Dörren känner din kod
access-known-since = Dörren känner din kod sedan { $time }
access-preparing = Koden är på väg till dörren
access-preparing-hint = Det brukar ta några sekunder. Sidan ändras av sig själv.
access-later = Dörren får koden { $time }
access-silent = Hallen är utan förbindelse sedan { $time }
access-silent-hint = Koden skickas så snart förbindelsen är tillbaka.
access-offline-title = Använd den här koden så länge
access-offline-why = Dörren har inte hunnit få din vanliga kod. Den här känner den igen på egen hand.
access-offline-how = Tryck alla tolv siffrorna och sedan #
access-offline-taken-from = Dörren tar emot koden från { $time }, om förbindelsen fortfarande är borta.
access-offline-back = När förbindelsen är tillbaka gäller din vanliga kod i stället. Sidan ändras av sig själv.
access-offline-none-title = Ingen kod för den här tiden
access-offline-too-long = Tiden är längre än ett dygn, och för så långa tider finns ingen kod som dörren känner igen på egen hand. Visa QR-koden, om dörren har en läsare, eller ring anläggningen.
access-offline-none-left = Det finns inga fler sådana koder för den här tiden. Visa QR-koden, om dörren har en läsare, eller ring anläggningen.
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
access-menu-gateways = Undercentraler
access-gateways-title = Undercentraler
access-gateways-lead = Datorerna ute i hallarna. De öppnar dörrarna själva, även när förbindelsen är borta.
access-gateways-empty = Inga undercentraler
access-gateways-empty-hint = De läggs in med filen site.toml, tillsammans med hallens dörrar och lampor.
access-gateway-state = Läge
access-gateway-works = Fungerar
access-gateway-silent = Hörs inte
access-gateway-waits = Väntar på att anslutas
access-gateway-devices-lost = { $count ->
    [one] Fungerar, men en enhet svarar inte
   *[other] Fungerar, men { $count } enheter svarar inte
}
access-gateway-doors = Dörrar
access-gateway-heard = Hördes senast
access-gateway-never = Aldrig
access-gateway-table = Koder
access-gateway-in-step = Har allt (ändring { $revision })
access-gateway-behind = Har ändring { $has } av { $of }
access-gateway-journal = Händelser
access-gateway-journal-stored = { $stored } av { $head } hämtade
access-gateway-journal-broken = Händelselistan motsäger sig själv sedan { $when }
access-gateway-refused = Avvisade meddelanden
access-gateway-refused-counts = { $here } här, { $there } i hallen
access-code-new = Ny kod
access-code-replace = Ny kod för byte
access-code-replace-hint = Används när datorn byts ut. Den gamla slutar gälla när den nya ansluts.
access-code-for = Kod för { $gateway }
access-code-once = Koden visas bara nu. Den gäller en gång, till { $time }.
access-code-text = Kod
access-code-root = Rotens fingeravtryck
access-code-root-hint = Med fingeravtrycket vet undercentralen att den talar med rätt tjänst. Skriv av det tecken för tecken.
access-code-command = Kör på undercentralen
