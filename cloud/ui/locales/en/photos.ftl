# Photos that are sent.
photos-kind = The file is no photo. Send JPEG, PNG or WebP.
photos-pixels = The photo is too big. It may have at most 50 megapixels.
photos-damaged = The file is damaged and cannot be read. Export the photo anew.
photos-busy = Several photos are being received right now. Try again in a moment.
photos-file-hint = JPEG, PNG or WebP, at most 12 megabytes. Where and with what it was taken is removed.
photos-too-large = The file is too large. It may have at most { $most } megabytes.
