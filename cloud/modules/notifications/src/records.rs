//! Messages, and how people want them, as something that is kept of them.

use async_trait::async_trait;
use cloud_contracts::{Fact, FactValue, InformationType, KeptBy, PortError, Record, Records};
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::PersonId;

use crate::store::records;

const MESSAGES: &str = "notifications.messages";
const SETTINGS: &str = "notifications.settings";

/// What people were sent, and how they want to be reached. What a message said is written when it is sent and kept
/// nowhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessageRecords;

fn message(kept: records::Kept) -> Record {
    let text = |text: String| FactValue::Text(text);
    let mut facts = vec![
        Fact::case("records-fact-kind", text(kept.kind)),
        Fact::case("records-fact-channel", text(kept.channel)),
        Fact::case("records-fact-state", text(kept.status)),
    ];
    if let Some(recipient) = kept.recipient {
        facts.push(Fact::person("records-fact-address", recipient));
    }
    Record {
        information: MESSAGES,
        id: kept.id,
        name: String::new(),
        since: kept.since,
        over_at: kept.settled_at,
        protected: false,
        facts,
    }
}

#[async_trait]
impl Records for MessageRecords {
    fn types(&self) -> &'static [InformationType] {
        &[
            InformationType { key: MESSAGES, kept_by: KeptBy::Plan },
            InformationType { key: SETTINGS, kept_by: KeptBy::Wish },
        ]
    }

    async fn of_person(&self, tx: &mut TenantTx, person: PersonId) -> Result<Vec<Record>, PortError> {
        let kept = records::of_person(tx, person).await.map_err(PortError::database)?;
        let mut all: Vec<Record> = kept.into_iter().map(message).collect();
        let addresses = records::addresses(tx, person).await.map_err(PortError::database)?;
        all.extend(addresses.into_iter().map(|(channel, address, since)| Record {
            information: SETTINGS,
            id: person.uuid(),
            name: channel,
            since,
            over_at: None,
            protected: false,
            facts: vec![Fact::person("records-fact-address", address)],
        }));
        Ok(all)
    }

    async fn destroy(
        &self,
        tx: &mut TenantTx,
        information: &str,
        of: Option<PersonId>,
        over_before: Timestamp,
        most: u32,
    ) -> Result<u64, PortError> {
        let done = match (information, of) {
            (MESSAGES, _) => records::destroy(tx, of, over_before, most).await,
            (SETTINGS, Some(person)) => records::forget(tx, person).await.map(u64::from),
            _ => Ok(0),
        };
        done.map_err(PortError::database)
    }
}
