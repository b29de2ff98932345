# The schedule, booking and the booking's pages.
booking-schedule-title = Free times
booking-confirm = { $count ->
    [one] Book this time
   *[other] Book these times
}
booking-view-day = Day
booking-view-week = Week
booking-book = Book
booking-new-title = Book a time
booking-mine-title = My bookings
booking-mine-empty = You have no bookings
booking-mine-empty-hint = Choose a facility and a free time, and the booking is shown here.
booking-number = Booking number
booking-time = Time
booking-place = Place
booking-customer = Booked for
booking-price = Price
booking-purpose = What are you going to do?
booking-confirmed-title = The time is yours
booking-cancel = Cancel booking
booking-cancel-title = Do you want to cancel?
booking-cancelled-title = The booking is cancelled
booking-taken = Someone else booked that time just before you
booking-state-confirmed = Confirmed
booking-state-held = Held for you
booking-state-cancelled = Cancelled
booking-day-title = Bookings of the day
booking-view = Show by day or week
booking-resources = Choose what to book
booking-nothing-here = Nothing can be booked here yet
booking-nothing-here-hint = When the facility has added its rooms, their times are shown here.
booking-whole = Whole
booking-whole-of = all of { $name }
booking-place-gone = The room is no longer in the register
booking-since-start = the start
booking-starts = Starts
booking-length = For how long?
booking-length-until = { $length }, until { $time }
booking-show-price = Show the price
booking-purpose-hint = For example floorball practice or badminton
booking-purpose-short = Activity
booking-why-price = Why this price?
booking-price-line = { $tariff }, { $group }: { $hour } an hour for { $length } makes { $amount }
booking-no-price = The price list gives no price for this time
booking-no-price-short = no price
booking-price-times = { $count } times:
booking-prices-each = { $count ->
    [one] The time with its price
   *[other] All { $count } times with their prices
}
booking-terms = { $count ->
    [one] The time is yours as soon as you book, and you get a code for the door. Nothing is paid here.
   *[other] The times are yours as soon as you book, and you get a code for the doors. Nothing is paid here.
}
booking-other-time = Choose another time
booking-acts-for-another = You have chosen to book for { $other } in another window. This booking is for { $name }. If that is right, send it once more. Otherwise change it under Booked for.
booking-other-customer = Change
booking-no-customer = First choose for whom you book
booking-choose-customer = Choose for whom you book
booking-taken-already = The time is already taken
booking-alternatives = This is free instead
booking-no-alternatives = Nothing else is free that day
booking-no-alternatives-hint = Choose another day in the schedule.
booking-error-minutes = Choose how long you want to be there
booking-error-purpose-blank = Say what you are going to do
booking-error-purpose-long = The text has { $chars } characters. It may have { $most } at most.
booking-error-customer = You may no longer book for that customer. Choose for whom you book.
booking-error-other = This time cannot be booked
booking-error-past = The time has already begun
booking-error-too-soon = It is too close. The earliest time you can book is { $time }.
booking-error-too-far = It cannot be booked that far ahead yet. The last day is { $day }.
booking-error-start-step = Times start every { $minutes } minutes from midnight
booking-error-length-step = Time is booked in steps of { $minutes } minutes
booking-error-too-short = The shortest time is { $length }
booking-error-too-long = The longest time is { $length }
booking-error-closed-day = It is closed that day
booking-error-closed = It is closed for some of the time. Opening hours that day are { $hours }.
booking-title = Booking { $number }
booking-no-doors = No door opens with a code here. Ask the facility how to get in.
booking-valid-each = At each booked time
booking-status = State
booking-times = All times
booking-calendar = Add to calendar
booking-calendar-code = The code for the door is on the booking's page.
booking-qr-show = Show QR code
booking-qr-title = QR code for the door
booking-qr-lead = Hold the code up to the scanner at the door.
booking-qr-label = QR code for { $doors }
booking-qr-until = Valid until { $time }
booking-qr-new = Show a new code
booking-qr-photo = Whoever takes a photo of the code can enter as long as it is valid. Show it to the scanner only.
booking-qr-keypad = No scanner at the door? Press your code on the keypad.
booking-qr-code = To the code
booking-qr-from = The QR code can be shown from { $time }
booking-qr-never = There is no QR code for this booking
booking-qr-never-hint = Either the time is over, or no door opens with a code here.
booking-qr-often = The QR code has been shown too many times in a minute
booking-qr-often-hint = Wait a minute and try again. Your code for the keypad works as usual.
booking-cancel-effect = The time becomes free for others and the code stops working at once.
booking-cancel-cost = Cancelling now costs nothing.
booking-keep = Keep the booking
booking-mine-coming = Coming
booking-mine-over = Earlier and cancelled
booking-find = Find a time
booking-day-choose = Choose a day
booking-day-from = from { $time }
booking-day-until = until { $time }
booking-day-whole = all day
booking-day-before = Day before
booking-day-after = Day after
booking-day-facilities = Choose a facility
booking-day-all = All
booking-times-count = { $count ->
    [one] { $count } time
   *[other] { $count } times
}

