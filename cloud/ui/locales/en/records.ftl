# What is kept of people and cases, how long, and what is disclosed.
records-mine-title = My data
records-mine-lead = Everything that is kept about you here, type by type. Download it as a file, or ask to have it erased.
records-mine-file = Download as a file
records-mine-erase = Erase data
records-mine-more = The { $shown } latest are shown. The file has all of them.
records-mine-beside = Notes that officers made for themselves are not here. Ask the municipality for those; it looks at whether something is secret.

records-erase-title = Erase my data
records-erase-lead = This is what becomes of what is kept about you. Nothing happens until you press the button.
records-erase-caption = What is erased and what is kept
records-erase-what = Data
records-erase-how = What happens
records-erase-goes = { $count ->
    [one] { $count } is erased now
   *[other] { $count } are erased now
}
records-erase-waits = Erased when nothing else about you must be kept
records-erase-under-way = { $count } under way or ahead of you. Cancel, end or hand it over first
records-erase-until = { $count } kept until { $day } at most, as the municipality has decided
records-erase-undecided = { $count } kept, because the municipality has not decided that it may be destroyed. These are public records
records-erase-log = Kept as the log. It says what was done and, once the rest is erased, not by whom
records-erase-all = Everything about you can be erased, your sign-in and your roles too. You are signed out, and this cannot be undone.
records-erase-some = What is erased cannot be had back. The rest is kept for the reasons above; come back when they no longer hold.
records-erase-do = Erase now
records-erase-back = No, keep everything
records-erased-title = Erased
records-erased-all = Everything about you is erased, and you are signed out. If you sign in again you begin anew.
records-erased-some = What might be erased is erased. This is still kept:

records-plan-title = Retention plan
records-plan-lead = How long each type of data is kept. Without a decision it is kept for ever.
records-plan-caption = Types of data
records-plan-type = Data
records-plan-kept = Kept
records-plan-months = { $months ->
    [0] Destroyed the day after the case is over
    [one] { $months } month after the case is over
   *[other] { $months } months after the case is over
}. { $body }, { $day }, { $reference }
records-plan-undecided = For ever: nothing is decided
records-plan-wish = As long as the person wishes
records-plan-rest = As long as something else is kept about the same person
records-plan-decided = The decision is saved. What it is about is destroyed, beginning tonight.
records-plan-ended = The decision no longer holds. The data is kept from now on.
records-destroyed-caption = Destroyed by the plan
records-destroyed-when = When
records-destroyed-count = How many
records-destroyed-empty = Nothing is destroyed yet
records-destroyed-empty-hint = What the plan says is destroyed at three in the night, and each time it says here how much.

records-decision-lead = Write what the board has decided. A new decision takes the place of the one before.
records-decision-months = Months after the case is over
records-decision-months-short = Months
records-decision-months-hint = 0 is the day after
records-decision-by = Who decided
records-decision-by-hint = For example the Culture and Leisure Board
records-decision-on = Day of the decision
records-decision-reference = Register number and paragraph
records-decision-reference-hint = For example KFN 2026/117 § 84
records-decision-save = Save the decision
records-decision-end = Revoke the decision and keep for ever
records-decision-before = Decisions so far
records-decision-written = Written by
records-decision-ended = Held until
records-error-months = Write a number of months from 0 to { $most }
records-error-by = Write who decided, in { $most } characters at most
records-error-on = Write a day that has been
records-error-reference = Write a register number or paragraph, in { $most } characters at most

records-search-title = Public records
records-search-lead = Find bookings, enquiries and applications that somebody asks for. Whoever asks need not say who they are or why.
records-search-words = Number or words
records-search-words-hint = The booking's number, or words of names and purposes
records-search-from = From
records-search-until = To
records-search-find = Search
records-found = { $count ->
    [one] { $count } record
   *[other] { $count } records
}
records-found-none = Nothing was found
records-found-none-hint = Try another word or more days. Whoever has a protected identity is found by number only.
records-found-more = { $most } of each type at most are shown. Search fewer days to see the rest.
records-look = Look at the chosen ones
records-protected = Protected identity
records-protected-hint = The record is about somebody whose identity is protected. That you opened it stands in the log.
records-look-title = Look before you disclose
records-look-lead = Consider each fact by itself and tick what shall be masked. Codes and protected identities are always masked.
records-mask = Mask { $fact }
records-mask-always = Always masked
records-masked = (masked)
records-about = What was asked for
records-about-hint = So that it can be found again. Do not write who asked for it.
records-ground = Why something is masked
records-ground-hint = The provision, for example chapter 21, section 1 of the Public Access to Information and Secrecy Act
records-disclose = Disclose as a file
records-changed = Somebody has changed the records since you saw them. Look at them once more.
records-error-about = Write what was asked for, in { $most } characters at most
records-error-ground = Write why something is masked, in { $most } characters at most
records-disclosed-caption = Disclosed
records-disclosed-when = When
records-disclosed-about = What was asked for
records-disclosed-count = How much
records-disclosed-counted = { $records } records, { $masked } facts masked
records-disclosed-by = By
records-file-title = Public records of { $municipality }
records-file-made = Made { $time }. { $records } records, { $masked } facts masked.
records-file-ground = Why something is masked: { $ground }

records-type-booking-bookings = Bookings
records-type-booking-enquiries = Enquiries
records-type-customers-applications = Applications to the register of customers
records-type-customers-invitations = Invitations
records-type-customers-roles = Roles for others
records-type-customers-person = Contact details and personal number
records-type-notifications-messages = Messages
records-type-notifications-settings = Addresses for messages
records-type-watching-watches = Followed times
records-type-openapi-feeds = Calendar addresses
records-type-openapi-tokens = Keys for programs
records-type-kernel-person = Sign-in
records-type-kernel-audit = Log of what was done

records-fact-address = Address
records-fact-applicant = Applicant
records-fact-asker = Asked by
records-fact-booker = Booked by
records-fact-channel = Channel
records-fact-code = Code of the door
records-fact-customer = Customer
records-fact-decided-at = Decided
records-fact-decided-by = Decided by
records-fact-delegation = Delegation
records-fact-ended-at = Ended
records-fact-ended-by = Ended by
records-fact-guest = Let in
records-fact-kind = Kind
records-fact-language = Language
records-fact-last-used = Last used
records-fact-letter = Written
records-fact-name = Name
records-fact-note = Note
records-fact-passage = Went in
records-fact-persons = Number of people
records-fact-place = Place
records-fact-price = Price
records-fact-purpose = Purpose
records-fact-purpose-kind = Kind of activity
records-fact-reason = Reason
records-fact-state = State
records-fact-statement = Statement
records-fact-telephone = Telephone
records-fact-time = Time
records-fact-to-staff = Message to staff
records-fact-town = Town
records-fact-until = Until
records-fact-wished = Wishes

records-state-requested = Requested
records-state-confirmed = Confirmed
records-state-refused = Refused
records-state-cancelled = Cancelled
records-state-held = Held
