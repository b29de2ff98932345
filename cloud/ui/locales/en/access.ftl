# Codes, doors and passages.
access-code = Your code
access-code-how = Press the code and then #
access-valid = Valid
access-door = Door
access-known = The door knows your code
access-known-since = The door has known your code since { $time }
access-preparing = The code is on its way to the door
access-preparing-hint = It usually takes a few seconds. The page changes by itself.
access-later = The door gets the code { $time }
access-silent = The hall has been without connection since { $time }
access-silent-hint = The code is sent as soon as the connection is back.
access-withdrawn = The code is no longer valid
access-refused = The door could not take the code
access-refused-hint = We have been told. Call the facility if you are standing outside.
access-presence = Presence
access-nobody-yet = Nobody yet
access-came = Came { $time }
access-nobody-came = Nobody came
access-not-begun = Not begun
access-passages = { $count ->
    [one] { $count } passage
   *[other] { $count } passages
}
access-day-empty = No bookings this day
access-day-empty-hint = New bookings are shown here as soon as they are made.
