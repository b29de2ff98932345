# Tariffs and prices.
pricing-price = Price
pricing-free = No charge
pricing-per-hour = { $amount } per hour
pricing-why = Why this price?
pricing-title = Prices
pricing-lead = What an hour costs, and for whom.
pricing-empty = There is no price list here yet
pricing-empty-hint = Once the municipality has entered its tariffs, they are shown here.
pricing-valid = Valid
pricing-valid-from = from { $from }
pricing-valid-to = { $from } – { $to }
pricing-decided-by = Decided by
pricing-default = Whoever belongs to no other group
pricing-hall = Hall
pricing-caption = Price per hour
pricing-silent = No price in the list
