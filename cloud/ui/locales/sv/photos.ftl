# Foton som skickas.
photos-kind = Filen är inget foto. Skicka JPEG, PNG eller WebP.
photos-pixels = Fotot är för stort. Det får ha högst 50 megapixlar.
photos-damaged = Filen är skadad och går inte att läsa. Exportera fotot på nytt.
photos-busy = Flera foton tas emot just nu. Försök igen om en stund.
photos-file-hint = JPEG, PNG eller WebP, högst 12 megabyte. Uppgifter om plats och kamera tas bort.
photos-too-large = Filen är för stor. Den får vara högst { $most } megabyte.
