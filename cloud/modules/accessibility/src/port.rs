//! What letters about reports tell.

use async_trait::async_trait;
use cloud_contracts::{AnsweredReport, PortError, ReportLetters};
use cloud_kernel::TenantTx;
use protocols_ids::Uuid;

use crate::store;

/// Answers from the module's own tables.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReportAnswers;

#[async_trait]
impl ReportLetters for ReportAnswers {
    async fn answered(&self, tx: &mut TenantTx, report: Uuid) -> Result<Option<AnsweredReport>, PortError> {
        let Some(kept) = store::find(tx, report).await.map_err(PortError::database)? else { return Ok(None) };
        let (email, language) = (kept.report.email, kept.language);
        Ok(kept.answer.zip(email).map(|(answer, email)| AnsweredReport {
            email,
            language,
            reported: kept.report.problem,
            answer: answer.text,
        }))
    }

    async fn letter_ended(&self, tx: &mut TenantTx, report: Uuid, sent: bool) -> Result<(), PortError> {
        store::letter_ended(tx, report, sent).await.map_err(PortError::database)
    }
}
