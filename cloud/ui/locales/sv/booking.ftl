# Schema, bokning och bokningens sidor.
booking-schedule-title = Lediga tider
booking-confirm = { $count ->
    [one] Boka tiden
   *[other] Boka tiderna
}
booking-view-day = Dag
booking-view-week = Vecka
booking-book = Boka
booking-new-title = Boka tid
booking-mine-title = Mina bokningar
booking-mine-empty = Du har inga bokningar
booking-mine-empty-hint = Välj en anläggning och en ledig tid, så visas bokningen här.
booking-number = Bokningsnummer
booking-time = Tid
booking-place = Plats
booking-customer = Bokad för
booking-price = Pris
booking-purpose = Vad ska ni göra?
booking-confirmed-title = Tiden är din
booking-cancel = Avboka
booking-cancel-title = Vill du avboka?
booking-cancelled-title = Bokningen är avbokad
booking-taken = Den tiden hann någon annan boka
booking-state-confirmed = Bekräftad
booking-state-held = Hålls åt dig
booking-state-cancelled = Avbokad
booking-day-title = Dagens bokningar
booking-view = Visa per dag eller vecka
booking-resources = Välj vad du vill boka
booking-nothing-here = Här kan man inte boka något än
booking-nothing-here-hint = När anläggningen har lagt in sina lokaler visas deras tider här.
booking-whole = Hela
booking-whole-of = hela { $name }
booking-place-gone = Lokalen finns inte längre i registret
booking-since-start = starten
booking-starts = Börjar
booking-length = Hur länge?
booking-length-until = { $length }, till { $time }
booking-show-price = Visa priset
booking-purpose-hint = Till exempel innebandyträning P12 eller badminton
booking-purpose-short = Aktivitet
booking-why-price = Varför det här priset?
booking-price-line = { $tariff }, { $group }: { $hour } per timme i { $length } blir { $amount }
booking-no-price = Taxan anger inget pris för den här tiden
booking-no-price-short = inget pris
booking-price-times = { $count } gånger:
booking-prices-each = { $count ->
    [one] Tiden med sitt pris
   *[other] Alla { $count } tider med pris
}
booking-terms = { $count ->
    [one] När du bokar är tiden din direkt, och du får en kod till dörren. Inget betalas här.
   *[other] När du bokar är tiderna dina direkt, och du får en kod till dörrarna. Inget betalas här.
}
booking-other-time = Välj en annan tid
booking-acts-for-another = Du har valt att boka för { $other } i ett annat fönster. Den här bokningen gäller { $name }. Stämmer det, skicka en gång till. Annars byter du under Bokad för.
booking-other-customer = Byt
booking-no-customer = Välj först vem du bokar för
booking-choose-customer = Välj vem du bokar för
booking-taken-already = Tiden är redan tagen
booking-alternatives = Det här är ledigt i stället
booking-no-alternatives = Inget annat är ledigt den dagen
booking-no-alternatives-hint = Välj en annan dag i schemat.
booking-error-minutes = Välj hur länge du vill vara där
booking-error-purpose-blank = Skriv vad ni ska göra
booking-error-purpose-long = Texten har { $chars } tecken. Den får ha högst { $most }.
booking-error-customer = Du får inte boka för den kunden längre. Välj vem du bokar för.
booking-error-other = Den här tiden går inte att boka
booking-error-past = Tiden har redan börjat
booking-error-too-soon = Det är för nära inpå. Tidigast går det att boka { $time }.
booking-error-too-far = Så långt fram går det inte att boka än. Längst fram är { $day }.
booking-error-start-step = Tider börjar var { $minutes }:e minut från midnatt
booking-error-length-step = Tiden bokas i steg om { $minutes } minuter
booking-error-too-short = Den kortaste tiden är { $length }
booking-error-too-long = Den längsta tiden är { $length }
booking-error-closed-day = Det är stängt den dagen
booking-error-closed = Det är stängt under en del av tiden. Den dagen är det öppet { $hours }.
booking-title = Bokning { $number }
booking-no-doors = Ingen dörr öppnas med kod här. Fråga anläggningen hur ni kommer in.
booking-valid-each = Vid varje bokad tid
booking-status = Läge
booking-times = Alla tider
booking-calendar = Lägg i kalendern
booking-calendar-code = Koden till dörren finns på bokningens sida.
booking-qr-show = Visa QR-kod
booking-qr-title = QR-kod till dörren
booking-qr-lead = Håll upp koden mot läsaren vid dörren.
booking-qr-label = QR-kod till { $doors }
booking-qr-until = Gäller till { $time }
booking-qr-new = Visa en ny kod
booking-qr-photo = Den som fotograferar koden kommer in så länge den gäller. Visa den bara för läsaren.
booking-qr-keypad = Har dörren ingen läsare? Tryck din kod på knappsatsen.
booking-qr-code = Till koden
booking-qr-from = QR-koden kan visas från { $time }
booking-qr-never = Det finns ingen QR-kod för den här bokningen
booking-qr-never-hint = Antingen är tiden över, eller så öppnas ingen dörr med kod här.
booking-qr-often = QR-koden har visats för många gånger på en minut
booking-qr-often-hint = Vänta en minut och försök igen. Din kod till knappsatsen gäller som vanligt.
booking-cancel-effect = Tiden blir ledig för andra och koden slutar gälla direkt.
booking-cancel-cost = Det kostar inget att avboka nu.
booking-keep = Behåll bokningen
booking-mine-coming = Kommande
booking-mine-over = Tidigare och avbokade
booking-find = Hitta en tid
booking-day-choose = Välj dag
booking-day-from = från { $time }
booking-day-until = till { $time }
booking-day-whole = hela dagen
booking-day-before = Dagen före
booking-day-after = Dagen efter
booking-day-facilities = Välj anläggning
booking-day-all = Alla
booking-times-count = { $count ->
    [one] { $count } tid
   *[other] { $count } tider
}

