# Inloggning, startsida och de sidor som hör till hela tjänsten.
app-title = Boka lokal
app-lead = Hitta en ledig tid, boka och gå in med din kod.
app-sign-in-title = Logga in
app-sign-in-lead = Du loggar in för att boka och för att se dina koder.
app-sign-in-failed = Inloggningen gick inte igenom. Inget har ändrats. Försök igen.
app-not-found-title = Sidan finns inte
app-not-found-lead = Länken kan vara gammal. Börja om från startsidan.
app-forbidden-title = Du får inte se den här sidan
app-forbidden-lead = Den är till för { $who }. Logga in som någon annan eller gå till startsidan.
app-error-title = Något gick fel hos oss
app-error-lead = Det du redan har bokat gäller, och dörrarna fungerar som vanligt. Försök igen om en stund.
app-error-reference = Uppge { $reference } om du hör av dig.
app-too-many-title = Det går för fort
app-too-many-lead = Vänta en minut och försök igen.
app-form-expired = Sidan hade stått öppen för länge. Det du skrev är kvar, skicka en gång till.
app-database-down = Det går inte att boka just nu. Koder som redan är utskickade fungerar i dörrarna.
