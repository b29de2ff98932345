//! What is wrong on site, as other modules see it.

use async_trait::async_trait;
use cloud_kernel::{Event, TenantTx};
use jiff::Timestamp;
use protocols_ids::{FacilityId, FaultId, Uuid};
use serde::{Deserialize, Serialize};

use crate::PortError;

/// Something that somebody reported, and that nobody has mended yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenFault {
    /// Its id.
    pub id: FaultId,
    /// Where.
    pub facility: FacilityId,
    /// At which place there; `None` where nobody said.
    pub place: Option<String>,
    /// Of what sort it is, as the key of a text. What people wrote is not told here.
    pub kind: &'static str,
    /// When it was reported first.
    pub reported_at: Timestamp,
    /// Whether somebody sees to it.
    pub taken: bool,
}

/// Answers what is wrong.
#[async_trait]
pub trait Faults: Send + Sync {
    /// What is wrong at these facilities, the oldest first.
    async fn open_at(
        &self,
        tx: &mut TenantTx,
        facilities: &[FacilityId],
    ) -> Result<Vec<OpenFault>, PortError>;
}

/// What somebody reported is mended, or is no fault, and they wanted to know.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FaultAnswered {
    /// The answer: what is reopened and mended again has another one.
    pub answer: Uuid,
}

impl Event for FaultAnswered {
    const KIND: &'static str = "faults.answered";
    fn stream(&self) -> String {
        format!("fault-answer:{}", self.answer)
    }
}

/// What a letter to somebody who reported a fault tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FaultLetter {
    /// Where it is sent.
    pub email: String,
    /// In which language, as the kernel stores languages.
    pub language: String,
    /// Where it was, in words.
    pub place: String,
    /// Of what sort it was, as the key of a text.
    pub kind: &'static str,
    /// Whether it is mended; otherwise there was nothing to mend.
    pub mended: bool,
    /// The path of the page that shows how it went. It is a secret: it stands in the letter and with whoever reported it.
    pub path: String,
}

/// Answers what letters about faults tell.
#[async_trait]
pub trait FaultLetters: Send + Sync {
    /// The letter, or `None` where the answer holds no more.
    async fn letter(&self, tx: &mut TenantTx, answer: Uuid) -> Result<Option<FaultLetter>, PortError>;
}