# Vad bokningen är till för, och vilka som kommer.
booking-purpose-kind = Slag av aktivitet
booking-kind-training = Träning
booking-kind-match = Match eller tävling
booking-kind-event = Evenemang, läger eller mässa
booking-kind-school = Skola
booking-kind-meeting = Möte, kurs eller konferens
booking-kind-private = Fest eller privat
booking-kind-overnight = Övernattning
booking-kind-other = Motion eller annat
booking-participants = Vilka kommer? (valfritt)
booking-persons = Antal personer
booking-age-group = Ålder
booking-gender = För vem
booking-not-said = Vill inte ange
booking-age-children = Barn, till och med 12 år
booking-age-youth = Ungdomar, 13–20 år
booking-age-adults = Vuxna
booking-age-seniors = Seniorer, från 65 år
booking-age-mixed = Alla åldrar
booking-gender-girls = Flickor och kvinnor
booking-gender-boys = Pojkar och män
booking-gender-mixed = Alla
booking-error-persons = Antalet ska vara ett heltal från 1 till { $most }, eller tomt

# Regler som en tid kan bryta mot.
booking-error-package = Här bokas hela tider: { $names }
booking-error-stay = Här bokas nätter, från klockan { $arrive } till klockan { $leave }, högst { $most } nätter
booking-error-who = Tiden är bara för { $who }
booking-error-purposes = Här går det bara att boka för { $purposes }
booking-error-age = Den som bokar ska ha fyllt { $age } år
booking-error-working-days = { $days ->
    [one] Tiden ska bokas minst en arbetsdag i förväg
   *[other] Tiden ska bokas minst { $days } arbetsdagar i förväg
}
booking-error-blocked = Den tiden går inte att boka: { $why }
booking-error-quota = Det blir mer än ni får ha: { $quota }
booking-error-too-many = Här får högst { $most } personer vara
booking-who-person = privatpersoner
booking-who-association = föreningar
booking-who-company = företag
booking-who-unit = kommunens verksamheter
booking-who-group = prisgruppen { $code }
booking-quota = högst { $much } { $per }
booking-rule-for = { $rule } för { $who }
booking-per-day = per dag
booking-per-week = per vecka
booking-per-month = per månad
booking-per-year = per år
booking-per-ahead = bokat framåt

# Förfrågningar som en handläggare beslutar om.
booking-request = Skicka förfrågan
booking-request-info = { $count ->
    [one] En handläggare beslutar om tiden. Den hålls åt er tills dess, och ni får besked.
   *[other] En handläggare beslutar om tiderna. De hålls åt er tills dess, och ni får besked.
}
booking-state-requested = Väntar på beslut
booking-state-refused = Avslagen
booking-requested-title = Förfrågan är skickad
booking-requested-info = Tiden hålls åt er tills en handläggare har beslutat.
booking-requested-by = Besked senast { $day }
booking-refused-title = Förfrågan fick nej
booking-refused-info = Tiden är ledig för andra igen.
booking-approved-info = Handläggaren skriver:
booking-requests-title = Förfrågningar
booking-requests-lead = Förfrågningar med förtur först, sedan de äldsta. Tiderna hålls tills du har beslutat.
booking-requests-priority = Förtur: { $name }
booking-requests-empty = Inget väntar på beslut
booking-requests-empty-hint = Förfrågningar visas här när någon vill boka en tid som reglerna låter er besluta om.
booking-requests-more = Här visas de { $count } första. Fler kommer när de är beslutade.
booking-decide = Besluta
booking-decide-title = Beslut om bokning { $number }
booking-decide-by = Senast { $day }
booking-decide-late = Försenat
booking-decide-why = Därför beslutar du
booking-decide-reason = Meddelande till den som bokar
booking-decide-reason-hint = Behövs när du säger nej. Föreslå gärna en annan tid.
booking-approve = Godkänn
booking-refuse = Avslå
booking-error-reason = Skriv varför du säger nej
booking-error-text-long = Texten får ha högst { $most } tecken
booking-notes = Interna anteckningar
booking-note = Ny anteckning
booking-note-hint = Läses bara av handläggare
booking-note-add = Spara anteckningen

