# Signing in, the start page and the pages that belong to the whole service.
app-title = Book a venue
app-lead = Find a free time, book it and enter with your code.
app-sign-in-title = Sign in
app-sign-in-lead = You sign in to book and to see your codes.
app-sign-in-failed = The sign-in did not go through. Nothing has changed. Please try again.
app-not-found-title = There is no such page
app-not-found-lead = The link may be old. Start again from the home page.
app-forbidden-title = You may not see this page
app-forbidden-lead = It is for { $who }. Sign in as someone else or go to the home page.
app-error-title = Something went wrong on our side
app-error-lead = What you have already booked stands, and the doors work as usual. Please try again in a while.
app-error-reference = Mention { $reference } if you contact us.
app-too-many-title = That was too fast
app-too-many-lead = Wait a minute and try again.
app-form-expired = The page had been open for too long. What you wrote is still here; send it once more.
app-database-down = Booking is not possible right now. Codes already sent out work at the doors.
