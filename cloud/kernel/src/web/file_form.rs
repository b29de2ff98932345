//! A form with a file in it (`multipart/form-data`), read whole.

use std::collections::BTreeMap;

use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use http::StatusCode;

use super::Failure;

/// Fields that are read of one form: more than any page of ours has.
const FIELDS_MAX: usize = 32;

/// What was sent. How many bytes it may have is the route's body limit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileForm {
    texts: BTreeMap<String, String>,
    /// The bytes of the field `file`; empty where none was chosen, `None` where there were too many to be read.
    pub file: Option<Vec<u8>>,
}

impl FileForm {
    /// Reads it. What follows a file that is too large is not there: what it says is to be asked for again.
    pub async fn read(mut form: Multipart) -> Result<Self, Failure> {
        let mut sent = Self { texts: BTreeMap::new(), file: Some(Vec::new()) };
        let too_large = |error: &MultipartError| error.status() == StatusCode::PAYLOAD_TOO_LARGE;
        for _ in 0..FIELDS_MAX {
            let read = match form.next_field().await {
                Ok(None) => break,
                Ok(Some(piece)) => {
                    let name = piece.name().unwrap_or_default().to_owned();
                    piece.bytes().await.map(|bytes| (name, bytes.to_vec()))
                }
                Err(error) => Err(error),
            };
            match read {
                Ok((name, bytes)) if name == "file" => sent.file = Some(bytes),
                Ok((name, bytes)) => {
                    let text = String::from_utf8(bytes)
                        .map_err(|_| Failure::BadRequest("a field that is no text"))?;
                    sent.texts.insert(name, text);
                }
                Err(error) if too_large(&error) => {
                    sent.file = None;
                    break;
                }
                Err(_) => return Err(Failure::BadRequest("a form that ends early")),
            }
        }
        Ok(sent)
    }

    /// What stands in a field, without the space around it; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", |text| text.trim())
    }
}