# Reglerna i ord, och sidan där de ändras.
booking-rules-title = Bokningsregler
booking-rules-from = Från { $day }
booking-rule-lengths = Kortast { $shortest }, längst { $longest }
booking-rule-buffer = { $before } minuter före och { $after } minuter efter hålls fria för att ställa i ordning och städa
booking-rule-lead = Tiden bokas senast { $length } innan den börjar
booking-rule-horizon = { $days ->
    [one] Det går att boka en dag framåt
   *[other] Det går att boka { $days } dagar framåt
}
booking-rule-direct = Tiden är din direkt när du bokar
booking-rule-approval = En handläggare beslutar om varje bokning
booking-rule-approval-unless = En handläggare beslutar, utom för { $who }
booking-rule-decided = Besked inom { $days } arbetsdagar, för nya kunder inom { $new }
booking-rule-cancel = Du avbokar och ändrar själv fram till { $length } före
booking-try-title = Vad skulle hända om …
booking-try = Pröva
booking-try-kind = Vem bokar?
booking-try-person = En privatperson
booking-try-association = En förening
booking-try-company = Ett företag
booking-try-unit = En av kommunens verksamheter
booking-try-group = Prisgrupp
booking-try-age = Ålder på den som bokar
booking-try-date = Dag
booking-try-minutes = Minuter
booking-try-yes = Tiden går att boka direkt, om den är ledig
booking-try-decided = Tiden går att begära. En handläggare beslutar.
booking-try-no = Tiden går inte att boka
booking-rules-list-title = Regler
booking-rules-list-lead = Det som sägs närmare lokalen gäller före det som sägs längre bort. Där inget sägs gäller det som står ovanför.
booking-rules-empty = Inga egna regler
booking-rules-empty-hint = Tjänstens förval gäller tills ni skriver egna regler för kommunen, en anläggning eller en lokal.
booking-rules-edit-title = Ändra regel
booking-rules-tenant = Hela kommunen
booking-rules-dates = { $first } till { $last }
booking-rules-dates-on = Från { $first } tills vidare
booking-rules-first = Första dagen
booking-rules-last = Sista dagen
booking-rules-save = Spara
booking-rules-remove = Ta bort
booking-rules-error-first = Skriv den första dagen
booking-rules-error-last = Sista dagen ska vara ett datum som inte är före den första
booking-help-step = Tider börjar och slutar på jämna steg från midnatt.
booking-help-shortest = Kortare går inte att boka.
booking-help-longest = Längre går inte att boka. Högst en vecka.
booking-help-lead = Så länge före starten bokas tiden senast.
booking-help-working-days = Så många hela arbetsdagar före bokas tiden senast.
booking-help-horizon = Så många dagar framåt går det att boka.
booking-help-age = Så gammal ska den vara som bokar. En ålder som inte är känd hindrar inte.
booking-help-who = Bara de får boka. Väljer du ingen får alla.
booking-help-purposes = Bara för det går det att boka. Väljer du inget går allt.
booking-help-approval = Om tiden är bokad direkt, eller begärs och beslutas.
booking-help-decided = Inom så många arbetsdagar får den som frågar besked.
booking-help-quotas = Så mycket får en kund ha, räknat i det som regeln gäller för.
booking-help-early = De får boka längre fram än andra.
booking-help-blocked = Då bokar ingen, utom de som du räknar upp.
booking-help-nights = Bokas per natt, från ankomst till avresa. Då säger steg och längder inget.
booking-help-packages = Bokas bara som hela tider: en helg, en säsong.
booking-help-conditions = För det som fälten inte räcker till.
booking-help-cancel = Så länge före starten ändrar och avbokar kunden själv. 0 är tills tiden är slut.
booking-rules-error-overlap = En annan regel för samma sak gäller någon av dagarna. Ändra den, eller välj andra dagar.
booking-help-undo = Så länge kan en massändring ångras. Först därefter får någon veta något.
booking-parameter-undo = Ångra massändringar
booking-help-answer = Så många dagar har den som blir erbjuden en annan tid på sig att svara.
booking-parameter-answer = Svarstid för erbjudna tider
booking-help-facts = Ett villkor kan fråga om { $names }.

# Ändra en bokning.
booking-change = Ändra eller flytta
booking-change-title = Ändra bokningen
booking-change-which = Välj tider
booking-change-one = Ändra den här tiden
booking-change-one-title = Ändra en tid
booking-change-cancel = Avboka de valda
booking-change-days = Flytta de valda så många dagar
booking-change-days-hint = 7 är en vecka senare, -1 är en dag tidigare
booking-change-days-error = Skriv ett antal dagar, till exempel 7 eller -1
booking-change-move = Flytta de valda
booking-change-none = Välj minst en tid
booking-change-save = Spara den nya tiden
booking-change-safe = Du behåller din tid tills den nya är din.
booking-change-nothing = Ingenting är ändrat. Du har dina tider kvar.
booking-change-taken = Någon annan har redan tagit en av tiderna
booking-change-refused = Det går inte enligt reglerna
booking-change-officer = En handläggare beslutar om sådana tider. Kontakta kommunen, eller boka en ny tid och avboka den gamla när den nya är godkänd.
booking-change-late = Det är för sent att ändra tiden själv. Kontakta kommunen.
booking-change-gone = Någon har ändrat bokningen under tiden
booking-error-resource = Välj en lokal
booking-error-date = Skriv ett datum
booking-error-clock = Skriv ett klockslag, till exempel 18:00

# Flera tider i en bokning.
booking-several-link = Boka flera tider eller en serie
booking-several-title = Boka flera tider
booking-several-lead = Alla tider får samma bokningsnummer och samma kod. Inget är bokat förrän du har sett pris och villkor.
booking-several-empty = Inga tider ännu
booking-several-empty-hint = Lägg till en tid eller en hel serie här nedanför.
booking-several-troubled = { $count } av { $all } tider går inte att få
booking-several-skip = Ta bort dem
booking-several-remove = Ta bort
booking-several-taken = Upptagen. Ta i stället:
booking-several-swap = { $time }
booking-several-own = Krockar med { $time }
booking-several-many = En bokning kan ha högst { $most } tider
booking-several-none = Lägg till minst en tid
booking-several-add-title = Lägg till tider
booking-several-date = Dag, eller seriens första dag
booking-several-add = Lägg till tiden
booking-several-series = Upprepa som en serie
booking-several-weekdays = Veckodagar
booking-several-every = Hur ofta
booking-every-1 = Varje vecka
booking-every-2 = Varannan vecka
booking-every-4 = Var fjärde vecka
booking-weekday-1 = måndag
booking-weekday-2 = tisdag
booking-weekday-3 = onsdag
booking-weekday-4 = torsdag
booking-weekday-5 = fredag
booking-weekday-6 = lördag
booking-weekday-7 = söndag
booking-several-last = Sista dagen
booking-several-last-error = Skriv seriens sista dag, som inte är före den första
booking-several-skip-holidays = Hoppa över helgdagar
booking-several-add-series = Lägg till serien
booking-several-book-title = Boka
booking-several-book = Boka tiderna
booking-several-continue-hint = Tiderna hålls åt dig medan du ser pris och villkor. Inget är bokat än.
booking-several-desk-lead = Alla tider får samma bokningsnummer och samma kod. Inget är bokat förrän du trycker på Boka tiderna.
booking-several-desk = Du bokar som handläggare åt { $name }. Reglerna om vem, hur tidigt och hur mycket hindrar inte.
booking-several-desk-theirs = Den som bokade förra gången får brevet och koden.
booking-several-desk-mine = Den som bokade förra gången får inte längre boka åt { $name }. Brevet går till dig. De som företräder { $name } ser bokningen och koden under Mina bokningar.
booking-view-month = Månad
booking-resources-all = Allt
booking-schedule-to-day = Gå till dag
booking-schedule-show = Visa
booking-schedule-beside = Jämför med andra anläggningar
booking-schedule-changed = Schemat ändrades { $time }. Det som visas är aktuellt.
booking-closed-why = { $what } är stängt: { $reason }
booking-unplayable-why = { $what } går inte att spela på: { $reason }
booking-embed-open = Öppna schemat hos { $tenant }
booking-side-title = Anläggningar sida vid sida
booking-side-choose = Välj anläggningar och dag
booking-side-facilities = Anläggningar, högst { $most }
booking-side-none = Inga anläggningar är valda
booking-side-none-hint = Välj upp till { $most } ovanför, så visas deras tider bredvid varandra.

