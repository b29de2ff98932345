//! What modules keep of people and cases: for the retention plan, for whoever asks what is kept of them, and for those who
//! ask for public records.

use async_trait::async_trait;
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::{AuthorityId, PersonId, Uuid};

use crate::PortError;

/// Until when a type of information is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeptBy {
    /// As the municipality's retention plan says; without a decision for ever. Public records are kept so.
    Plan,
    /// As whoever it is about wishes: settings, and what somebody asks the service to do for them.
    Wish,
    /// As long as something else is kept of the same person: who they are.
    TheRest,
    /// As the plan says; it tells of people by ids only, which are nobody's once the rest is gone.
    Log,
}

/// A type of information that a module keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InformationType {
    /// Its key, which begins with the module's name. `records-type-` and the key, with hyphens for points, is the key of
    /// its text.
    pub key: &'static str,
    /// Until when it is kept.
    pub kept_by: KeptBy,
}

/// What a fact of a record tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tells {
    /// The case: when, where, how it went.
    Case,
    /// Who somebody is or how they are reached.
    Person,
    /// What somebody has written in their own words, which may tell anything.
    Words,
    /// That there is a code which opens a door. The code itself is in no record.
    Code,
}

/// What a fact says, so that it can be said in any language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FactValue {
    /// As it was written.
    Text(String),
    /// The text with this key.
    Term(&'static str),
    /// An instant.
    At(Timestamp),
    /// From one instant to another, and where.
    Span(Timestamp, Timestamp, String),
    /// A sum, in öre.
    Ore(i64),
}

/// One fact of a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// The key of the name's text.
    pub name: &'static str,
    /// What it says.
    pub value: FactValue,
    /// What it tells.
    pub tells: Tells,
}

/// Something that is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Of which type.
    pub information: &'static str,
    /// Which.
    pub id: Uuid,
    /// The number or name that it goes by among people; empty where it has none.
    pub name: String,
    /// Since when there is one.
    pub since: Timestamp,
    /// When the case was over, or will be; `None` while nobody knows. The plan counts from here.
    pub over_at: Option<Timestamp>,
    /// Whether it is about somebody whose identity is protected. Facts that name them say that instead; what is written in
    /// it is nobody's to read who does not know them.
    pub protected: bool,
    /// What it says.
    pub facts: Vec<Fact>,
}

impl Fact {
    /// A fact of the case.
    pub const fn case(name: &'static str, value: FactValue) -> Self {
        Self { name, value, tells: Tells::Case }
    }

    /// Who somebody is, or how they are reached.
    pub const fn person(name: &'static str, text: String) -> Self {
        Self { name, value: FactValue::Text(text), tells: Tells::Person }
    }

    /// What somebody wrote.
    pub const fn words(name: &'static str, text: String) -> Self {
        Self { name, value: FactValue::Text(text), tells: Tells::Words }
    }
}

/// Which records somebody looks for among the cases of some authorities.
#[derive(Clone, Debug)]
pub struct RecordsWanted {
    /// The authorities whose cases they may be.
    pub authorities: Vec<AuthorityId>,
    /// Which.
    pub which: RecordsWhich,
    /// So many at most of each type, the newest first.
    pub most: u32,
}

/// Which records.
#[derive(Clone, Debug)]
pub enum RecordsWhich {
    /// Those by this number, or with these words in the name of a person or in what is written; any where there are none;
    /// of cases that lie in a span.
    About {
        /// The number or the words.
        words: String,
        /// Not over before this.
        from: Timestamp,
        /// Begun before this.
        until: Timestamp,
    },
    /// These.
    These(Vec<Uuid>),
}

/// Answers what a module keeps, and destroys it.
#[async_trait]
pub trait Records: Send + Sync {
    /// What types of information it keeps.
    fn types(&self) -> &'static [InformationType];

    /// What it keeps of a person, of all types, the oldest first.
    async fn of_person(&self, tx: &mut TenantTx, person: PersonId) -> Result<Vec<Record>, PortError>;

    /// Public records. A person whose identity is protected is named in none of them.
    async fn wanted(&self, tx: &mut TenantTx, wanted: &RecordsWanted) -> Result<Vec<Record>, PortError> {
        _ = (tx, wanted);
        Ok(Vec::new())
    }

    /// Destroys what of a type was over before a moment, of one person or of everybody: so many records at most. What
    /// statistics need stays, and tells of nobody. Returns how many records it destroyed.
    async fn destroy(
        &self,
        tx: &mut TenantTx,
        information: &str,
        of: Option<PersonId>,
        over_before: Timestamp,
        most: u32,
    ) -> Result<u64, PortError>;
}