# What the booking is for, and who comes.
booking-purpose-kind = Kind of activity
booking-kind-training = Training
booking-kind-match = Match or competition
booking-kind-event = Event, camp or fair
booking-kind-school = School
booking-kind-meeting = Meeting, course or conference
booking-kind-private = Party or private
booking-kind-overnight = Overnight stay
booking-kind-other = Exercise or anything else
booking-participants = Who is coming? (optional)
booking-persons = Number of people
booking-age-group = Age
booking-gender = For whom
booking-not-said = Rather not say
booking-age-children = Children, up to 12
booking-age-youth = Young people, 13–20
booking-age-adults = Adults
booking-age-seniors = Seniors, 65 and over
booking-age-mixed = All ages
booking-gender-girls = Girls and women
booking-gender-boys = Boys and men
booking-gender-mixed = Everybody
booking-error-persons = The number must be a whole number from 1 to { $most }, or empty

# Rules that a time can break.
booking-error-package = Whole periods are booked here: { $names }
booking-error-stay = Nights are booked here, from { $arrive } to { $leave }, at most { $most } nights
booking-error-who = The time is only for { $who }
booking-error-purposes = Only { $purposes } can be booked here
booking-error-age = Whoever books must be { $age } years old
booking-error-working-days = { $days ->
    [one] The time must be booked at least one working day ahead
   *[other] The time must be booked at least { $days } working days ahead
}
booking-error-blocked = That time cannot be booked: { $why }
booking-error-quota = That is more than you may have: { $quota }
booking-error-too-many = At most { $most } people may be here
booking-who-person = private persons
booking-who-association = associations
booking-who-company = companies
booking-who-unit = the municipality’s own units
booking-who-group = the price group { $code }
booking-quota = at most { $much } { $per }
booking-rule-for = { $rule } for { $who }
booking-per-day = a day
booking-per-week = a week
booking-per-month = a month
booking-per-year = a year
booking-per-ahead = booked ahead

# Requests that an officer decides.
booking-request = Send request
booking-request-info = { $count ->
    [one] An officer decides about the time. It is kept for you until then, and you will be told.
   *[other] An officer decides about the times. They are kept for you until then, and you will be told.
}
booking-state-requested = Awaiting decision
booking-state-refused = Refused
booking-requested-title = The request has been sent
booking-requested-info = The time is kept for you until an officer has decided.
booking-requested-by = Answer by { $day } at the latest
booking-refused-title = The request was refused
booking-refused-info = The time is free for others again.
booking-approved-info = The officer writes:
booking-requests-title = Requests
booking-requests-lead = Requests with priority first, then the oldest. The times are kept until you have decided.
booking-requests-priority = Priority: { $name }
booking-requests-empty = Nothing awaits a decision
booking-requests-empty-hint = Requests are shown here when somebody wants a time that the rules let you decide about.
booking-requests-more = These are the { $count } oldest. More will come when they are decided.
booking-decide = Decide
booking-decide-title = Decision on booking { $number }
booking-decide-by = By { $day }
booking-decide-late = Late
booking-decide-why = Why you decide
booking-decide-reason = Message to whoever booked
booking-decide-reason-hint = Needed when you say no. Do suggest another time.
booking-approve = Approve
booking-refuse = Refuse
booking-error-reason = Write why you say no
booking-error-text-long = The text may have at most { $most } characters
booking-notes = Internal notes
booking-note = New note
booking-note-hint = Read by officers only
booking-note-add = Save the note

