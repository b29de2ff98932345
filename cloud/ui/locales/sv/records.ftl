# Vad som sparas om människor och ärenden, hur länge, och vad som lämnas ut.
records-mine-title = Mina uppgifter
records-mine-lead = Allt som sparas om dig här, typ för typ. Ladda ned det som en fil, eller be att få det raderat.
records-mine-file = Ladda ned som fil
records-mine-erase = Radera uppgifter
records-mine-more = De { $shown } senaste visas. Filen har allt.
records-mine-beside = Anteckningar som handläggare har gjort för sig själva finns inte här. Dem begär du hos kommunen, som prövar om något är sekretess.

records-erase-title = Radera mina uppgifter
records-erase-lead = Så här blir det med det som sparas om dig. Inget händer förrän du trycker på knappen.
records-erase-caption = Vad som raderas och vad som sparas
records-erase-what = Uppgifter
records-erase-how = Vad som händer
records-erase-goes = { $count ->
    [one] { $count } raderas nu
   *[other] { $count } raderas nu
}
records-erase-waits = Raderas när inget annat om dig behöver sparas
records-erase-under-way = { $count } pågår eller ligger framför dig. Avboka, säg upp eller lämna ifrån dig det först
records-erase-until = { $count } sparas till som längst { $day }, enligt kommunens beslut om gallring
records-erase-undecided = { $count } sparas, för kommunen har inte beslutat att det får förstöras. Det är allmänna handlingar
records-erase-log = Sparas som logg. Den säger vad som gjordes, och när resten är raderat inte av vem
records-erase-all = Allt om dig kan raderas, också din inloggning och dina roller. Du loggas ut, och det går inte att ångra.
records-erase-some = Det som raderas går inte att få tillbaka. Resten sparas av de skäl som står ovan; kom tillbaka när de inte gäller längre.
records-erase-do = Radera nu
records-erase-back = Nej, behåll allt
records-erased-title = Raderat
records-erased-all = Allt om dig är raderat, och du är utloggad. Loggar du in igen börjar du om från början.
records-erased-some = Det som fick raderas är raderat. Det här sparas än:

records-plan-title = Gallringsplan
records-plan-lead = Hur länge varje typ av uppgift sparas. Utan ett beslut sparas den för alltid.
records-plan-caption = Typer av uppgifter
records-plan-type = Uppgifter
records-plan-kept = Sparas
records-plan-months = { $months ->
    [0] Förstörs dagen efter att ärendet är slut
    [one] { $months } månad efter att ärendet är slut
   *[other] { $months } månader efter att ärendet är slut
}. { $body }, { $day }, { $reference }
records-plan-undecided = För alltid: inget är beslutat
records-plan-wish = Så länge personen själv vill
records-plan-rest = Så länge något annat sparas om samma person
records-plan-decided = Beslutet är sparat. Det som det gäller förstörs med början i natt.
records-plan-ended = Beslutet gäller inte längre. Uppgifterna sparas från och med nu.
records-destroyed-caption = Förstört enligt planen
records-destroyed-when = När
records-destroyed-count = Antal
records-destroyed-empty = Inget är förstört än
records-destroyed-empty-hint = Det som planen säger förstörs klockan tre på natten, och varje gång står här hur mycket.

records-decision-lead = Skriv in vad nämnden har beslutat. Ett nytt beslut träder i stället för det förra.
records-decision-months = Månader efter att ärendet är slut
records-decision-months-short = Månader
records-decision-months-hint = 0 är dagen efter
records-decision-by = Vem som har beslutat
records-decision-by-hint = Till exempel Kultur- och fritidsnämnden
records-decision-on = Beslutsdag
records-decision-reference = Diarienummer och paragraf
records-decision-reference-hint = Till exempel KFN 2026/117 § 84
records-decision-save = Spara beslutet
records-decision-end = Upphäv beslutet och spara för alltid
records-decision-before = Beslut hittills
records-decision-written = Skrivet av
records-decision-ended = Gällde till
records-error-months = Skriv ett antal månader från 0 till { $most }
records-error-by = Skriv vem som har beslutat, med högst { $most } tecken
records-error-on = Skriv en dag som har varit
records-error-reference = Skriv diarienummer eller paragraf, med högst { $most } tecken

