# Språket självt, och hur dess tal, klockslag, datum och pengar skrivs.
language-name = Svenska
# Språk och land enligt BCP 47: vilka reglerna är för ental och flertal.
language-locale = sv-SE
# ltr, eller rtl för skrift från höger.
language-direction = ltr
# Det som inte är översatt sägs på svenska (sv) eller engelska (en).
language-fallback = sv
language-clock-separator = .
language-decimal-separator = ,
# Mellan tusental: ett mellanslag som inte bryts.
language-thousands-separator = { "\u00A0" }
language-money = { $amount }{ "\u00A0" }kr
language-date = { $weekday } { $day } { $month }
language-date-with-year = { $weekday } { $day } { $month } { $year }
