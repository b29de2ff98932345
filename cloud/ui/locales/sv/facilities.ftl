# Anläggningar och det som kan bokas i dem.
facilities-title = Anläggningar
facilities-lead = Välj en anläggning för att se lediga tider.
facilities-empty = Här finns inga anläggningar än
facilities-empty-hint = När kommunen har lagt in sina hallar visas de här.
facilities-size = Mått
facilities-address = Adress
facilities-schedule = Lediga tider
