# Inloggning, startsida och de sidor som hör till hela tjänsten.
app-title = Boka lokal
app-lead = Hitta en ledig tid, boka och gå in med din kod.
