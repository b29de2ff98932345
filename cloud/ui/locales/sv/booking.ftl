# Schema, bokning och bokningens sidor.
booking-schedule-title = Lediga tider
booking-confirm = Boka tiden
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
booking-terms = När du bokar är tiden din direkt, och du får en kod till dörren. Inget betalas här.
booking-terms-cancel = Du kan avboka fram till att tiden är slut.
booking-other-time = Välj en annan tid
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
booking-request-info = En handläggare beslutar om tiden. Den hålls åt er tills dess, och ni får besked.
booking-state-requested = Väntar på beslut
booking-state-refused = Avslagen
booking-requested-title = Förfrågan är skickad
booking-requested-info = Tiden hålls åt er tills en handläggare har beslutat.
booking-requested-by = Besked senast { $day }
booking-refused-title = Förfrågan fick nej
booking-refused-info = Tiden är ledig för andra igen.
booking-approved-info = Handläggaren skriver:
booking-requests-title = Förfrågningar
booking-requests-lead = Äldst först. Tiderna hålls tills du har beslutat.
booking-requests-empty = Inget väntar på beslut
booking-requests-empty-hint = Förfrågningar visas här när någon vill boka en tid som reglerna låter er besluta om.
booking-requests-more = Här visas de { $count } äldsta. Fler kommer när de är beslutade.
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
booking-rules-new = Ny regel
booking-rules-edit-title = Ändra regel
booking-rules-count = { $count ->
    [one] { $count } bestämmelse
   *[other] { $count } bestämmelser
}
booking-rules-tenant = Hela kommunen
booking-rules-authority = En nämnd eller ett bolag
booking-rules-dates = { $first } till { $last }
booking-rules-dates-on = Från { $first } tills vidare
booking-rules-about = Gäller för
booking-rules-first = Första dagen
booking-rules-last = Sista dagen
booking-rules-parameters = Bestämmelser
booking-rules-parameters-hint = En på varje rad. Det som inte står här ärvs.
booking-rules-save = Spara
booking-rules-remove = Ta bort regeln
booking-rules-help = Det här går att skriva
booking-rules-error-about = Välj något som du är administratör för
booking-rules-error-first = Skriv den första dagen
booking-rules-error-last = Sista dagen ska vara ett datum som inte är före den första
booking-rules-error-overlap = En annan regel för samma sak gäller någon av dagarna. Ändra den, eller välj andra dagar.
booking-help-step = Tider börjar och slutar på jämna steg, i minuter
booking-help-shortest = Kortaste tid
booking-help-longest = Längsta tid, högst en vecka
booking-help-lead = Så många minuter före bokas tiden senast
booking-help-working-days = Så många hela arbetsdagar före bokas tiden senast
booking-help-horizon = Så många dagar framåt går det att boka
booking-help-age = Så gammal ska den vara som bokar
booking-help-who = Bara de här får boka: person, association, company, unit eller group: och prisgruppens kod
booking-help-purposes = Bara för det här: training, match, event, school, meeting, private, overnight, other
booking-help-approval = En handläggare beslutar om varje bokning. ”never” är förvalet.
booking-help-unless = En handläggare beslutar, utom för dem som räknas upp
booking-help-decided = Inom så många arbetsdagar får kunden besked. decided_new_within_working_days är för nya kunder.
booking-help-quotas = Så mycket får en kund ha: minutes eller times, per day, week, month, year eller ahead
booking-help-early = De här får boka längre fram än andra
booking-help-blocked = Då bokar ingen. Även weekdays, starts och ends; except räknar upp dem som får ändå.
booking-help-nights = Bokas per natt, från ankomst till avresa
booking-help-packages = Bokas som hela tider. Även first och last för en säsong.
booking-help-conditions = Ett eget villkor. then är ”refuse” eller ”approve”, say är vad den som bokar får läsa.
booking-help-cancel = Så många minuter före kan kunden ändra och avboka själv
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
booking-several-lead = Alla tider får samma bokningsnummer och samma kod. Inget är bokat förrän du trycker på Boka.
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
booking-hold-until = Tiden hålls åt dig till { $time }
booking-hold-left = kvar
booking-hold-terms = Villkor
booking-hold-change = Ändra det du skrev
booking-hold-let-go = Släpp tiden
booking-hold-over-title = Tiden hålls inte längre
booking-hold-over = Tiden hölls åt dig, men den stunden är över. Inget är bokat.
booking-hold-free = Den är fortfarande ledig.
booking-hold-again = Håll tiden igen
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
booking-change-split-hint = De valda tiderna kan bli en egen bokning med eget nummer och egen kod, för samma kund.
booking-change-split-all = Välj några av tiderna, inte alla
