# Taxor och priser.
pricing-price = Pris
pricing-free = Ingen avgift
pricing-per-hour = { $amount } i timmen
pricing-why = Varför det här priset?