# Att hålla en tid medan man ser pris och villkor.
booking-continue = Fortsätt
booking-continue-hint = Tiden hålls åt dig medan du ser pris och villkor. Inget är bokat än.
booking-hold-title = Pris och villkor
booking-hold-until = { $count ->
    [one] Tiden hålls åt dig till { $time }
   *[other] Tiderna hålls åt dig till { $time }
}
booking-hold-left = kvar
booking-hold-terms = Villkor
booking-hold-change = Ändra det du skrev
booking-hold-let-go = { $count ->
    [one] Släpp tiden
   *[other] Släpp tiderna
}
booking-hold-over-title = { $count ->
    [one] Tiden hålls inte längre
   *[other] Tiderna hålls inte längre
}
booking-hold-over = { $count ->
    [one] Tiden hölls åt dig, men den stunden är över. Inget är bokat.
   *[other] Tiderna hölls åt dig, men den stunden är över. Inget är bokat.
}
booking-hold-free = { $count ->
    [one] Den är fortfarande ledig.
   *[other] Alla är fortfarande lediga.
}
booking-hold-again = { $count ->
    [one] Håll tiden igen
   *[other] Håll tiderna igen
}
booking-hold-again-left = { $left ->
    [one] Håll den som är ledig
   *[other] Håll de { $left } som är lediga
}
booking-hold-left-of = { $left ->
    [0] Ingen av dem går att få längre.
    [one] En av { $count } är fortfarande ledig.
   *[other] { $left } av { $count } är fortfarande lediga.
}
booking-hold-gone = { $count ->
    [one] En tid är inte med längre
   *[other] { $count } tider är inte med längre
}
booking-hold-short = Det finns inte längre så mycket kvar av det du valde till. Ändra det du skrev.
booking-mine-held = Hålls åt dig just nu
booking-error-holds = Du håller redan { $most } tider. Boka eller släpp en av dem under Mina bokningar.
booking-help-hold = Så många minuter hålls tiden medan man ser pris och villkor, högst 60

# Utrustning och tjänster.
booking-accessories = Tillbehör
booking-accessories-choose = Lägg till utrustning eller tjänster
booking-accessories-change = Ändra tillbehör
booking-accessories-title = Ändra tillbehör
booking-accessories-save = Spara tillbehören
booking-keep-as-is = Låt det vara
booking-accessory-left = { $left } av { $stock } är lediga då
booking-accessory-stock = { $stock } finns
booking-accessory-count = { $count } { $name }
booking-accessory-gone = något som inte finns kvar i registret
booking-error-accessory = Skriv ett antal från 0 till { $most }
booking-error-short = { $left ->
    [0] Inget är ledigt då
   *[other] Bara { $left } är lediga då
}
booking-error-no-accessory = Ett av tillbehören hör inte till det ni bokar
booking-change-short = Något av tillbehören räcker inte till den nya tiden

# Det som är särskilt för boende, fordon och båtplatser.
booking-arrive = Ankomst (från klockan { $time })
booking-leave = Avresa (till klockan { $time })
booking-persons-count = { $count ->
    [one] { $count } person
   *[other] { $count } personer
}
booking-driver = Förare
booking-driver-named = Förare: { $name }
booking-licensed = Föraren har det körkort som fordonet kräver
booking-licensed-class = Föraren har körkort med behörighet { $class }
booking-boat = Båtens namn
booking-boat-hint = Eller märke och modell
booking-boat-length = Båtens längd i meter
booking-boat-beam = Båtens bredd i meter
booking-boat-measured = { $name }, { $length } m lång och { $beam } m bred
booking-measure = Till exempel 7,5
booking-measure-most = Högst { $most }
booking-error-persons-missing = Skriv hur många som ska sova där
booking-error-driver = Skriv vem som kör
booking-error-licence = Kryssa i att föraren har körkortet. Annars går fordonet inte att boka.
booking-error-boat = Skriv båtens namn eller märke
booking-error-name-long = Namnet får ha högst { $most } tecken
booking-error-metres = Skriv måttet i meter, till exempel 7,5
booking-error-boat-long = Båten är för lång. Platsen tar båtar på högst { $most } m.
booking-error-boat-broad = Båten är för bred. Platsen tar båtar på högst { $most } m bredd.

