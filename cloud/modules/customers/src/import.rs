//! The administrator's file of customers: associations, companies and units, who may act for them, and staff.
//! Its keys are described in `docs/import-format.md`.

use cloud_contracts::{CustomerKind, ImportError, ImportReport};
use cloud_kernel::{Role as StaffRole, TenantTx};
use customers_domain::{Facts, Field, Hold, Role, Validity, Wrong};
use jiff::civil::Date;
use serde::Deserialize;

use crate::personal_number::PersonalNumber;
use crate::sign_in::number_hash;
use crate::store::mandates::{self, Given};
use crate::store::{self, NewCustomer, Written};

/// Somebody whom one may be in the demonstration.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoPersonEntry {
    /// `YYYYMMDD-NNNN`, made up. Also the person's subject at the demonstration's OpenID provider.
    pub personal_number: String,
    /// What they are called.
    pub name: String,
    /// Where nobody reads what is sent.
    pub email: String,
    /// What they are in the demonstration, in a few words; may be empty.
    #[serde(default)]
    pub about: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    person: Vec<DemoPersonEntry>,
    #[serde(default)]
    association: Vec<CustomerEntry>,
    #[serde(default)]
    staff: Vec<StaffEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerEntry {
    slug: String,
    name: String,
    kind: KindEntry,
    price_group: Option<String>,
    organisation_number: Option<String>,
    address: Option<String>,
    town: Option<String>,
    email: Option<String>,
    telephone: Option<String>,
    web: Option<String>,
    sports: Option<Vec<String>>,
    age_groups: Option<Vec<String>>,
    #[serde(default)]
    mandate: Vec<MandateEntry>,
}