# The rules in words, and the page where they are changed.
booking-rules-title = Booking rules
booking-rules-from = From { $day }
booking-rule-lengths = At least { $shortest }, at most { $longest }
booking-rule-buffer = { $before } minutes before and { $after } minutes after are kept free to set up and clean
booking-rule-lead = A time is booked at least { $length } before it begins
booking-rule-horizon = { $days ->
    [one] One can book one day ahead
   *[other] One can book { $days } days ahead
}
booking-rule-direct = The time is yours as soon as you book
booking-rule-approval = An officer decides about each booking
booking-rule-approval-unless = An officer decides, except for { $who }
booking-rule-decided = Answer within { $days } working days, for new customers within { $new }
booking-rule-cancel = You cancel and change by yourself until { $length } before
booking-try-title = What would happen if …
booking-try = Try
booking-try-kind = Who books?
booking-try-person = A private person
booking-try-association = An association
booking-try-company = A company
booking-try-unit = One of the municipality’s units
booking-try-group = Price group
booking-try-age = Age of whoever books
booking-try-date = Day
booking-try-minutes = Minutes
booking-try-yes = The time can be booked at once, if it is free
booking-try-decided = The time can be requested. An officer decides.
booking-try-no = The time cannot be booked
booking-rules-list-title = Rules
booking-rules-list-lead = What is said nearer to the room takes the place of what is said farther out. Where nothing is said, what stands above holds.
booking-rules-empty = No rules of your own
booking-rules-empty-hint = The service’s defaults hold until you write rules for the municipality, a facility or a room.
booking-rules-edit-title = Change rule
booking-rules-tenant = The whole municipality
booking-rules-dates = { $first } to { $last }
booking-rules-dates-on = From { $first } until further notice
booking-rules-first = First day
booking-rules-last = Last day
booking-rules-save = Save
booking-rules-remove = Remove
booking-rules-error-first = Write the first day
booking-rules-error-last = The last day must be a date that is not before the first
booking-help-step = Times begin and end on even steps from midnight.
booking-help-shortest = Nothing shorter can be booked.
booking-help-longest = Nothing longer can be booked. A week at most.
booking-help-lead = A time is booked so long before its start at the latest.
booking-help-working-days = A time is booked so many whole working days before at the latest.
booking-help-horizon = So many days ahead one can book.
booking-help-age = Whoever books must be this old. An age that is not known does not hinder.
booking-help-who = Only they may book. Choose none for everybody.
booking-help-purposes = One can book only for these. Choose none for anything.
booking-help-approval = Whether a time is booked at once, or asked for and decided.
booking-help-decided = Whoever asks is answered within so many working days.
booking-help-quotas = So much a customer may have, counted in what the rule is about.
booking-help-early = They may book further ahead than others.
booking-help-blocked = Nobody books then, except those whom you list.
booking-help-nights = Booked by night, from arrival to departure. Then step and lengths say nothing.
booking-help-packages = Booked only as whole times: a weekend, a season.
booking-help-conditions = For what the fields have no word for.
booking-help-cancel = So long before the start the customer changes and cancels by themselves. 0 is until the time is over.
booking-rules-error-overlap = Another rule for the same holds on some of the days. Change that one, or choose other days.
booking-help-undo = A mass change can be undone so long. Nobody is told before that.
booking-parameter-undo = Undo of mass changes
booking-help-answer = So many days whoever is offered another time has to answer.
booking-parameter-answer = Time to answer offers
booking-help-facts = A condition can ask about { $names }.

# Change a booking.
booking-change = Change or move
booking-change-title = Change the booking
booking-change-which = Choose times
booking-change-one = Change this time
booking-change-one-title = Change a time
booking-change-cancel = Cancel the chosen ones
booking-change-days = Move the chosen ones this many days
booking-change-days-hint = 7 is a week later, -1 is a day earlier
booking-change-days-error = Write a number of days, such as 7 or -1
booking-change-move = Move the chosen ones
booking-change-none = Choose at least one time
booking-change-save = Save the new time
booking-change-safe = You keep your time until the new one is yours.
booking-change-nothing = Nothing was changed. You still have your times.
booking-change-taken = Somebody else has already taken one of the times
booking-change-refused = The rules do not allow it
booking-change-officer = An officer decides about such times. Contact the municipality, or book a new time and cancel the old one when the new one is approved.
booking-change-late = It is too late to change the time by yourself. Contact the municipality.
booking-change-gone = Somebody has changed the booking meanwhile
booking-error-resource = Choose a room
booking-error-date = Write a date
booking-error-clock = Write a time, such as 18:00

# Several times in one booking.
booking-several-link = Book several times or a series
booking-several-title = Book several times
booking-several-lead = All times get the same booking number and the same code. Nothing is booked until you have seen price and terms.
booking-several-empty = No times yet
booking-several-empty-hint = Add a time or a whole series below.
booking-several-troubled = { $count } of { $all } times cannot be had
booking-several-skip = Remove them
booking-several-remove = Remove
booking-several-taken = Taken. Take instead:
booking-several-swap = { $time }
booking-several-own = Clashes with { $time }
booking-several-many = A booking can have at most { $most } times
booking-several-none = Add at least one time
booking-several-add-title = Add times
booking-several-date = Day, or the first day of the series
booking-several-add = Add the time
booking-several-series = Repeat as a series
booking-several-weekdays = Days of the week
booking-several-every = How often
booking-every-1 = Every week
booking-every-2 = Every other week
booking-every-4 = Every fourth week
booking-weekday-1 = Monday
booking-weekday-2 = Tuesday
booking-weekday-3 = Wednesday
booking-weekday-4 = Thursday
booking-weekday-5 = Friday
booking-weekday-6 = Saturday
booking-weekday-7 = Sunday
booking-several-last = Last day
booking-several-last-error = Write the last day of the series, not before the first
booking-several-skip-holidays = Leave out public holidays
booking-several-add-series = Add the series
booking-several-book-title = Book
booking-several-book = Book the times
booking-several-continue-hint = The times are held for you while you see price and terms. Nothing is booked yet.
booking-several-desk-lead = All times get the same booking number and the same code. Nothing is booked until you press Book the times.
booking-several-desk = You book as an officer for { $name }. Rules about who, how early and how much do not stand in the way.
booking-several-desk-theirs = Whoever booked last time gets the letter and the code.
booking-several-desk-mine = Whoever booked last time may no longer book for { $name }. The letter goes to you. Those who act for { $name } see the booking and the code under My bookings.
booking-view-month = Month
booking-resources-all = Everything
booking-schedule-to-day = Go to day
booking-schedule-show = Show
booking-schedule-beside = Compare with other facilities
booking-schedule-changed = The schedule changed at { $time }. What is shown is up to date.
booking-closed-why = { $what } is closed: { $reason }
booking-unplayable-why = { $what } cannot be played on: { $reason }
booking-embed-open = Open the schedule at { $tenant }
booking-side-title = Facilities side by side
booking-side-choose = Choose facilities and day
booking-side-facilities = Facilities, at most { $most }
booking-side-none = No facilities are chosen
booking-side-none-hint = Choose up to { $most } above, and their times are shown beside each other.

