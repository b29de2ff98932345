# Brev om kundregistret.
letters-invited-subject = Inbjudan från { $name }
letters-invited-lead = Du är inbjuden att företräda { $name }. Logga in via länken för att se vilken roll det gäller och ta emot den.
letters-invited-until = Inbjudan gäller till { $until } och kan användas en gång.
letters-invited-page = Ta emot inbjudan: { $url }
letters-received-subject = Vi har fått din anmälan av { $name }
letters-received-lead = Tack, din anmälan av { $name } har kommit in. En handläggare går igenom den, och du får ett nytt brev när den är avgjord.
letters-approved-subject = Godkänt: { $name }
letters-approved-lead = Din anmälan av { $name } är godkänd. Du kan boka nu: välj vem du bokar för när du har loggat in.
letters-refused-subject = Avslag: { $name }
letters-refused-lead = Din anmälan av { $name } har fått avslag.
letters-page = Dina roller och ansökningar: { $url }
