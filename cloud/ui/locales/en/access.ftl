# Codes, doors and passages.
access-code = Your code
access-code-how = Press the code and then #
access-valid = Valid
access-door = Door
access-known = The door knows the code
access-known-mine = The door knows your code
access-known-since = The door has known your code since { $time }
access-preparing = The code is on its way to the door
access-preparing-hint = It usually takes a few seconds. The page changes by itself.
access-later = The door gets the code { $time }
access-silent = The hall has been without connection since { $time }
access-silent-hint = The code is sent as soon as the connection is back.
access-offline-title = Use this code meanwhile
access-offline-why = The door has not received your usual code yet. It recognises this one on its own.
access-offline-how = Press all twelve digits and then #
access-offline-taken-from = The door takes the code from { $time }, if the connection is still lost.
access-offline-back = When the connection is back, your usual code works instead. The page changes by itself.
access-offline-none-title = No code for this time
access-offline-too-long = The time is longer than a day, and for such long times there is no code that the door recognises on its own. Show the QR code, if the door has a scanner, or call the facility.
access-offline-none-left = There are no more such codes for this time. Show the QR code, if the door has a scanner, or call the facility.
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
access-menu-gateways = Gateways
access-gateways-title = Gateways
access-gateways-lead = The computers in the halls. They open doors on their own, also without a connection.
access-gateways-empty = No gateways
access-gateways-empty-hint = They are set up with the file site.toml, together with the hall’s doors and lamps.
access-gateway-state = State
access-gateway-works = Works
access-gateway-silent = Not heard
access-gateway-waits = Waits to be connected
access-gateway-devices-lost = { $count ->
    [one] Works, but one device does not answer
   *[other] Works, but { $count } devices do not answer
}
access-gateway-doors = Doors
access-gateway-heard = Last heard
access-gateway-never = Never
access-gateway-table = Codes
access-gateway-in-step = Has everything (change { $revision })
access-gateway-behind = Has change { $has } of { $of }
access-gateway-journal = Events
access-gateway-journal-stored = { $stored } of { $head } fetched
access-gateway-journal-broken = The list of events contradicts itself since { $when }
access-gateway-refused = Refused messages
access-gateway-refused-counts = { $here } here, { $there } in the hall
access-code-new = New code
access-code-replace = New code for a replacement
access-code-replace-hint = For when the computer is replaced. The old one stops counting when the new one connects.
access-code-for = Code for { $gateway }
access-code-once = The code is shown only now. It works once, until { $time }.
access-code-text = Code
access-code-root = The root’s fingerprint
access-code-root-hint = By the fingerprint the gateway knows that it talks to the right service. Copy it character by character.
access-code-command = Run on the gateway