# To hold a time while one looks at price and terms.
booking-continue = Continue
booking-continue-hint = The time is held for you while you see price and terms. Nothing is booked yet.
booking-hold-title = Price and terms
booking-hold-until = { $count ->
    [one] The time is held for you until { $time }
   *[other] The times are held for you until { $time }
}
booking-hold-left = left
booking-hold-terms = Terms
booking-hold-change = Change what you wrote
booking-hold-let-go = { $count ->
    [one] Let the time go
   *[other] Let the times go
}
booking-hold-over-title = { $count ->
    [one] The time is no longer held
   *[other] The times are no longer held
}
booking-hold-over = { $count ->
    [one] The time was held for you, but that moment is over. Nothing is booked.
   *[other] The times were held for you, but that moment is over. Nothing is booked.
}
booking-hold-free = { $count ->
    [one] It is still free.
   *[other] All of them are still free.
}
booking-hold-again = { $count ->
    [one] Hold the time again
   *[other] Hold the times again
}
booking-hold-again-left = { $left ->
    [one] Hold the one that is free
   *[other] Hold the { $left } that are free
}
booking-hold-left-of = { $left ->
    [0] None of them can be had any more.
    [one] One of { $count } is still free.
   *[other] { $left } of { $count } are still free.
}
booking-hold-gone = { $count ->
    [one] One time is no longer among them
   *[other] { $count } times are no longer among them
}
booking-hold-short = There is not enough left of what you chose with it. Change what you wrote.
booking-mine-held = Held for you right now
booking-error-holds = You already hold { $most } times. Book one of them or let it go under My bookings.
booking-help-hold = For so many minutes a time is held while one looks at price and terms, at most 60

# Equipment and services.
booking-accessories = Equipment and services
booking-accessories-choose = Add equipment or services
booking-accessories-change = Change equipment
booking-accessories-title = Change equipment and services
booking-accessories-save = Save the choice
booking-keep-as-is = Leave it as it is
booking-accessory-left = { $left } of { $stock } are free then
booking-accessory-stock = There are { $stock }
booking-accessory-count = { $count } { $name }
booking-accessory-gone = something that is no longer in the register
booking-error-accessory = Write a number from 0 to { $most }
booking-error-short = { $left ->
    [0] None is free then
   *[other] Only { $left } are free then
}
booking-error-no-accessory = One of the extras does not go with what you book
booking-change-short = There is not enough of the equipment at the new time

# What is peculiar to lodging, vehicles and berths.
booking-arrive = Arrival (from { $time })
booking-leave = Departure (until { $time })
booking-persons-count = { $count ->
    [one] { $count } person
   *[other] { $count } people
}
booking-driver = Driver
booking-driver-named = Driver: { $name }
booking-licensed = The driver has the driving licence that the vehicle takes
booking-licensed-class = The driver has a driving licence of class { $class }
booking-boat = Name of the boat
booking-boat-hint = Or make and model
booking-boat-length = Length of the boat in metres
booking-boat-beam = Beam of the boat in metres
booking-boat-measured = { $name }, { $length } m long and { $beam } m across
booking-measure = For example 7,5
booking-measure-most = At most { $most }
booking-error-persons-missing = Write how many will sleep there
booking-error-driver = Write who drives
booking-error-licence = Tick that the driver has the licence. Otherwise the vehicle cannot be booked.
booking-error-boat = Write the name of the boat or its make
booking-error-name-long = The name may have at most { $most } characters
booking-error-metres = Write the measure in metres, for example 7,5
booking-error-boat-long = The boat is too long. The berth takes boats of at most { $most } m.
booking-error-boat-broad = The boat is too broad. The berth takes boats of at most { $most } m across.

