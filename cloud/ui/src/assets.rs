//! Everything a page loads besides itself, compiled in.

use std::borrow::Cow;
use std::sync::LazyLock;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::accent_css;

/// Characters of the content's SHA-256 in a file's URL: enough that two releases do not meet.
const HASH_CHARS: usize = 12;

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// A file to serve under `/assets/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The value of `Cache-Control`: for ever where the URL carries the content's hash, an hour otherwise.
    pub cache_control: &'static str,
    /// The value of `ETag`, quotes included.
    pub etag: String,
    /// The body.
    pub bytes: Cow<'static, [u8]>,
}

struct File {
    stem: &'static str,
    extension: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    hash: String,
}

impl File {
    fn new(
        stem: &'static str,
        extension: &'static str,
        content_type: &'static str,
        bytes: &'static [u8],
    ) -> Self {
        Self { stem, extension, content_type, bytes, hash: hash(bytes) }
    }

    fn name(&self) -> String {
        format!("{}.{}.{}", self.stem, self.hash, self.extension)
    }
}

static FILES: LazyLock<[File; 10]> = LazyLock::new(|| {
    [
        File::new("hallport", "css", STYLE, include_bytes!("../assets/hallport.css")),
        File::new("hallport", "js", SCRIPT, include_bytes!("../assets/hallport.js")),
        File::new("framed", "js", SCRIPT, include_bytes!("../assets/framed.js")),
        File::new("htmx", "js", SCRIPT, include_bytes!("../assets/vendor/htmx-2.0.11.min.js")),
        File::new("sse", "js", SCRIPT, include_bytes!("../assets/vendor/htmx-ext-sse-2.2.4.min.js")),
        File::new("screen", "js", SCRIPT, include_bytes!("../assets/screen.js")),
        File::new("find", "js", SCRIPT, include_bytes!("../assets/find.js")),
        File::new("leaflet", "js", SCRIPT, include_bytes!("../assets/vendor/leaflet-1.9.4.js")),
        File::new("leaflet", "css", STYLE, include_bytes!("../assets/vendor/leaflet-1.9.4.css")),
        File::new("icon", "svg", "image/svg+xml", include_bytes!("../assets/icon.svg")),
    ]
});

fn hash(bytes: &[u8]) -> String {
    let mut text = HEXLOWER.encode(&Sha256::digest(bytes));
    text.truncate(HASH_CHARS);
    text
}

/// The file behind `/assets/<path>`, `path` being what follows the slash; `None` is a 404.
///
/// `tenant-<six hexadecimal digits>.css` is computed from the colour; everything else is compiled in.
pub fn asset(path: &str) -> Option<Asset> {
    if let Some(hex) = path.strip_prefix("tenant-").and_then(|rest| rest.strip_suffix(".css")) {
        let css = accent_css(hex)?;
        return Some(Asset {
            content_type: STYLE,
            cache_control: "public, max-age=3600",
            etag: format!("\"{}\"", hash(css.as_bytes())),
            bytes: Cow::Owned(css.into_bytes()),
        });
    }
    let file = FILES.iter().find(|file| file.name() == path)?;
    Some(Asset {
        content_type: file.content_type,
        cache_control: "public, max-age=31536000, immutable",
        etag: format!("\"{}\"", file.hash),
        bytes: Cow::Borrowed(file.bytes),
    })
}

/// The script that a municipality's own site loads, at [`EMBED_PATH`]: an address that stays, since it stands in pages
/// that are not ours.
pub fn embed_script() -> Asset {
    let bytes = include_bytes!("../assets/embed.js");
    Asset {
        content_type: SCRIPT,
        cache_control: "public, max-age=3600",
        etag: format!("\"{}\"", hash(bytes)),
        bytes: Cow::Borrowed(bytes),
    }
}

/// Where the script for other sites is.
pub const EMBED_PATH: &str = "/embed.js";

/// The URL of a file by its plain name, the hash put in: `hallport.css` → `/assets/hallport.<hash>.css`.
///
/// `None` for a name that is not among the assets.
pub fn asset_url(name: &str) -> Option<String> {
    let file =
        FILES.iter().find(|file| name.strip_prefix(file.stem) == Some(&format!(".{}", file.extension)))?;
    Some(format!("/assets/{}", file.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_served_under_its_hashed_url_for_ever() {
        for name in ["hallport.css", "hallport.js", "framed.js", "htmx.js", "sse.js", "icon.svg"] {
            let url = asset_url(name).unwrap();
            let served = asset(url.strip_prefix("/assets/").unwrap()).unwrap();
            assert!(served.cache_control.contains("immutable"), "{name}");
            assert!(!served.bytes.is_empty(), "{name}");
            assert!(url.contains(served.etag.trim_matches('"')), "{name}");
        }
    }

    #[test]
    fn an_old_or_foreign_path_is_not_found() {
        for path in ["hallport.css", "hallport.000000000000.css", "../Cargo.toml", "", "tenant-zzzzzz.css"] {
            assert_eq!(asset(path), None, "{path}");
        }
        assert_eq!(asset_url("jquery.js"), None);
    }

    #[test]
    fn a_tenants_colours_may_be_asked_for_again() {
        let sheet = asset("tenant-0b5fa5.css").unwrap();
        assert_eq!(sheet.content_type, STYLE);
        assert!(!sheet.cache_control.contains("immutable"));
        assert!(String::from_utf8(sheet.bytes.into_owned()).unwrap().contains("--accent"));
    }

    #[test]
    fn every_vendored_file_has_its_licence_beside_it() {
        for licence in [
            include_str!("../assets/vendor/htmx.LICENSE"),
            include_str!("../assets/vendor/htmx-ext-sse.LICENSE"),
        ] {
            assert!(licence.contains("Permission to use, copy, modify"), "{licence}");
        }
        let leaflet = include_str!("../assets/vendor/leaflet.LICENSE");
        assert!(leaflet.contains("Redistribution and use in source and binary forms"), "{leaflet}");
    }
}
