# Tider som man säger dem. Numren är månadens (1–12) och veckodagens (1 = måndag).
time-now = nu
time-today = i dag
time-tomorrow = i morgon
time-yesterday = i går
time-in-minutes = { $count ->
    [one] om { $count } minut
   *[other] om { $count } minuter
}
time-minutes-ago = { $count ->
    [one] för { $count } minut sedan
   *[other] för { $count } minuter sedan
}
time-in-hours = { $count ->
    [one] om { $count } timme
   *[other] om { $count } timmar
}
time-hours-ago = { $count ->
    [one] för { $count } timme sedan
   *[other] för { $count } timmar sedan
}
time-in-days = { $count ->
    [one] om { $count } dag
   *[other] om { $count } dagar
}
time-days-ago = { $count ->
    [one] för { $count } dag sedan
   *[other] för { $count } dagar sedan
}
time-week = vecka { $number }
time-minutes-long = { $minutes } min
time-hours-long = { $hours } tim
time-hours-minutes-long = { $hours } tim { $minutes } min
time-weekday = { $number ->
    [1] måndag
    [2] tisdag
    [3] onsdag
    [4] torsdag
    [5] fredag
    [6] lördag
   *[7] söndag
}
time-weekday-short = { $number ->
    [1] mån
    [2] tis
    [3] ons
    [4] tors
    [5] fre
    [6] lör
   *[7] sön
}
time-month-short = { $number ->
    [1] jan
    [2] feb
    [3] mars
    [4] april
    [5] maj
    [6] juni
    [7] juli
    [8] aug
    [9] sep
    [10] okt
    [11] nov
   *[12] dec
}
time-month = { $number ->
    [1] januari
    [2] februari
    [3] mars
    [4] april
    [5] maj
    [6] juni
    [7] juli
    [8] augusti
    [9] september
    [10] oktober
    [11] november
   *[12] december
}
time-month-year = { $month } { $year }