# Flera anläggningar, delning, samma igen, en gång i månaden.
booking-error-apart = Tiderna kan inte stå i samma bokning. De hör till olika nämnder eller bolag.
booking-several-here = Tiderna läggs till på { $name }. Byt anläggning
booking-several-elsewhere = En annan anläggning i samma bokning
booking-several-go = Byt
booking-every-month-weekday = Varje månad, samma veckodag som den första (till exempel första måndagen)
booking-every-month-date = Varje månad, samma datum som den första
booking-again = Boka samma tider igen
booking-again-left-out = { $count ->
    [one] En tid är i vecka 53, som inte finns det året. Den är inte med.
   *[other] { $count } tider är i vecka 53, som inte finns det året. De är inte med.
}
booking-change-split = Gör till en egen bokning
booking-change-split-hint = De valda tiderna kan bli en egen bokning med eget nummer och egen kod, för samma kund. Gäster med egna koder släpper du in på nytt där.
booking-change-split-all = Välj några av tiderna, inte alla
# Villkoren för avbokning.
booking-term-free = Det kostar inget att avboka
booking-term-fee = { $days ->
    [one] Avbokar du samma dag kostar det { $due }
   *[other] Avbokar du mindre än { $days } dagar före kostar det { $due }
}
booking-term-price = lika mycket som tiden
booking-term-share = { $percent } % av vad tiden kostar
booking-term-pays-as = Prisgruppen { $from } räknas då som prisgruppen { $to }

# När ingen bokar.
booking-blocked-when = { $when } går det inte att boka: { $why }
booking-blocked-from = från { $day }
booking-blocked-until = till och med { $day }
booking-blocked-always = Just nu
booking-blocked-except = Gäller inte { $who }.
booking-rule-priority = Vid förfrågningar går de här först, i den ordningen: { $groups }

# Vad reglerna heter, och vad de säger.
booking-parameter-step = Steg
booking-parameter-shortest = Kortaste tid
booking-parameter-longest = Längsta tid
booking-parameter-nights = Nätter
booking-parameter-packages = Hela tider
booking-parameter-lead = Senast före start
booking-parameter-working-days = Arbetsdagar före
booking-parameter-horizon = Hur långt fram
booking-parameter-early = De som får boka tidigare
booking-parameter-who = Vilka som får boka
booking-parameter-purposes = Vad man får boka för
booking-parameter-age = Lägsta ålder
booking-parameter-approval = Beslut
booking-parameter-decided = Löfte om besked
booking-parameter-priority = Förtur
booking-parameter-quotas = Hur mycket en kund får ha
booking-parameter-blocked = Spärrade tider
booking-parameter-conditions = Egna villkor
booking-parameter-cancel = Ändra och avboka själv
booking-parameter-hold = Hur länge en tid hålls
booking-parameter-cancel-fees = Avgift vid avbokning
booking-value-none = inget
booking-value-until-start = fram till starten
booking-value-until-end = tills tiden är slut
booking-value-before = till { $length } före
booking-value-working-days = { $days ->
    [one] en arbetsdag före
   *[other] { $days } arbetsdagar före
}
booking-value-days = { $days ->
    [one] en dag
   *[other] { $days } dagar
}
booking-value-everybody = alla
booking-value-anything = vad som helst
booking-value-years = { $age } år
booking-value-decided = inom { $days } arbetsdagar, nya kunder { $new }
booking-value-no-promise = inget löfte
booking-value-refuse = går inte om { $when } (”{ $say }”)
booking-value-approve = beslutas om { $when } (”{ $say }”)

