//! Who people are, what they may do for others and what they asked of the register, as something that is kept.

use async_trait::async_trait;
use cloud_contracts::{Fact, FactValue, InformationType, KeptBy, PortError, Record, Records, RecordsWanted};
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use protocols_ids::PersonId;

use crate::store::records;

const APPLICATIONS: &str = "customers.applications";
const INVITATIONS: &str = "customers.invitations";
const ROLES: &str = "customers.roles";
const PERSON: &str = "customers.person";

/// The register's records of people. Organisations are no persons, and stay.
#[derive(Clone, Copy, Debug, Default)]
pub struct CustomerRecords;

fn application(kept: records::KeptApplication) -> Record {
    let mut facts = vec![
        Fact::case("records-fact-kind", FactValue::Text(kept.kind)),
        Fact::person("records-fact-applicant", kept.applicant),
        Fact::person("records-fact-name", kept.name.clone()),
        Fact::case("records-fact-state", FactValue::Text(kept.step)),
    ];
    if !kept.statement.is_empty() {
        facts.push(Fact::words("records-fact-statement", kept.statement));
    }
    if let Some(at) = kept.decided_at {
        facts.push(Fact::case("records-fact-decided-at", FactValue::At(at)));
    }
    if let Some(by) = kept.decided_by {
        facts.push(Fact::case("records-fact-decided-by", FactValue::Text(by)));
    }
    if let Some(reason) = kept.reason {
        facts.push(Fact::words("records-fact-reason", reason));
    }
    Record {
        information: APPLICATIONS,
        id: kept.id,
        name: String::new(),
        since: kept.asked_at,
        over_at: kept.decided_at,
        protected: kept.protected,
        facts,
    }
}

fn invitation(kept: records::KeptInvitation) -> Record {
    Record {
        information: INVITATIONS,
        id: kept.id,
        name: kept.customer,
        since: kept.invited_at,
        over_at: Some(kept.over_at),
        protected: false,
        facts: vec![
            Fact::case("records-fact-kind", FactValue::Text(kept.role)),
            Fact::person("records-fact-name", kept.label),
            Fact::person("records-fact-address", kept.email),
        ],
    }
}

fn end_of(day: Date) -> Option<Timestamp> {
    day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok().map(|over| over.timestamp())
}

#[async_trait]
impl Records for CustomerRecords {
    fn types(&self) -> &'static [InformationType] {
        &[
            InformationType { key: APPLICATIONS, kept_by: KeptBy::Plan },
            InformationType { key: INVITATIONS, kept_by: KeptBy::Plan },
            InformationType { key: ROLES, kept_by: KeptBy::TheRest },
            InformationType { key: PERSON, kept_by: KeptBy::TheRest },
        ]
    }

    async fn of_person(&self, tx: &mut TenantTx, person: PersonId) -> Result<Vec<Record>, PortError> {
        let now = tx.now();
        let applied = records::applications(tx, Some(person), None).await.map_err(PortError::database)?;
        let mut all: Vec<Record> = applied.into_iter().map(application).collect();
        let invited = records::invitations(tx, person).await.map_err(PortError::database)?;
        all.extend(invited.into_iter().map(invitation));
        let roles = records::roles(tx, person).await.map_err(PortError::database)?;
        all.extend(roles.into_iter().map(|role| Record {
            information: ROLES,
            id: role.id,
            name: role.customer,
            since: now,
            // Until then it is held: whoever wants to be forgotten gives it back first.
            over_at: role.last_day.and_then(end_of),
            protected: false,
            facts: vec![Fact::case("records-fact-kind", FactValue::Text(role.role))],
        }));
        let own = records::own(tx, person).await.map_err(PortError::database)?;
        all.extend(own.map(|own| {
            let known = [
                ("records-fact-name", own.name),
                ("records-fact-address", own.email.unwrap_or_default()),
                ("records-fact-telephone", own.telephone),
                ("records-fact-address", own.address),
                ("records-fact-town", own.town),
            ];
            let known = known.into_iter().filter(|(_, text)| !text.is_empty());
            Record {
                information: PERSON,
                id: own.id,
                name: String::new(),
                since: now,
                over_at: Some(now),
                protected: false,
                facts: known.map(|(name, text)| Fact::person(name, text)).collect(),
            }
        }));
        Ok(all)
    }

    async fn wanted(&self, tx: &mut TenantTx, wanted: &RecordsWanted) -> Result<Vec<Record>, PortError> {
        let found = records::applications(tx, None, Some(wanted)).await.map_err(PortError::database)?;
        Ok(found.into_iter().map(application).collect())
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
            (APPLICATIONS, _) => records::destroy_applications(tx, of, over_before, most).await,
            (INVITATIONS, _) => records::destroy_invitations(tx, of, over_before, most).await,
            // With who they are goes what they might do.
            (PERSON, Some(person)) => records::forget(tx, person).await.map(u64::from),
            _ => Ok(0),
        };
        done.map_err(PortError::database)
    }
}
