//! What programs may do in somebody's name, as something that is kept of them.

use async_trait::async_trait;
use cloud_contracts::{Fact, FactValue, InformationType, KeptBy, PortError, Record, Records};
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::PersonId;

use crate::store::{feeds, tokens};

const FEEDS: &str = "openapi.feeds";
const TOKENS: &str = "openapi.tokens";

/// Addresses that calendars read, and tokens of programs. They end when their maker wishes.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProgramRecords;

#[async_trait]
impl Records for ProgramRecords {
    fn types(&self) -> &'static [InformationType] {
        &[
            InformationType { key: FEEDS, kept_by: KeptBy::Wish },
            InformationType { key: TOKENS, kept_by: KeptBy::Wish },
        ]
    }

    async fn of_person(&self, tx: &mut TenantTx, person: PersonId) -> Result<Vec<Record>, PortError> {
        let read =
            |at: Option<Timestamp>| at.map(|at| Fact::case("records-fact-last-used", FactValue::At(at)));
        let feeds = feeds::of_person(tx, person).await.map_err(PortError::database)?;
        let feeds = feeds.into_iter().map(|feed| Record {
            information: FEEDS,
            id: feed.id,
            name: feed.name.unwrap_or_default(),
            since: feed.renewed_at,
            over_at: None,
            protected: false,
            facts: read(feed.last_read_at).into_iter().collect(),
        });
        let mut all: Vec<Record> = feeds.collect();
        let tokens = tokens::of_person(tx, person).await.map_err(PortError::database)?;
        all.extend(tokens.into_iter().map(|token| Record {
            information: TOKENS,
            id: token.id,
            name: token.name,
            since: token.created_at,
            over_at: Some(token.expires_at),
            protected: false,
            facts: read(token.last_used_at).into_iter().collect(),
        }));
        Ok(all)
    }

    async fn destroy(
        &self,
        tx: &mut TenantTx,
        information: &str,
        of: Option<PersonId>,
        _: Timestamp,
        _: u32,
    ) -> Result<u64, PortError> {
        let Some(person) = of else { return Ok(0) };
        let done = match information {
            FEEDS => feeds::destroy_of(tx, person).await,
            TOKENS => tokens::destroy_of(tx, person).await,
            _ => Ok(0),
        };
        done.map_err(PortError::database)
    }
}
