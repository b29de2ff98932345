//! Who must know of a booking, and `contacts.toml`.

use std::collections::{BTreeMap, BTreeSet};

use booking_domain::{
    CONTACT_PLACES_MAX, CONTACTS_MAX, Concern, ContactDuty, ContactPlace, ContactRole, Email, PersonName,
    PurposeKind, State, choices_for, who_must_know,
};
use cloud_contracts::{ContactsChosen, Facilities, ImportError, ImportReport, PortError};
use cloud_kernel::{Actor, TenantTx};
use cloud_ui::Lang;
use protocols_ids::{AuthorityId, ContactId, PersonId};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::book::BookError;
use crate::store::Booking;
use crate::store::contacts::{self as rows, Contact, NewContact};

/// Who changes the contacts, as the audit names it.
const ACTOR: Actor = Actor::Service("import");
/// What an imported contact's id is made of, with its short name, so that the same file again changes nothing.
const CONTACT_IDS: Uuid = Uuid::from_u128(0x636f_6e74_6163_4000_8000_7473_0000_0001);

/// A booking as it concerns contacts.
pub fn concern_of(booking: &Booking) -> Concern {
    Concern {
        authority: booking.authority,
        facility: booking.facility,
        resources: booking.times.iter().map(|time| time.resource).collect(),
        purpose: booking.purpose_kind,
    }
}

/// The duties of contacts, as the domain asks for them.
pub fn duties(contacts: &[Contact]) -> BTreeMap<ContactId, ContactDuty> {
    contacts.iter().map(|contact| (contact.id, contact.duty.clone())).collect()
}

/// Every contact of a booking's authority, and who of them must know.
pub async fn of_booking(
    tx: &mut TenantTx,
    booking: &Booking,
) -> Result<(Vec<Contact>, BTreeSet<ContactId>), sqlx::Error> {
    let contacts = rows::of_authorities(tx, &[booking.authority]).await?;
    let choices = rows::choices(tx, booking.id).await?;
    let told = who_must_know(&duties(&contacts), &concern_of(booking), &choices);
    Ok((contacts, told))
}

/// Chooses who must know of a booking and what is written to them, in one transaction. Of a confirmed booking they are
/// told at once; of a request when it is granted. The booking is as the caller read it in `tx`, locked.
pub async fn choose(
    mut tx: TenantTx,
    officer: PersonId,
    booking: &Booking,
    wanted: &BTreeSet<ContactId>,
    message: Option<&str>,
) -> Result<(), BookError> {
    let (contacts, before) = of_booking(&mut tx, booking).await?;
    let message_before = rows::message(&mut tx, booking.id).await?;
    let known: BTreeSet<ContactId> = contacts.iter().map(|contact| contact.id).collect();
    let wanted: BTreeSet<ContactId> = wanted.intersection(&known).copied().collect();
    let anew = message_before.as_deref() != message;
    if wanted == before && !anew {
        return Ok(());
    }
    let choices = choices_for(&duties(&contacts), &concern_of(booking), &wanted);
    rows::choose(&mut tx, booking.id, &choices, message).await?;
    let detail = json!({ "number": booking.number, "contacts": wanted });
    tx.audit(Actor::Person(officer), "booking.contacts_chosen", Some(booking.id.uuid()), &detail).await?;
    if booking.status.state() == State::Confirmed {
        let chosen = ContactsChosen {
            booking: booking.id,
            added: wanted.difference(&before).copied().collect(),
            released: before.difference(&wanted).copied().collect(),
            anew,
        };
        tx.emit(&chosen).await?;
    }
    tx.commit().await?;
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    contact: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    slug: String,
    authority: String,
    role: String,
    name: String,
    email: String,
    #[serde(default)]
    language: Option<String>,
    /// `facility` or `facility/resource`, by their short names.
    #[serde(default)]
    places: Vec<String>,
    #[serde(default)]
    purposes: Vec<PurposeKind>,
}

/// Brings the contacts to what `contacts.toml` says. A contact is found by its short name; those that the file does not
/// name stay as they are. Nothing holds until the caller commits.
pub async fn import(
    tx: &mut TenantTx,
    facilities: &dyn Facilities,
    text: &str,
) -> Result<ImportReport, ImportError> {
    let document: Document =
        toml::from_str(text).map_err(|error| ImportError::Unreadable(error.to_string()))?;
    let known = facilities.all(tx).await.map_err(|error: PortError| ImportError::database(error))?;
    let mut report = ImportReport::default();
    let mut authorities: Vec<AuthorityId> = known.iter().map(|facility| facility.authority).collect();
    authorities.sort_unstable();
    authorities.dedup();
    let before = rows::of_authorities(tx, &authorities).await.map_err(ImportError::database)?;
    let mut slugs = BTreeSet::new();
    let entries = document.contact.len();
    if entries > CONTACTS_MAX {
        let what = format!("{entries} contacts, at most {CONTACTS_MAX}");
        return Err(ImportError::Invalid { at: "contacts".to_owned(), what });
    }
    for entry in document.contact {
        let at = format!("contact \"{}\"", entry.slug);
        let invalid = |what: &str| ImportError::Invalid { at: at.clone(), what: what.to_owned() };
        if !slugs.insert(entry.slug.clone()) {
            return Err(invalid("stands twice in the file"));
        }
        let authority = tx
            .authority(&entry.authority)
            .await
            .map_err(ImportError::database)?
            .ok_or_else(|| invalid("its authority is not known"))?;
        let place = |path: &String| {
            let (facility, resource) =
                path.split_once('/').map_or((path.as_str(), None), |(a, b)| (a, Some(b)));
            let facility = known.iter().find(|one| one.slug == facility && one.authority == authority)?;
            match resource {
                None => Some(ContactPlace::Facility(facility.id)),
                Some(slug) => facility
                    .resources
                    .iter()
                    .find(|one| one.slug == slug)
                    .map(|one| ContactPlace::Resource(one.id)),
            }
        };
        let places: Option<BTreeSet<ContactPlace>> = entry.places.iter().map(place).collect();
        let places = places
            .filter(|places| places.len() <= CONTACT_PLACES_MAX)
            .ok_or_else(|| invalid("one of its places is not a facility or resource of its authority"))?;
        let language = entry.language.as_deref().unwrap_or_else(|| Lang::default().code());
        let new = NewContact {
            role: ContactRole::parse(&entry.role).ok_or_else(|| invalid("its role is not known"))?,
            name: PersonName::parse(&entry.name).ok_or_else(|| invalid("its name is empty or too long"))?,
            email: Email::parse(&entry.email).ok_or_else(|| invalid("its email is no address"))?,
            language: Lang::parse(language)
                .ok_or_else(|| invalid("its language is not spoken"))?
                .code()
                .to_owned(),
            duty: ContactDuty { authority, places, purposes: entry.purposes },
        };
        let id =
            ContactId::new(Uuid::new_v5(&CONTACT_IDS, format!("{} {}", tx.tenant(), entry.slug).as_bytes()));
        let action = match before.iter().find(|contact| contact.id == id) {
            Some(same) if new.is(same) => continue,
            Some(_) => "booking.contact_changed",
            None => "booking.contact_made",
        };
        rows::put(tx, id, &new).await.map_err(ImportError::database)?;
        if action == "booking.contact_made" {
            report.created += 1;
        } else {
            report.updated += 1;
        }
        let detail = json!({ "slug": entry.slug, "role": new.role.key() });
        tx.audit(ACTOR, action, Some(id.uuid()), &detail).await.map_err(ImportError::database)?;
    }
    Ok(report)
}
