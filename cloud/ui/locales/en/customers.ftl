# Customers and whom one acts for.
customers-person = Private person
customers-association = Association
customers-company = Company
customers-unit = Municipal unit
customers-acting-for-title = Whom do you book for?
customers-myself = Myself