records-search-title = Allmänna handlingar
records-search-lead = Sök bokningar, förfrågningar och ansökningar som någon begär ut. Den som begär behöver inte säga vem den är eller varför.
records-search-words = Nummer eller ord
records-search-words-hint = Bokningens nummer, eller ord ur namn och ändamål
records-search-from = Från och med
records-search-until = Till och med
records-search-find = Sök
records-found = { $count ->
    [one] { $count } handling
   *[other] { $count } handlingar
}
records-found-none = Inget hittades
records-found-none-hint = Pröva ett annat ord eller fler dagar. Den som har skyddade personuppgifter hittas bara på nummer.
records-found-more = Högst { $most } av varje typ visas. Sök på färre dagar för att se resten.
records-look = Granska de valda
records-protected = Skyddade personuppgifter
records-protected-hint = Handlingen rör någon med skyddade personuppgifter. Att du har öppnat den står i loggen.
records-look-title = Granska innan du lämnar ut
records-look-lead = Pröva varje uppgift för sig och kryssa för det som ska maskas. Koder och skyddade personuppgifter maskas alltid.
records-mask = Maska { $fact }
records-mask-always = Maskas alltid
records-masked = (maskat)
records-about = Vad som begärdes
records-about-hint = Så att det går att hitta igen. Skriv inte vem som begärde det.
records-ground = Varför något maskas
records-ground-hint = Lagrummet, till exempel 21 kap. 1 § offentlighets- och sekretesslagen
records-disclose = Lämna ut som fil
records-changed = Någon har ändrat i handlingarna sedan du såg dem. Granska dem en gång till.
records-error-about = Skriv vad som begärdes, med högst { $most } tecken
records-error-ground = Skriv varför något maskas, med högst { $most } tecken
records-disclosed-caption = Utlämnat
records-disclosed-when = När
records-disclosed-about = Vad som begärdes
records-disclosed-count = Hur mycket
records-disclosed-counted = { $records } handlingar, { $masked } uppgifter maskade
records-disclosed-by = Av
records-file-title = Allmänna handlingar från { $municipality }
records-file-made = Gjord { $time }. { $records } handlingar, { $masked } uppgifter maskade.
records-file-ground = Skäl för maskningen: { $ground }

records-type-booking-bookings = Bokningar
records-type-booking-enquiries = Intresseförfrågningar
records-type-customers-applications = Ansökningar till kundregistret
records-type-customers-invitations = Inbjudningar
records-type-customers-roles = Roller för andra
records-type-customers-person = Kontaktuppgifter och personnummer
records-type-notifications-messages = Meddelanden
records-type-notifications-settings = Adresser för meddelanden
records-type-watching-watches = Bevakningar
records-type-openapi-feeds = Kalenderadresser
records-type-openapi-tokens = Nycklar för program
records-type-kernel-person = Inloggning
records-type-kernel-audit = Logg över vad som gjorts

records-fact-address = Adress
records-fact-applicant = Sökande
records-fact-asker = Frågade
records-fact-booker = Bokade
records-fact-channel = Kanal
records-fact-code = Kod till dörren
records-fact-customer = Kund
records-fact-decided-at = Beslutat
records-fact-decided-by = Beslutat av
records-fact-delegation = Delegation
records-fact-ended-at = Avslutat
records-fact-ended-by = Avslutat av
records-fact-guest = Insläppt
records-fact-kind = Slag
records-fact-language = Språk
records-fact-last-used = Senast använt
records-fact-letter = Skrivet
records-fact-name = Namn
records-fact-note = Anteckning
records-fact-passage = Gick in
records-fact-persons = Antal personer
records-fact-place = Plats
records-fact-price = Pris
records-fact-purpose = Ändamål
records-fact-purpose-kind = Slag av aktivitet
records-fact-reason = Skäl
records-fact-state = Läge
records-fact-statement = Motivering
records-fact-telephone = Telefon
records-fact-time = Tid
records-fact-to-staff = Meddelande till personalen
records-fact-town = Ort
records-fact-until = Till
records-fact-wished = Önskar

records-state-requested = Begärd
records-state-confirmed = Bekräftad
records-state-refused = Avslagen
records-state-cancelled = Avbokad
records-state-held = Hålls
