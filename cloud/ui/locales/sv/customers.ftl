# Kunder och vem man företräder.
customers-person = Privatperson
customers-association = Förening
customers-company = Företag
customers-unit = Kommunal verksamhet
customers-acting-for-title = Vem bokar du för?
customers-myself = Mig själv