# Several facilities, splitting, the same again, once a month.
booking-error-apart = These times cannot be in one booking. They belong to different boards or companies.
booking-several-here = Times are added at { $name }. Change facility
booking-several-elsewhere = Another facility in the same booking
booking-several-go = Change
booking-every-month-weekday = Every month, the same day of the week as the first (such as the first Monday)
booking-every-month-date = Every month, the same date as the first
booking-again = Book the same times again
booking-again-left-out = { $count ->
    [one] One time is in week 53, which that year does not have. It is left out.
   *[other] { $count } times are in week 53, which that year does not have. They are left out.
}
booking-change-split = Make it a booking of its own
booking-change-split-hint = The chosen times can become a booking of their own with a number and a code of its own, for the same customer. Guests with codes of their own are let in anew there.
booking-change-split-all = Choose some of the times, not all
# The terms of cancellation.
booking-term-free = Cancelling costs nothing
booking-term-fee = { $days ->
    [one] Cancelling on the same day costs { $due }
   *[other] Cancelling less than { $days } days before costs { $due }
}
booking-term-price = as much as the time
booking-term-share = { $percent } % of what the time costs
booking-term-pays-as = Price group { $from } then counts as price group { $to }

# When nobody books.
booking-blocked-when = { $when } cannot be booked: { $why }
booking-blocked-from = from { $day }
booking-blocked-until = until { $day }
booking-blocked-always = For now this
booking-blocked-except = Does not hold for { $who }.
booking-rule-priority = Among requests these go first, in this order: { $groups }

# What the rules are called, and what they say.
booking-parameter-step = Step
booking-parameter-shortest = Shortest time
booking-parameter-longest = Longest time
booking-parameter-nights = Nights
booking-parameter-packages = Whole times
booking-parameter-lead = At the latest before the start
booking-parameter-working-days = Working days before
booking-parameter-horizon = How far ahead
booking-parameter-early = Who may book earlier
booking-parameter-who = Who may book
booking-parameter-purposes = What one may book for
booking-parameter-age = Least age
booking-parameter-approval = Decision
booking-parameter-decided = Promise of an answer
booking-parameter-priority = Priority
booking-parameter-quotas = How much a customer may have
booking-parameter-blocked = Blocked times
booking-parameter-conditions = Conditions of your own
booking-parameter-cancel = Change and cancel by oneself
booking-parameter-hold = How long a time is held
booking-parameter-cancel-fees = Fee for cancelling
booking-value-none = none
booking-value-until-start = until the start
booking-value-until-end = until the time is over
booking-value-before = until { $length } before
booking-value-working-days = { $days ->
    [one] one working day before
   *[other] { $days } working days before
}
booking-value-days = { $days ->
    [one] one day
   *[other] { $days } days
}
booking-value-everybody = everybody
booking-value-anything = anything
booking-value-years = { $age } years
booking-value-decided = within { $days } working days, new customers { $new }
booking-value-no-promise = no promise
booking-value-refuse = refused if { $when } (“{ $say }”)
booking-value-approve = decided if { $when } (“{ $say }”)

