# Taxor och priser.
pricing-price = Pris
pricing-free = Ingen avgift
pricing-per-hour = { $amount } i timmen
pricing-why = Varför det här priset?
pricing-title = Priser
pricing-lead = Vad en timme kostar, och för vem.
pricing-empty = Här finns ingen prislista än
pricing-empty-hint = När kommunen har lagt in sina taxor visas de här.
pricing-valid = Gäller
pricing-valid-from = från { $from }
pricing-valid-to = { $from } – { $to }
pricing-decided-by = Beslutad av
pricing-default = Den som inte hör till någon annan grupp
pricing-hall = Hall
pricing-caption = Pris per timme
pricing-silent = Inget pris i listan
