# Who is let in by a code of their own.
guests-title = Let others in
guests-lead = Each person gets a code of their own for the door. You can take one back without changing the others.
guests-empty = Nobody else has a code of their own
guests-empty-hint = Add whoever should be able to come in without you. Your own code stays valid.
guests-add-title = Let one person in
guests-name = Name
guests-name-hint = So that you and the staff see who came.
guests-email = E-mail
guests-email-hint = The code is sent there, and a new letter if the time changes. Otherwise you hand over the code yourself.
guests-which = When should the person be able to come in?
guests-which-all = At all times, also those that are added or moved
guests-which-chosen = Only at the times that I tick
guests-which-times = Times
guests-add = Let in
guests-error-name = Write a name of at most { $most } characters
guests-error-email = Write an e-mail address such as name@example.com, or leave the field empty
guests-error-times = Tick at least one time, or choose all times
guests-error-full = At most { $most } people can have codes of their own at one booking. Take one back first.
guests-error-ever = { $most } people have had codes at this booking already. There can be no more.
guests-error-full-times = That is more codes and times than one booking can have, { $most } together. Choose fewer times.
guests-closed = Nobody can be let in right now: the booking is not confirmed, it is over, or no door here opens by a code.
guests-valid = Valid { $span }
guests-no-times = None of the times is left
guests-times = { $count ->
    [one] Valid at one time
   *[other] Valid at { $count } times
}
guests-mail-to = Sent to { $email }
guests-take-back = Take the code back
guests-back = To the booking
guests-done-let-in = The person has a code of their own. It is valid as soon as the door knows it.
guests-done-taken-back = The code is taken back and ends as soon as the door knows. If you let the person in again, there will be a new code.
guests-done-each = Each time now has a code of its own.
guests-done-one = All times now have the same code.
guests-codes-title = One code or several
guests-one-now = All times have the same code.
guests-one-each = Give each time a code of its own
guests-each-now = Each time has a code of its own.
guests-each-one = Use the same code for all times
guests-codes-each = Codes, one for each time
guests-card-empty = Let in a leader or a player by a code of their own, which you can take back.
guests-card-open = Codes of their own for others
guests-came-title = Who came
guests-came-own = the booking's code
guests-came-guest = a guest
guests-came-more = { $count ->
    [one] One earlier passage is not shown.
   *[other] { $count } earlier passages are not shown.
}