# The rules as fields.
booking-rules-change = Change from a day
booking-rules-correct = Correct
booking-rules-holds = Holds now
booking-rules-coming = Changes: { $dates }
booking-rules-of-parts = Rules of their own: { $names }
booking-rules-facilities = Facilities
booking-rules-parts = What is booked here
booking-rules-common = Holds unless the facility says something else
booking-rules-own = Has rules of its own: { $names }
booking-rules-none-here = There are no rules of its own here
booking-rules-none-here-hint = Everything is inherited. Say something else from a day that you choose.
booking-rules-not-yours = You can read these rules but not change them. Administrators of the authority do.
booking-rules-silent = Nothing of its own is said here.
booking-rules-in-words = How visitors read the rules
booking-rules-first-hint = Bookings that are made do not change.
booking-rules-last-hint = Empty is until further notice.
booking-rules-look = Show what changes
booking-rules-changes = This changes
booking-rules-no-change = Nothing changes
booking-rules-from-now = From now on
booking-rules-instead = { $name }: { $after } instead of { $before }
booking-rules-booked-stay = What is booked already stays.
booking-rules-untouched = Here the same is said nearer, so that nothing changes there:
booking-rules-inherit = Inherit from { $from }: { $value }
booking-rules-own-value = Say something of its own
booking-rules-default = the service’s default
booking-rules-said = ({ $count } of its own)
booking-rules-entry = No. { $number }
booking-rules-entry-hint = An empty entry does not count.
booking-rules-entry-more = One more
booking-rules-whom = For whom?
booking-rules-groups = Price groups
booking-rules-groups-hint = Codes with commas between
booking-rules-for-what = For what?
booking-rules-ages = Which ages?
booking-rules-unless = An officer decides, except for those chosen below
booking-rules-section-times = How long times are
booking-rules-section-ahead = When one books
booking-rules-section-who = Who, what and how much
booking-rules-section-decision = Decision and priority
booking-rules-section-blocked = Blocked times
booking-rules-section-cancel = Change and cancel
booking-rules-section-conditions = Conditions of your own
booking-rules-saved = The rules are saved
booking-rules-removed = The rules are removed
booking-rules-restored = The rules are restored
booking-rules-undo = Undo
booking-rules-history = Who changed what?
booking-rules-history-empty = Nothing has been changed
booking-rules-history-empty-hint = Each change is shown here with who and when.
booking-rules-by-file = read in from a file
booking-rules-restore = Back to how it was before
booking-rules-restore-now = Restore
booking-rules-keep = Leave it as it is
booking-rules-error-number = Write a whole number from { $least } to { $most }
booking-rules-error-text = Write a text
booking-rules-error-lengths = The longest time cannot be shorter than the shortest
booking-rules-error-season = The last day comes after the first, within a year
booking-rules-error-ends = The end comes after the beginning
booking-rules-error-midnight = The end comes after the beginning. Over midnight it takes two.
booking-rules-error-who = Choose at least one group
booking-rules-error-quota = Write minutes, a number of times, or both
booking-rules-error-pays-as = Write price groups in pairs, such as 0=1
booking-unit-minutes = Minutes (60 is an hour, 1440 a day)
booking-unit-days = Days
booking-unit-working-days = Working days
booking-unit-working-days-new = Working days for new customers (empty: the same)
booking-unit-years = Years
booking-nights-arrive = Arrival from, such as 16:00
booking-nights-leave = Departure until, such as 10:00
booking-nights-most = Nights at most
booking-package-name = Name, such as Weekend
booking-package-weekday = Begins every
booking-package-once = once, between two dates
booking-package-starts = From (every week)
booking-package-days = Ends so many days later (every week)
booking-package-ends = Until (every week)
booking-package-first = First day (once)
booking-package-last = Last day (once)
booking-quota-minutes = Minutes at most
booking-quota-times = Times at most
booking-quota-per = Counted
booking-priority-name = What the group is called, such as Children and youth
booking-blocked-reason = Why, in words for everybody to read
booking-blocked-first = From this day
booking-blocked-last = Until this day
booking-blocked-weekdays = Only on these days of the week
booking-blocked-starts = From, such as 17:00
booking-blocked-ends = Until, such as 24:00
booking-blocked-but = These may book all the same:
booking-condition-when = Condition
booking-condition-when-hint = For example minutes > 120 && customer == 'person'
booking-condition-then = Then
booking-condition-approve = an officer decides
booking-condition-refuse = it cannot be booked
booking-condition-say = What whoever books reads
booking-condition-here = At character { $at }: “{ $read } ⟩ { $rest }”
booking-condition-complicated = The condition is too complicated. Divide it into several.
booking-condition-unreadable = The condition cannot be read
booking-condition-name = There is nothing called “{ $name }”. There are: { $names }
booking-condition-function = “{ $name }” cannot be used here
booking-condition-plain = Loops, maps and fields cannot be used here
booking-condition-no-answer = The condition must be either true or false
booking-fee-days = Cancelled less than so many days before
booking-fee-amount = Amount
booking-fee-unit = The amount is
booking-fee-percent = per cent of what the time costs
booking-fee-kr = kronor for all of the booking
booking-fee-pays-as = Price groups that count as another
booking-fee-pays-as-hint = For example 0=1, so that who pays nothing for the time pays for leaving it
booking-rules-file = The rules as a file
booking-rules-file-text = All rules, as TOML
booking-rules-file-hint = What stands here holds. Rules that do not stand here stay as they are.
booking-rules-file-try = Try the file
booking-rules-file-save = Read the file in
booking-rules-file-download = Download the file
booking-rules-file-tried = The file can be read in: { $created } new and { $updated } changed. Nothing is saved yet.
booking-rules-file-saved = The file is read in: { $created } new and { $updated } changed
booking-rules-file-wrong = The file cannot be read in: { $why }
booking-rules-file-long = The file may be at most { $most } KiB
booking-help-priority = Who goes first in the queue of requests, in the order of the list.
booking-help-cancel-fees = What it costs to cancel late. Steps for a purpose take the place of the general ones. Nothing is charged here; the amount stands with the booking.