# Reglerna som fält.
booking-rules-change = Ändra från en dag
booking-rules-correct = Rätta
booking-rules-holds = Gäller nu
booking-rules-coming = Ändras: { $dates }
booking-rules-of-parts = Egna regler för { $names }
booking-rules-facilities = Anläggningar
booking-rules-parts = Det som bokas här
booking-rules-common = Gäller om anläggningen inte säger något annat
booking-rules-own = Har egna regler: { $names }
booking-rules-none-here = Här finns inga egna regler
booking-rules-none-here-hint = Allt ärvs. Säg något eget från en dag som du väljer.
booking-rules-not-yours = Du kan läsa reglerna men inte ändra dem. De ändras av administratörer för nämnden.
booking-rules-silent = Här sägs inget eget.
booking-rules-in-words = Så läser besökare reglerna
booking-rules-first-hint = Bokningar som redan är gjorda ändras inte.
booking-rules-last-hint = Tomt betyder tills vidare.
booking-rules-look = Visa vad som ändras
booking-rules-changes = Det här ändras
booking-rules-no-change = Inget ändras
booking-rules-from-now = Från och med nu
booking-rules-instead = { $name }: { $after } i stället för { $before }
booking-rules-booked-stay = Det som redan är bokat står kvar.
booking-rules-untouched = Här sägs samma sak närmare, så där ändras inget:
booking-rules-inherit = Ärv från { $from }: { $value }
booking-rules-own-value = Säg något eget
booking-rules-default = tjänstens förval
booking-rules-said = ({ $count } egna)
booking-rules-entry = Nr { $number }
booking-rules-entry-hint = En tom ruta räknas inte.
booking-rules-entry-more = En till
booking-rules-whom = För vilka?
booking-rules-groups = Prisgrupper
booking-rules-groups-hint = Koder med komma mellan
booking-rules-for-what = För vad?
booking-rules-ages = Vilka åldrar?
booking-rules-unless = En handläggare beslutar, utom för dem som är valda här nedanför
booking-rules-section-times = Hur långa tider
booking-rules-section-ahead = När man bokar
booking-rules-section-who = Vilka, vad och hur mycket
booking-rules-section-decision = Beslut och förtur
booking-rules-section-blocked = Spärrade tider
booking-rules-section-cancel = Ändra och avboka
booking-rules-section-conditions = Egna villkor
booking-rules-saved = Reglerna är sparade
booking-rules-removed = Reglerna är borttagna
booking-rules-restored = Reglerna är återställda
booking-rules-undo = Ångra
booking-rules-history = Vem ändrade vad?
booking-rules-history-empty = Inget är ändrat
booking-rules-history-empty-hint = Varje ändring visas här med vem och när.
booking-rules-by-file = inläst från fil
booking-rules-restore = Återställ som det var före
booking-rules-restore-now = Återställ
booking-rules-keep = Låt det vara som det är
booking-rules-error-number = Skriv ett heltal från { $least } till { $most }
booking-rules-error-text = Skriv en text
booking-rules-error-lengths = Den längsta tiden kan inte vara kortare än den kortaste
booking-rules-error-season = Sista dagen ska komma efter den första, inom ett år
booking-rules-error-ends = Slutet ska komma efter början
booking-rules-error-midnight = Slutet ska komma efter början. Över midnatt blir det två spärrar.
booking-rules-error-who = Välj minst en grupp
booking-rules-error-quota = Skriv minuter, antal gånger eller båda
booking-rules-error-pays-as = Skriv prisgrupper i par, till exempel 0=1
booking-unit-minutes = Minuter (60 är en timme, 1440 ett dygn)
booking-unit-days = Dagar
booking-unit-working-days = Arbetsdagar
booking-unit-working-days-new = Arbetsdagar för nya kunder (tomt: samma)
booking-unit-years = År
booking-nights-arrive = Ankomst tidigast, till exempel 16:00
booking-nights-leave = Avresa senast, till exempel 10:00
booking-nights-most = Nätter som mest
booking-package-name = Namn, till exempel Helg
booking-package-weekday = Börjar varje
booking-package-once = en gång, mellan två datum
booking-package-starts = Från klockan (varje vecka)
booking-package-days = Slutar så många dagar senare (varje vecka)
booking-package-ends = Till klockan (varje vecka)
booking-package-first = Första dagen (en gång)
booking-package-last = Sista dagen (en gång)
booking-quota-minutes = Minuter som mest
booking-quota-times = Gånger som mest
booking-quota-per = Räknat
booking-priority-name = Vad gruppen kallas, till exempel Barn och ungdom
booking-blocked-reason = Varför, i ord som alla får läsa
booking-blocked-first = Från och med dagen
booking-blocked-last = Till och med dagen
booking-blocked-weekdays = Bara de här veckodagarna
booking-blocked-starts = Från klockan, till exempel 17:00
booking-blocked-ends = Till klockan, till exempel 24:00
booking-blocked-but = De här får boka ändå:
booking-condition-when = Villkor
booking-condition-when-hint = Till exempel minutes > 120 && customer == 'person'
booking-condition-then = Då
booking-condition-approve = beslutar en handläggare
booking-condition-refuse = går det inte att boka
booking-condition-say = Vad den som bokar får läsa
booking-condition-here = Vid tecken { $at }: ”{ $read } ⟩ { $rest }”
booking-condition-complicated = Villkoret är för krångligt. Dela det i flera.
booking-condition-unreadable = Villkoret går inte att läsa
booking-condition-name = Det finns inget som heter ”{ $name }”. Det här finns: { $names }
booking-condition-function = ”{ $name }” går inte att använda här
booking-condition-plain = Upprepningar, tabeller och fält går inte att använda här
booking-condition-no-answer = Villkoret ska vara antingen sant eller falskt
booking-fee-days = Avbokat mindre än så många dagar före
booking-fee-amount = Belopp
booking-fee-unit = Beloppet är
booking-fee-percent = procent av vad tiden kostar
booking-fee-kr = kronor för hela bokningen
booking-fee-pays-as = Prisgrupper som räknas som en annan
booking-fee-pays-as-hint = Till exempel 0=1, så att den som inte betalar något för tiden ändå betalar för att lämna den
booking-rules-file = Reglerna som fil
booking-rules-file-text = Alla regler, som TOML
booking-rules-file-hint = Det som står här gäller. En regel som inte står med blir kvar som den är.
booking-rules-file-try = Prova filen
booking-rules-file-save = Läs in filen
booking-rules-file-download = Ladda ner filen
booking-rules-file-tried = Filen går att läsa in: { $created } nya och { $updated } ändrade. Inget är sparat än.
booking-rules-file-saved = Filen är inläst: { $created } nya och { $updated } ändrade
booking-rules-file-wrong = Filen går inte att läsa in: { $why }
booking-rules-file-long = Filen får vara högst { $most } KiB
booking-help-priority = De som går först i kön av förfrågningar, i listans ordning.
booking-help-cancel-fees = Vad det kostar att avboka sent. Väljer du ett ändamål gäller stegen i stället för de allmänna. Inget debiteras här; beloppet står på bokningen.