/// People are not imported: they come by signing in.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindEntry {
    Association,
    Company,
    Unit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MandateEntry {
    personal_number: String,
    role: String,
    #[serde(default)]
    from: Option<Date>,
    #[serde(default)]
    to: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StaffEntry {
    subject: String,
    role: String,
    authority: String,
}

fn read(text: &str) -> Result<File, ImportError> {
    toml::from_str(text).map_err(|error| ImportError::Unreadable(error.to_string()))
}

/// The people whom one may be in the demonstration, in the order of the file.
pub fn demo_persons(text: &str) -> Result<Vec<DemoPersonEntry>, ImportError> {
    let persons = read(text)?.person;
    for (place, person) in persons.iter().enumerate() {
        if PersonalNumber::parse(&person.personal_number).is_none() {
            return Err(not_a_number(format!("person {}", place + 1)));
        }
    }
    Ok(persons)
}

/// Reads the file's text into the tenant of the transaction. Found by short name, so that the same file again
/// changes nothing; nothing is taken away. `issuer` is the OpenID provider at which staff have their subjects.
pub async fn import(tx: &mut TenantTx, text: &str, issuer: &str) -> Result<ImportReport, ImportError> {
    let file = read(text)?;
    let mut report = ImportReport::default();
    for entry in &file.association {
        customer(tx, entry, &mut report).await?;
    }
    for entry in &file.staff {
        staff(tx, entry, issuer).await?;
    }
    Ok(report)
}

async fn customer(
    tx: &mut TenantTx,
    entry: &CustomerEntry,
    report: &mut ImportReport,
) -> Result<(), ImportError> {
    let at = format!("association {:?}", entry.slug);
    let invalid = |what: String| ImportError::Invalid { at: at.clone(), what };
    if entry.slug.trim().is_empty() {
        return Err(invalid("slug is empty".to_owned()));
    }
    let kind = match entry.kind {
        KindEntry::Association => CustomerKind::Association,
        KindEntry::Company => CustomerKind::Company,
        KindEntry::Unit => CustomerKind::Unit,
    };
    let (facts, says) = facts_of(entry);
    if let Some((field, wrong)) = facts.problems().into_iter().next() {
        return Err(invalid(wrong_words(field, wrong)));
    }
    let new = NewCustomer {
        kind,
        slug: entry.slug.trim(),
        price_group: entry.price_group.as_deref(),
        facts: &facts,
        says: &says,
    };
    let (id, written) = store::write_customer(tx, &new).await.map_err(ImportError::database)?;
    match written {
        Written::Created => report.created += 1,
        Written::Updated => report.updated += 1,
        Written::Unchanged => {}
    }
    for (place, entry) in entry.mandate.iter().enumerate() {
        let at = format!("{at}, mandate {}", place + 1);
        let invalid = |what: &str| ImportError::Invalid { at: at.clone(), what: what.to_owned() };
        let number = PersonalNumber::parse(&entry.personal_number).ok_or_else(|| not_a_number(at.clone()))?;
        let role = Role::parse(&entry.role)
            .ok_or_else(|| invalid("role is none of administrator, booker, treasurer, leader"))?;
        let during = Validity::new(entry.from, entry.to).map_err(|_| invalid("to is before from"))?;
        let hash = number_hash(tx.kernel(), tx.tenant(), &number);
        let given = Given { customer: id, hold: Hold::Role(role), during, label: "" };
        // Days that the file does not say are as they are in the register.
        let says_days = entry.from.is_some() || entry.to.is_some();
        match mandates::give_or_change(tx, &hash, &given, says_days).await.map_err(ImportError::database)? {
            Written::Created => report.created += 1,
            Written::Updated => report.updated += 1,
            Written::Unchanged => {}
        }
    }
    Ok(())
}

/// What the register has that the file does not name any more, in words; it stays as it is.
pub async fn beyond_file(tx: &mut TenantTx, text: &str) -> Result<Vec<String>, ImportError> {
    let mut told = Vec::new();
    for entry in &read(text)?.association {
        let named: Vec<(Vec<u8>, &str)> = entry
            .mandate
            .iter()
            .filter_map(|entry| Some((PersonalNumber::parse(&entry.personal_number)?, entry.role.as_str())))
            .map(|(number, role)| (number_hash(tx.kernel(), tx.tenant(), &number), role))
            .collect();
        let known = mandates::by_slug(tx, entry.slug.trim()).await.map_err(ImportError::database)?;
        let is_named = |(hash, role): &&(Option<Vec<u8>>, String)| {
            named.iter().any(|(named, wanted)| hash.as_ref() == Some(named) && wanted == role)
        };
        let beyond = known.iter().filter(|known| !is_named(known)).count();
        if beyond > 0 {
            told.push(format!("{}: {beyond} mandates that the file does not name stay", entry.slug));
        }
    }
    Ok(told)
}

/// What an entry says of a customer, and which fields it says.
fn facts_of(entry: &CustomerEntry) -> (Facts, Vec<Field>) {
    let list = |all: &Option<Vec<String>>| all.as_ref().map(|all| all.join(", "));
    let said = [
        (Field::Name, Some(entry.name.clone())),
        (Field::Number, entry.organisation_number.clone()),
        (Field::Address, entry.address.clone()),
        (Field::Town, entry.town.clone()),
        (Field::Email, entry.email.clone()),
        (Field::Telephone, entry.telephone.clone()),
        (Field::Web, entry.web.clone()),
        (Field::Sports, list(&entry.sports)),
        (Field::Ages, list(&entry.age_groups)),
    ];
    let (mut facts, mut says) = (Facts::default(), Vec::new());
    for (field, text) in said {
        if let Some(text) = text {
            facts.set(field, &text);
            says.push(field);
        }
    }
    (facts.tidy(), says)
}

fn wrong_words(field: Field, wrong: Wrong) -> String {
    let key = field.key();
    match wrong {
        Wrong::Missing => format!("{key} is empty"),
        Wrong::TooLong { most } => format!("{key} is longer than {most} characters"),
        Wrong::TooMany { most } => format!("{key} are more than {most}"),
        Wrong::Unprintable => format!("{key} has characters that no page shows"),
        Wrong::NoNumber => format!("{key} is no organisation number"),
        Wrong::NoEmail => format!("{key} is no address"),
        Wrong::NoTelephone => format!("{key} is no telephone number"),
        Wrong::NoWeb => format!("{key} is no address of a page (https://…)"),
        Wrong::Unknown => format!("{key} has one that is not known"),
    }
}

/// Which one is said by its place: numbers do not belong in error messages.
fn not_a_number(at: String) -> ImportError {
    ImportError::Invalid { at, what: "personal_number is not one (YYYYMMDD-NNNN)".to_owned() }
}

async fn staff(tx: &mut TenantTx, entry: &StaffEntry, issuer: &str) -> Result<(), ImportError> {
    // In the demonstration a subject is a personal number, so it is not repeated here.
    let invalid = |what: String| ImportError::Invalid {
        at: format!("staff, {} in {}", entry.role, entry.authority),
        what,
    };
    let role = StaffRole::parse(&entry.role)
        .ok_or_else(|| invalid("role is none of officer, caretaker, technician, administrator".to_owned()))?;
    let authority = tx
        .authority(&entry.authority)
        .await
        .map_err(ImportError::database)?
        .ok_or_else(|| invalid("the authority is not in tenant.toml".to_owned()))?;
    tx.give_role(issuer, &entry.subject, authority, role).await.map_err(ImportError::database)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_people_of_the_demonstration_have_numbers_that_can_be_numbers() {
        let seeds = [
            include_str!("../../../../deploy/demo-data/osteraker/customers.toml"),
            include_str!("../../../../deploy/demo-data/vaxholm/customers.toml"),
            include_str!("../../../../deploy/demo-data/provhallen/customers.toml"),
        ];
        for text in seeds {
            assert!(!demo_persons(text).unwrap().is_empty());
            for entry in read(text).unwrap().association {
                assert!(entry.mandate.iter().all(|m| PersonalNumber::parse(&m.personal_number).is_some()));
            }
        }
    }

    #[test]
    fn a_key_that_is_not_known_is_an_error_with_its_place() {
        let error =
            read("[[association]]\nslug = \"a\"\nname = \"A\"\nkind = \"association\"\ncolour = 1").err();
        let text = error.unwrap().to_string();
        assert!(text.contains("line 5") && text.contains("colour"), "{text}");
    }
}