# What cancelling costs.
booking-cancel-due = By the terms it costs { $due } to cancel now. Nothing is paid here.
booking-cancel-due-unknown = By the terms it costs something to cancel now, but the price is not known here. Ask the municipality.
booking-cancel-free-until = It costs nothing until { $day }.
booking-cancel-late = It is too late to cancel by yourself
booking-cancel-late-more = Contact the municipality if you are not coming. The time stays meanwhile.
booking-cancel-fee = Fee by the terms of cancellation
booking-cancel-fee-unknown = The price is not known
booking-rules-of-authority = What holds for all facilities of { $name }
# Many times at once.
booking-many-title = Change many
booking-many-lead = Move, cancel or close for many times at once. You see what becomes of each before anything happens.
booking-many-find-title = Which times?
booking-many-number-hint = The whole booking, with all times that are left. Nothing else here counts then.
booking-many-facility = Facility
booking-many-narrow = Choose days, times of day, rooms or words
booking-many-first = From day
booking-many-last = Until day
booking-many-from = Starts at the earliest
booking-many-to = Starts before
booking-many-weekdays = Days of the week
booking-many-resources = Rooms
booking-many-resources-hint = A whole hall includes its parts.
booking-many-words = Words
booking-many-words-hint = In the customer's name or in what they wrote.
booking-many-find = Find times
booking-many-none = No times to come match
booking-many-elsewhere = The booking has times in more places. Choose one place at a time:
booking-many-none-hint = Check the booking number, or look by facility and days.
booking-many-hits = { $count ->
    [one] { $count } time at { $place }
   *[other] { $count } times at { $place }
}
booking-many-hits-hint = Take away the tick from what shall stay.
booking-many-more = More times match. These are the first { $count }; take the rest in the next round.
booking-many-deed = What shall happen?
booking-many-action = To the chosen times
booking-many-move = Move them
booking-many-cancel = Cancel them
booking-many-close = Close the room and cancel them
booking-many-if-move = If you move
booking-many-if-close = If you close
booking-many-weeks = Weeks
booking-many-weeks-hint = Write a minus for earlier: -1.
booking-many-days = Days
booking-many-hours = Hours
booking-many-to-resource = To room
booking-many-same = The same room
booking-many-displacing = Others may give way
booking-many-displacing-hint = Those who have the new time lose it and get a letter. Otherwise the times that clash stay.
booking-many-close-what = What shall be closed?
booking-many-all-of-it = The whole facility
booking-many-close-first = Closed from
booking-many-close-last = Closed until
booking-many-offering = Offer other times
booking-many-offering-hint = Those who lose a time are offered an equal room, and it is kept for them until they have answered.
booking-many-reason = Reason
booking-many-reason-hint = This is read by those whom it is about. For example: The fair needs the halls.
booking-many-preview = Show what happens
booking-many-latest = Latest changes
booking-many-error-number = Write a whole number, at most { $most } in either direction
booking-many-error-nowhere = Write how far the times shall be moved, or choose another room
booking-many-error-last = Write a last date that is not before the first
booking-many-error-action = Choose what shall happen
booking-many-error-reason = Write why. Those whom it is about will read it.
booking-many-error-displaced = { $count } times would be displaced. That is more than one change may; move fewer at a time.
booking-many-error-closing = It cannot be closed between those dates
booking-many-preview-title = This is what happens
booking-many-sum-move = { $moved ->
    [one] { $moved } time is moved
   *[other] { $moved } times are moved
}, { $displaced } displaced, { $offered } offered another
booking-many-sum-cancel = { $given ->
    [one] { $given } time is cancelled
   *[other] { $given } times are cancelled
}, { $offered } offered another
booking-many-staying = { $count ->
    [one] { $count } time stays where it is. The list says why.
   *[other] { $count } times stay where they are. The list says why.
}
booking-many-undo-after = Nothing has happened yet. Afterwards you can undo for { $minutes } minutes. Nobody gets a letter before that.
booking-many-do-move = { $count ->
    [one] Move { $count } time
   *[other] Move { $count } times
}
booking-many-do-cancel = { $count ->
    [one] Cancel { $count } time
   *[other] Cancel { $count } times
}
booking-many-do-close = { $count ->
    [0] Close
    [one] Close and cancel { $count } time
   *[other] Close and cancel { $count } times
}
booking-many-nothing = None of the times can be changed like that
booking-many-back = Change what is chosen
booking-many-chosen = Chosen times
booking-many-displaced = Those who give way
booking-many-booking = Booking
booking-many-becomes = What happens
booking-many-became = What happened
booking-many-instead = Instead
booking-many-stays = Stays
booking-many-moves = Moves to
booking-many-goes = Cancelled
booking-many-clash = Taken by
booking-many-own = Another of the chosen times goes there or stays there.
booking-many-outside = Is not in what is closed.
booking-many-offered = Offered { $time }
booking-many-no-offer = Nothing equal is free within a week.
booking-many-moved-to = Moved to { $time }
booking-many-stale = Something has changed since you saw this. Nothing has been done.
booking-many-stale-next = This is how it would be now. Read it and try again.
booking-many-did-move = { $count ->
    [one] { $count } time changed at { $place }
   *[other] { $count } times changed at { $place }
}
booking-many-did-cancel = { $count ->
    [one] { $count } time cancelled at { $place }
   *[other] { $count } times cancelled at { $place }
}
booking-many-did-close = { $count ->
    [0] Closed at { $place }
    [one] Closed, and { $count } time cancelled, at { $place }
   *[other] Closed, and { $count } times cancelled, at { $place }
}
booking-many-state-open = Can be undone
booking-many-state-told = Done
booking-many-state-undone = Undone
booking-many-done = It is done
booking-many-done-next = The letters go at { $time }. Until then what became free is nobody else's.
booking-many-undo = Undo until { $time }
booking-many-tell = Send the letters now
booking-many-told = Those whom it is about have been told
booking-many-told-next = It can no longer be undone. Answers to what was offered come in here.
booking-many-undone = Undone { $time }
booking-many-undone-next = All times are where they were, with the same codes. Nobody has had a letter.
booking-many-undo-late = It is too late to undo
booking-many-undo-late-next = The letters have gone. You can move the times back with a new change.
booking-many-undo-blocked = It can no longer be undone, and nothing was changed
booking-many-undo-blocked-next = This has happened since:
booking-many-block-taken = { $customer } has taken the time that was offered (booking { $number }).
booking-many-block-changed = { $customer } has changed or cancelled booking { $number }.
booking-many-block-lent = Somebody else now has equipment that { $customer } had (booking { $number }).
booking-many-block-occupied = Somebody else now has the time that { $customer } had (booking { $number }).
booking-many-by = Made by
booking-many-made = Made
booking-many-reason-short = Reason
booking-many-answered = Answers
booking-many-answers = { $taken } of { $offers } offers are taken, { $declined } declined
booking-offer-title = The municipality has changed your times
booking-offer-moved = { $old } has been moved to { $new }.
booking-offer-displaced = The municipality needed { $old } for something else. The time is no longer yours.
booking-offer-cancelled = { $old } has been cancelled by the municipality.
booking-offer-reason = Reason: { $reason }
booking-offer-new = Instead: { $new }
booking-offer-until = The time is kept for you until { $time }. You keep your booking number and your code.
booking-offer-take = Take the time
booking-offer-decline = No, thank you
booking-offer-open = Waits for an answer
booking-offer-taken = Taken
booking-offer-declined = Declined
booking-offer-ran-out = The time to answer ran out
booking-offer-took = The time is yours
booking-offer-refused = You have declined. The time is free for others.
booking-offer-gone = The offer no longer holds
booking-offer-gone-next = The time to answer has run out, or it has been answered. Look for another time, or call the municipality.
booking-offer-waits = The municipality offers you another time
booking-watch = Follow this time until it is free
booking-hand-back-title = Cannot come?
booking-hand-back-lead = Hand the time back, and somebody else can have it. You see what it costs before you decide.
booking-hand-back = We are not coming
booking-thread-title = Messages
booking-thread-texts = Written
booking-thread-write = Write a message
booking-thread-hint-own = An officer reads it and answers here.
booking-thread-hint-officer = Whoever booked for { $customer } gets it in the way that they have chosen, and answers here.
booking-thread-send = Send
booking-thread-sent = The message has been sent.
booking-thread-full = There are { $most } messages here already. Call instead.
booking-thread-told = What who booked was sent
booking-thread-waiting = Messages that wait for an answer