# Vad avbokningen kostar.
booking-cancel-due = Enligt villkoren kostar det { $due } att avboka nu. Inget betalas här.
booking-cancel-due-unknown = Enligt villkoren kostar det något att avboka nu, men priset är inte känt här. Fråga kommunen.
booking-cancel-free-until = Det kostar inget till och med { $day }.
booking-cancel-late = Det är för sent att avboka själv
booking-cancel-late-more = Kontakta kommunen om ni inte kommer. Tiden är kvar så länge.
booking-cancel-fee = Avgift enligt villkoren för avbokning
booking-cancel-fee-unknown = Priset är inte känt
booking-rules-of-authority = Det här gäller för alla anläggningar under { $name }
# Många tider på en gång.
booking-many-title = Ändra många
booking-many-lead = Flytta, avboka eller stäng för många tider på en gång. Du ser vad som händer med var och en innan något händer.
booking-many-find-title = Vilka tider?
booking-many-number-hint = Hela bokningen, med alla tider som är kvar. Då räknas inget annat här.
booking-many-facility = Anläggning
booking-many-narrow = Välj dagar, klockslag, lokaler eller ord
booking-many-first = Från och med dag
booking-many-last = Till och med dag
booking-many-from = Börjar tidigast klockan
booking-many-to = Börjar före klockan
booking-many-weekdays = Veckodagar
booking-many-resources = Lokaler
booking-many-resources-hint = En hel hall tar med sina delar.
booking-many-words = Ord
booking-many-words-hint = I kundens namn eller det som kunden skrev.
booking-many-find = Sök tider
booking-many-none = Inga kommande tider stämmer
booking-many-elsewhere = Bokningen har tider på fler ställen. Välj ett ställe i taget:
booking-many-none-hint = Kontrollera bokningsnumret, eller sök på anläggning och dagar.
booking-many-hits = { $count ->
    [one] { $count } tid i { $place }
   *[other] { $count } tider i { $place }
}
booking-many-hits-hint = Ta bort krysset för det som ska vara kvar.
booking-many-more = Fler tider stämmer. Här är de { $count } första; resten tar du i nästa omgång.
booking-many-deed = Vad ska hända?
booking-many-action = Med de valda tiderna
booking-many-move = Flytta dem
booking-many-cancel = Avboka dem
booking-many-close = Stäng lokalen och avboka dem
booking-many-if-move = Om du flyttar
booking-many-if-close = Om du stänger
booking-many-weeks = Veckor
booking-many-weeks-hint = Skriv minus för tidigare: -1.
booking-many-days = Dagar
booking-many-hours = Timmar
booking-many-to-resource = Till lokal
booking-many-same = Samma lokal
booking-many-displacing = Andra får ge plats
booking-many-displacing-hint = De som har den nya tiden förlorar den och får ett brev. Annars stannar de tider som krockar.
booking-many-close-what = Vad ska stängas?
booking-many-all-of-it = Hela anläggningen
booking-many-close-first = Stängt från och med
booking-many-close-last = Stängt till och med
booking-many-offering = Erbjud andra tider
booking-many-offering-hint = De som förlorar en tid får ett förslag på en likvärdig lokal, och det hålls åt dem tills de har svarat.
booking-many-reason = Skäl
booking-many-reason-hint = Det här läser de som berörs. Till exempel: Mässan behöver hallarna.
booking-many-preview = Visa vad som händer
booking-many-latest = Senaste ändringar
booking-many-error-number = Skriv ett helt antal, högst { $most } åt vardera hållet
booking-many-error-nowhere = Skriv hur långt tiderna ska flyttas, eller välj en annan lokal
booking-many-error-last = Skriv ett sista datum som inte är före det första
booking-many-error-action = Välj vad som ska hända
booking-many-error-reason = Skriv varför. De som berörs får läsa det.
booking-many-error-displaced = { $count } tider skulle trängas undan. Det är fler än en ändring får; flytta färre åt gången.
booking-many-error-closing = Det går inte att stänga mellan de datumen
booking-many-preview-title = Det här händer
booking-many-sum-move = { $moved ->
    [one] { $moved } tid flyttas
   *[other] { $moved } tider flyttas
}, { $displaced } undanträngs, { $offered } har förslag
booking-many-sum-cancel = { $given ->
    [one] { $given } tid avbokas
   *[other] { $given } tider avbokas
}, { $offered } har förslag
booking-many-staying = { $count ->
    [one] { $count } tid stannar där den är. Varför står i listan.
   *[other] { $count } tider stannar där de är. Varför står i listan.
}
booking-many-undo-after = Ingenting har hänt än. Efteråt kan du ångra i { $minutes } minuter. Först därefter får någon ett brev.
booking-many-do-move = { $count ->
    [one] Flytta { $count } tid
   *[other] Flytta { $count } tider
}
booking-many-do-cancel = { $count ->
    [one] Avboka { $count } tid
   *[other] Avboka { $count } tider
}
booking-many-do-close = { $count ->
    [0] Stäng
    [one] Stäng och avboka { $count } tid
   *[other] Stäng och avboka { $count } tider
}
booking-many-nothing = Ingen av tiderna kan ändras så
booking-many-back = Ändra urvalet
booking-many-chosen = Valda tider
booking-many-displaced = De som ger plats
booking-many-booking = Bokning
booking-many-becomes = Vad som händer
booking-many-became = Vad som hände
booking-many-instead = I stället
booking-many-stays = Stannar
booking-many-moves = Flyttas till
booking-many-goes = Avbokas
booking-many-clash = Upptaget av
booking-many-own = En annan av de valda tiderna ska dit eller är kvar där.
booking-many-outside = Ligger utanför det som stängs.
booking-many-offered = Erbjuds { $time }
booking-many-no-offer = Inget likvärdigt är ledigt inom en vecka.
booking-many-moved-to = Flyttad till { $time }
booking-many-stale = Något har ändrats sedan du såg det här. Ingenting är gjort.
booking-many-stale-next = Så här blir det nu. Läs igenom och försök igen.
booking-many-did-move = { $count ->
    [one] { $count } tid ändrad i { $place }
   *[other] { $count } tider ändrade i { $place }
}
booking-many-did-cancel = { $count ->
    [one] { $count } tid avbokad i { $place }
   *[other] { $count } tider avbokade i { $place }
}
booking-many-did-close = { $count ->
    [0] Stängt i { $place }
    [one] Stängt och { $count } tid avbokad i { $place }
   *[other] Stängt och { $count } tider avbokade i { $place }
}
booking-many-state-open = Kan ångras
booking-many-state-told = Klart
booking-many-state-undone = Ångrat
booking-many-done = Det är gjort
booking-many-done-next = Breven går { $time }. Till dess är det som blev ledigt ingen annans.
booking-many-undo = Ångra till { $time }
booking-many-tell = Skicka breven nu
booking-many-told = De som berörs har fått veta
booking-many-told-next = Det går inte att ångra längre. Svaren på det som erbjudits kommer in här.
booking-many-undone = Ångrat { $time }
booking-many-undone-next = Alla tider är där de var, med samma koder. Ingen har fått något brev.
booking-many-undo-late = Det är för sent att ångra
booking-many-undo-late-next = Breven har gått. Du kan flytta tiderna tillbaka med en ny ändring.
booking-many-undo-blocked = Det går inte att ångra längre, och ingenting är ändrat
booking-many-undo-blocked-next = Det här har hänt sedan dess:
booking-many-block-taken = { $customer } har tagit den tid som erbjöds (bokning { $number }).
booking-many-block-changed = { $customer } har ändrat eller avbokat bokning { $number }.
booking-many-block-lent = Någon annan har nu utrustning som { $customer } hade (bokning { $number }).
booking-many-block-occupied = Någon annan har nu tiden som { $customer } hade (bokning { $number }).
booking-many-by = Gjord av
booking-many-made = Gjord
booking-many-reason-short = Skäl
booking-many-answered = Svar
booking-many-answers = { $taken } av { $offers } erbjudanden är tagna, { $declined } har fått nej
booking-offer-title = Kommunen har ändrat dina tider
booking-offer-moved = { $old } är flyttad till { $new }.
booking-offer-displaced = Kommunen behövde { $old } till något annat. Tiden är inte längre din.
booking-offer-cancelled = { $old } är avbokad av kommunen.
booking-offer-reason = Skäl: { $reason }
booking-offer-new = I stället: { $new }
booking-offer-until = Tiden hålls åt dig till { $time }. Du behåller ditt bokningsnummer och din kod.
booking-offer-take = Ta tiden
booking-offer-decline = Nej tack
booking-offer-open = Väntar på svar
booking-offer-taken = Tagen
booking-offer-declined = Nej tack
booking-offer-ran-out = Svarstiden gick ut
booking-offer-took = Tiden är din
booking-offer-refused = Du har tackat nej. Tiden är ledig för andra.
booking-offer-gone = Erbjudandet gäller inte längre
booking-offer-gone-next = Svarstiden har gått ut, eller så är det redan besvarat. Sök en annan tid, eller ring kommunen.
booking-offer-waits = Kommunen erbjuder dig en annan tid
booking-watch = Bevaka när den här tiden blir ledig
booking-hand-back-title = Kan ni inte komma?
booking-hand-back-lead = Lämna tillbaka tiden, så kan någon annan få den. Vad det kostar ser du innan du bestämmer dig.
booking-hand-back = Vi kommer inte
booking-thread-title = Meddelanden
booking-thread-texts = Skrivet
booking-thread-write = Skriv ett meddelande
booking-thread-hint-own = En handläggare läser och svarar här.
booking-thread-hint-officer = Den som har bokat åt { $customer } får det på det sätt som de har valt, och svarar här.
booking-thread-send = Skicka
booking-thread-sent = Meddelandet är skickat.
booking-thread-full = Här finns redan { $most } meddelanden. Ring i stället.
booking-thread-told = Det här har den som bokat fått
booking-thread-waiting = Meddelanden som väntar på svar

