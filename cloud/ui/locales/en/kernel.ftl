# What is said when a page cannot be shown, and the names of the roles.
kernel-not-found = There is no such page
kernel-not-found-next = The link may be old or misspelt. Start again from the home page.
kernel-forbidden = You may not see this page
kernel-forbidden-next = It is for { $role }. Sign in as someone else or go to the home page.
kernel-bad-request = That could not be understood
kernel-bad-request-next = Nothing has changed. Go back to the page you came from and try again.
kernel-unavailable = Not possible right now
kernel-unavailable-next = The service cannot reach its records. Nothing has changed: what you have booked stands, and codes already sent out open the doors. Please try again in a while.
kernel-internal = Something went wrong on our side
kernel-internal-next = Nothing has changed: what you have booked stands, and the doors work as usual. Please try again in a while.
kernel-home = To the home page
kernel-role-officer = booking officers
kernel-role-caretaker = caretakers
kernel-role-technician = technicians
kernel-role-administrator = administrators