booking-delegation-title = Delegations
booking-delegation-lead = By what right officers decide in the board's name. Whoever decides about a request says which it is.
booking-delegation-empty = No delegation is written
booking-delegation-empty-hint = Until then decisions say who decided, when and why, but not by what right.
booking-delegation-new = New delegation
booking-delegation-authority = Board
booking-delegation-matter = What it is about
booking-delegation-matter-hint = For example decisions to let premises
booking-delegation-reference = Point of the delegation order
booking-delegation-reference-hint = For example 4.3, KFN 2025/12
booking-delegation-first = Holds from
booking-delegation-save = Save
booking-delegation-since = Holds from { $first }
booking-delegation-ended = Held { $first } to { $last }
booking-delegation-end = End
booking-delegation-resume = Let it hold again
booking-delegation-error-matter = Write what it is about, in { $most } characters at most
booking-delegation-error-reference = Write where it stands, in { $most } characters at most
booking-delegation-error-first = Write from which day it holds
booking-decide-delegation = By delegation
booking-decide-by-delegation = The decision is made by: { $matter } ({ $reference }).
booking-decide-no-delegation = No delegation is written for the board. An administrator does that under Delegations.
booking-error-delegation = Choose by which delegation you decide
booking-decided-by = Decided by { $officer } { $time }
booking-decided-by-delegation = by { $matter } ({ $reference })
booking-decisions-title = Decisions by delegation
booking-decisions-lead = What was decided about requested times, to be reported to the board: { $authorities }.
booking-decisions-from = From
booking-decisions-until = To
booking-decisions-show = Show
booking-decisions-caption = Decisions { $from } to { $until }
booking-decisions-number = Number
booking-decisions-what = Decision
booking-decisions-by = By and when
booking-decisions-delegation = By delegation
booking-decisions-reason = Reason
booking-decisions-granted = Granted
booking-decisions-refused = Refused
booking-decisions-none = No delegation written
booking-decisions-empty = Nothing was decided on those days
booking-decisions-empty-hint = Choose other days, or go to requested times and decide.
booking-decisions-more = Only the first { $most } are shown. Choose fewer days to see all.
booking-day-now = Going on now
booking-day-next = Next
booking-day-closed = Closed right now
booking-day-prepare = Set up from { $time }
booking-day-clean = Cleaning until { $time }
booking-day-message = To know: { $text }
booking-screen-lead = Today's bookings
booking-screen-empty = Nothing more is booked today
booking-screen-booked = Booked
booking-screen-now = Now
booking-screen-more = and { $count } more
booking-screen-updated = Updated { $time }
booking-screen-stale = No connection. This is how it was at { $time }.
booking-screen-closed = Closed: { $reason }
