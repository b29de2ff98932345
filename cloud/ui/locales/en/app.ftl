# Signing in, the start page and the pages that belong to the whole service.
app-title = Book a venue
app-lead = Find a free time, book it and enter with your code.
