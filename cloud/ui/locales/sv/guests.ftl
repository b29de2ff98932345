# Vem som släpps in med en egen kod.
guests-title = Släpp in fler
guests-lead = Var och en får en egen kod till dörren. Du kan ta tillbaka en kod utan att de andra ändras.
guests-empty = Ingen annan har en egen kod
guests-empty-hint = Lägg till den som ska kunna komma in utan dig. Din egen kod fortsätter att gälla.
guests-add-title = Släpp in en person
guests-name = Namn
guests-name-hint = Så att du och den som har hand om bokningen ser vem som kom.
guests-email = E-post
guests-email-hint = Koden skickas dit, och ett nytt brev om tiden ändras. Annars lämnar du koden själv.
guests-which = När ska personen kunna komma in?
guests-which-all = Vid alla tider, också de som läggs till eller flyttas
guests-which-chosen = Bara vid tiderna som jag kryssar i
guests-which-times = Tider
guests-add = Släpp in
guests-error-name = Skriv ett namn, högst { $most } tecken
guests-error-email = Skriv en e-postadress som namn@exempel.se, eller lämna fältet tomt
guests-error-times = Kryssa i minst en tid, eller välj alla tider
guests-error-full = Högst { $most } personer kan ha egna koder på en bokning. Ta tillbaka någon först.
guests-error-ever = På den här bokningen har { $most } personer redan haft koder. Fler går inte.
guests-error-full-times = Det blir fler koder och tider än en bokning kan ha, { $most } tillsammans. Välj färre tider.
guests-closed = Just nu går det inte att släppa in någon: bokningen är inte bekräftad, den är över, eller så öppnas ingen dörr med kod här.
guests-valid = Gäller { $span }
guests-no-times = Ingen av tiderna är kvar
guests-times = { $count ->
    [one] Gäller vid en tid
   *[other] Gäller vid { $count } tider
}
guests-mail-to = Skickas till { $email }
guests-take-back = Ta tillbaka koden
guests-back = Till bokningen
guests-done-let-in = Personen har en egen kod. Den gäller så snart dörren känner den.
guests-done-taken-back = Koden är tillbakatagen och slutar gälla så snart dörren vet om det. Vill du släppa in personen igen blir det en ny kod.
guests-done-each = Nu har varje tid en egen kod.
guests-done-one = Nu har alla tider samma kod.
guests-codes-title = En kod eller flera
guests-one-now = Alla tider har samma kod.
guests-one-each = Ge varje tid en egen kod
guests-each-now = Varje tid har en egen kod.
guests-each-one = Använd samma kod för alla tider
guests-codes-each = Koder, en för varje tid
guests-card-empty = Släpp in en ledare eller en spelare med en egen kod, som du kan ta tillbaka.
guests-card-open = Egna koder för fler
guests-came-title = Vem som kom
guests-came-own = bokningens kod
guests-came-guest = en gäst
guests-came-more = { $count ->
    [one] En tidigare passage visas inte.
   *[other] { $count } tidigare passager visas inte.
}
