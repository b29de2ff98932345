# Letters about the register of customers.
letters-invited-subject = Invitation from { $name }
letters-invited-lead = You are invited to act for { $name }. Sign in by the link to see which role it is and to take it.
letters-invited-until = The invitation holds until { $until } and can be used once.
letters-invited-page = Take the invitation: { $url }
letters-received-subject = We have received your registration of { $name }
letters-received-lead = Thank you, your registration of { $name } has been received. An officer looks through it, and you get another letter when it is decided.
letters-approved-subject = Approved: { $name }
letters-approved-lead = Your registration of { $name } is approved. You can book now: choose whom you book for when you have signed in.
letters-refused-subject = Refused: { $name }
letters-refused-lead = Your registration of { $name } has been refused.
letters-page = Your roles and applications: { $url }