booking-delegation-title = Delegationer
booking-delegation-lead = Med stöd av vad handläggare beslutar i nämndens namn. Den som beslutar om en begäran säger vilken det är.
booking-delegation-empty = Ingen delegation är skriven
booking-delegation-empty-hint = Så länge säger besluten vem som har beslutat, när och varför, men inte med stöd av vad.
booking-delegation-new = Ny delegation
booking-delegation-authority = Nämnd
booking-delegation-matter = Vad den gäller
booking-delegation-matter-hint = Till exempel beslut om upplåtelse av lokaler
booking-delegation-reference = Punkt i delegationsordningen
booking-delegation-reference-hint = Till exempel 4.3, KFN 2025/12
booking-delegation-first = Gäller från
booking-delegation-save = Spara
booking-delegation-since = Gäller från { $first }
booking-delegation-ended = Gällde { $first } till { $last }
booking-delegation-end = Avsluta
booking-delegation-resume = Låt den gälla igen
booking-delegation-error-matter = Skriv vad den gäller, med högst { $most } tecken
booking-delegation-error-reference = Skriv var den står, med högst { $most } tecken
booking-delegation-error-first = Skriv från vilken dag den gäller
booking-decide-delegation = Med stöd av
booking-decide-by-delegation = Beslutet fattas med stöd av: { $matter } ({ $reference }).
booking-decide-no-delegation = Ingen delegation är skriven för nämnden. En administratör gör det under Delegationer.
booking-error-delegation = Välj med stöd av vilken delegation du beslutar
booking-decided-by = Beslutat av { $officer } { $time }
booking-decided-by-delegation = med stöd av { $matter } ({ $reference })
booking-decisions-title = Beslut på delegation
booking-decisions-lead = Det som har beslutats om begärda tider, att anmäla till nämnden: { $authorities }.
booking-decisions-from = Från och med
booking-decisions-until = Till och med
booking-decisions-show = Visa
booking-decisions-caption = Beslut { $from } till { $until }
booking-decisions-number = Nummer
booking-decisions-what = Beslut
booking-decisions-by = Av och när
booking-decisions-delegation = Med stöd av
booking-decisions-reason = Skäl
booking-decisions-granted = Bifall
booking-decisions-refused = Avslag
booking-decisions-none = Ingen delegation skriven
booking-decisions-empty = Inget beslutades under de dagarna
booking-decisions-empty-hint = Välj andra dagar, eller gå till begärda tider och besluta.
booking-decisions-more = Bara de första { $most } visas. Välj färre dagar för att se alla.
booking-day-now = Pågår nu
booking-day-next = Härnäst
booking-day-closed = Stängt just nu
booking-day-prepare = Ställ i ordning från { $time }
booking-day-clean = Städning till { $time }
booking-day-message = Att veta: { $text }
booking-screen-lead = Dagens bokningar
booking-screen-empty = Inget mer är bokat i dag
booking-screen-booked = Bokat
booking-screen-now = Nu
booking-screen-more = och { $count } till
booking-screen-updated = Uppdaterad { $time }
booking-screen-stale = Ingen kontakt. Så här var det { $time }.
booking-screen-closed = Stängt: { $reason }
