# The language itself, and how its numbers, times of day, dates and money are written.
language-name = English
# Language and country (BCP 47): the rules of singular and plural.
language-locale = en-GB
# ltr, or rtl for what is written from the right.
language-direction = ltr
# What is not translated is said in Swedish (sv) or English (en).
language-fallback = sv
language-clock-separator = :
language-decimal-separator = .
# Between thousands.
language-thousands-separator = ,
language-money = SEK{ "\u00A0" }{ $amount }
language-date = { $weekday } { $day } { $month }
language-date-with-year = { $weekday } { $day } { $month } { $year }
