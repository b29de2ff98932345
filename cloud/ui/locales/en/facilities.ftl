# Facilities and what can be booked in them.
facilities-title = Facilities
facilities-lead = Choose a facility to see free times.
facilities-empty = There are no facilities here yet
facilities-empty-hint = Once the municipality has entered its halls, they are shown here.
facilities-size = Size
facilities-address = Address
facilities-schedule = Free times
