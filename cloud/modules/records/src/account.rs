//! What the kernel keeps of people: who signs in, and the log of what was done.

use async_trait::async_trait;
use cloud_contracts::{Fact, FactValue, InformationType, KeptBy, PortError, Record, Records};
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::{PersonId, Uuid};

const ACCOUNT: &str = "kernel.person";
pub(crate) const LOG: &str = "kernel.audit";

/// Rows of the log that one person reads of themselves at most: years of daily use.
const LOG_MAX: i64 = 20_000;

/// The kernel's own records.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountRecords;

#[async_trait]
impl Records for AccountRecords {
    fn types(&self) -> &'static [InformationType] {
        &[
            InformationType { key: LOG, kept_by: KeptBy::Log },
            InformationType { key: ACCOUNT, kept_by: KeptBy::TheRest },
        ]
    }

    async fn of_person(&self, tx: &mut TenantTx, person: PersonId) -> Result<Vec<Record>, PortError> {
        let now = tx.now();
        let mut all = Vec::new();
        if let Some(account) = tx.account(person).await.map_err(PortError::database)? {
            let mut facts = vec![
                Fact::person("records-fact-name", account.name),
                Fact::case("records-fact-language", FactValue::Text(account.language)),
                Fact::case("records-fact-last-used", FactValue::At(account.seen_at)),
            ];
            if let Some(email) = account.email {
                facts.push(Fact::person("records-fact-address", email));
            }
            all.push(Record {
                information: ACCOUNT,
                id: person.uuid(),
                name: String::new(),
                since: account.since,
                // Staff are kept as long as they are staff.
                over_at: (!account.staff).then_some(now),
                protected: false,
                facts,
            });
        }
        let done = tx.done_by(person, LOG_MAX).await.map_err(PortError::database)?;
        all.extend(done.into_iter().map(|(id, at, action)| Record {
            information: LOG,
            id: Uuid::from_u128(u128::from(id.unsigned_abs())),
            name: action,
            since: at,
            over_at: Some(at),
            protected: false,
            facts: Vec::new(),
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
            (LOG, None) => tx.destroy_audit(over_before, most).await,
            (ACCOUNT, Some(person)) => tx.forget(person).await.map(u64::from),
            _ => Ok(0),
        };
        done.map_err(PortError::database)
    }
}
