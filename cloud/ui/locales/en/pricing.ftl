# Tariffs and prices.
pricing-price = Price
pricing-free = No charge
pricing-per-hour = { $amount } per hour
pricing-why = Why this price?
