# Det som sägs när en sida inte kan visas, och rollernas namn.
kernel-not-found = Sidan finns inte
kernel-not-found-next = Länken kan vara gammal eller felskriven. Börja om från startsidan.
kernel-forbidden = Du får inte se den här sidan
kernel-forbidden-next = Den är till för { $role }. Logga in som någon annan eller gå till startsidan.
kernel-bad-request = Det gick inte att förstå
kernel-bad-request-next = Inget har ändrats. Gå tillbaka till sidan du kom från och försök igen.
kernel-unavailable = Det går inte just nu
kernel-unavailable-next = Tjänsten når inte sina uppgifter. Inget har ändrats: det du har bokat gäller, och koder som redan är utskickade öppnar dörrarna. Försök igen om en stund.
kernel-internal = Något gick fel hos oss
kernel-internal-next = Inget har ändrats: det du har bokat gäller, och dörrarna fungerar som vanligt. Försök igen om en stund.
kernel-home = Till startsidan
kernel-role-officer = bokningshandläggare
kernel-role-caretaker = vaktmästare
kernel-role-technician = tekniker
kernel-role-administrator = administratörer
