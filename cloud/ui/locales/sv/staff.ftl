# Anställda: roller, grupper och konton från kommunens identitetssystem.
staff-title = Anställda och roller
staff-lead = Vem som har vilken roll, och varifrån den kommer. Roller från grupper följer identitetssystemet, roller som getts för hand ligger fast.
staff-people = Personer
staff-who = Vem
staff-role = Roll
staff-authority = Nämnd eller bolag
staff-whence = Varifrån
staff-role-officer = Bokningshandläggare
staff-role-caretaker = Vaktmästare
staff-role-technician = Tekniker
staff-role-administrator = Administratör
staff-authority-gone = En nämnd som inte finns längre
staff-by-hand = Getts för hand
staff-by-group = Grupp: { $groups }
staff-protected = Skyddad identitet
staff-not-yet = Har inte loggat in än
staff-shut-out = Avstängd i identitetssystemet
staff-let-in = Släpp in igen
staff-let-in-done = Personen är insläppt igen. Roller som getts för hand räknas nu.
staff-empty = Ingen har någon roll
staff-empty-hint = Låt en grupp ge en roll, eller ge roller i kommunens fil.
staff-too-many = { $count ->
    [one] En person är med i fler grupper än inloggningen kan nämna
   *[other] { $count } personer är med i fler grupper än inloggningen kan nämna
  }
staff-too-many-next = De får inga roller av grupper. Låt identitetssystemet bara nämna grupper som hör till den här tjänsten, eller skicka grupperna med SCIM.
staff-groups-title = Grupper
staff-groups-lead = Grupper i identitetssystemet och vilka roller de ger. En ändring gäller genast för dem som är med i gruppen.
staff-groups-empty = Inga grupper har synts än
staff-groups-empty-hint = De syns här när någon som är med i en grupp loggar in, eller när identitetssystemet skickar dem.
staff-group = Gruppens namn
staff-group-hint = Precis som identitetssystemet skriver det, ofta ett namn eller ett id. Stora och små bokstäver spelar roll.
staff-group-people = { $count ->
    [0] Ingen har synts i den än
    [one] 1 person
   *[other] { $count } personer
  }
staff-gives = { $role } i { $authority }
staff-gives-nothing = Ger ingen roll.
staff-give = Ge en roll
staff-rule-new = Låt en grupp ge en roll
staff-rule-add = Låt gruppen ge rollen
staff-rule-added = Gruppen ger rollen nu. De som är med i den har fått den.
staff-rule-remove = Ta bort
staff-rule-removed = { $group } ger inte rollen längre. De som bara hade den genom gruppen har den inte längre.
staff-undo = Ångra
staff-error-group = Skriv gruppens namn, högst { $most } tecken på en rad.
staff-error-role = Välj en roll.
staff-error-authority = Välj en nämnd eller ett bolag.
staff-error-full = Det finns redan { $most } regler. Ta bort någon först.
staff-provisioning-title = Automatiska konton
staff-provisioning-lead = Identitetssystemet kan skicka konton och grupper hit med SCIM 2.0. Den som slutar stängs av genast.
staff-state = Läget
staff-address = Adress för identitetssystemet
staff-accounts = Konton
staff-accounts-active = { $count }, varav { $active } aktiva
staff-provisioned-groups = Grupper
staff-tokens = Nycklar
staff-tokens-empty = Det finns ingen nyckel
staff-tokens-empty-hint = Gör en nyckel och lägg den i identitetssystemet tillsammans med adressen.
staff-token-make = Gör en nyckel
staff-token-made = Gjord
staff-token-used = Senast använd
staff-never = Aldrig
staff-token-take-back = Ta tillbaka
staff-token-taken-back = Nyckeln gäller inte längre.
staff-token-shown = Den nya nyckeln
staff-token-new = Nyckeln är gjord.
staff-token-once = Kopiera den nu. Den visas inte igen.
staff-token-full = Det finns redan { $most } nycklar. Ta tillbaka en först.
staff-refusals = Det senaste som inte gick
staff-refusals-none = Ingenting som identitetssystemet skickat har nekats.
staff-when = När
staff-asked = Vad
staff-refused-why = Varför
