//! Answers to those who reported that something is hard to use. They did not sign in: all that is known of them is where
//! they want the answer, and nothing is kept of it here.

use cloud_contracts::AnsweredReport;
use cloud_kernel::{HandlerError, TenantTx};
use cloud_ui::t;
use protocols_ids::Uuid;

use crate::letter::Letter;
use crate::relay::Outcome;
use crate::{NotificationsModule, lang, port_error};

/// The job that sends an answer; its key is the report.
pub(crate) const SEND: &str = "notifications.report";

impl NotificationsModule {
    /// Sends an answer, where somebody waits for it.
    pub(crate) async fn send_report_answer(&self, tx: &mut TenantTx, key: &str) -> Result<(), HandlerError> {
        let Ok(report) = key.parse::<Uuid>() else { return Ok(()) };
        let Some(told) = self.ports.reports.answered(tx, report).await.map_err(port_error)? else {
            return Ok(());
        };
        let kernel = tx.kernel().clone();
        let Some(tenant) = kernel.directory().by_id(tx.tenant(), tx.now()).await? else { return Ok(()) };
        let id = format!("<{report}@{}>", tenant.host);
        let letter = letter(&tenant.name, &told);
        let outcome = match &self.relay {
            Some(relay) => relay.send(&id, &tenant.name, &told.email, tx.now(), &letter).await,
            None => Outcome::Refused("no mail relay"),
        };
        let sent = match outcome {
            Outcome::Taken(_) => true,
            Outcome::Refused(why) => {
                tracing::info!(why, %report, "the answer to a report was not taken");
                false
            }
            Outcome::Later(source) => {
                return Err(HandlerError::Outside {
                    what: "the answer to a report was not handed over".to_owned(),
                    source,
                });
            }
        };
        self.ports.reports.letter_ended(tx, report, sent).await.map_err(port_error)
    }
}

fn letter(tenant: &str, told: &AnsweredReport) -> Letter {
    let lang = lang(&told.language);
    let paragraphs = [
        t(lang, "notifications-greeting", &[]),
        t(lang, "accessibility-letter-lead", &[("tenant", &tenant)]),
        told.answer.clone(),
        t(lang, "accessibility-letter-reported", &[("text", &told.reported)]),
        t(lang, "accessibility-letter-digg", &[]),
        t(lang, "notifications-regards", &[("tenant", &tenant)]),
    ];
    Letter {
        subject: t(lang, "accessibility-letter-subject", &[("tenant", &tenant)]),
        text: paragraphs.join("\n\n") + "\n",
        short: String::new(),
        calendar: None,
    }
}
