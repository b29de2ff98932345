//! Answers to those who reported that something is hard to use.

use async_trait::async_trait;
use cloud_kernel::{Event, TenantTx};
use protocols_ids::Uuid;
use serde::{Deserialize, Serialize};

use crate::PortError;

/// A report was answered, and whoever sent it wants to read the answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReportAnswered {
    /// Which.
    pub report: Uuid,
}

impl Event for ReportAnswered {
    const KIND: &'static str = "accessibility.answered";
    fn stream(&self) -> String {
        format!("accessibility-report:{}", self.report)
    }
}

/// What a letter about a report tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnsweredReport {
    /// Where to.
    pub email: String,
    /// In which language, `sv` or `en`.
    pub language: String,
    /// What was reported.
    pub reported: String,
    /// The answer.
    pub answer: String,
}

/// Answers what letters about reports tell.
#[async_trait]
pub trait ReportLetters: Send + Sync {
    /// The letter about a report; nothing where there is none, or nobody to write to.
    async fn answered(&self, tx: &mut TenantTx, report: Uuid) -> Result<Option<AnsweredReport>, PortError>;

    /// Hears what became of the letter: whether it went.
    async fn letter_ended(&self, tx: &mut TenantTx, report: Uuid, sent: bool) -> Result<(), PortError>;
}
