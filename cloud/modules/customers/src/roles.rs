//! Who may act for an association, a company or a unit: given, changed, taken back, left.
//!
//! **Invariant:** whoever takes back the last administrator is staff. A change holds for sessions at once.

use cloud_kernel::{Actor, SignedIn, TenantTx};
use customers_domain::{
    Hold, LastAdministrator, MANDATES_MAX, Mandate, Role, Validity, guardian_until, hand_over, may_give,
};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{CustomerId, PersonId, Uuid};
use serde_json::json;

use crate::applying::known_person_context;
use crate::personal_number::PersonalNumber;
use crate::sign_in::{number_hash, open_number, personal_number};
use crate::store::invitations::{self, NewInvitation, Which};
use crate::store::mandates::{self, Acting, Given};
use crate::store::{holds, persons};

/// How long an invitation can be taken: somebody who is on holiday for two weeks reads it in time.
pub(crate) const INVITATION_DAYS: i64 = 14;
/// Invitations to one customer on one day at most: a whole board and its leaders, and no way to flood strangers.
pub(crate) const INVITATIONS_A_DAY_MAX: i64 = 20;

/// Who changes something, and when that is.
pub(crate) struct By<'a> {
    pub(crate) person: PersonId,
    /// Whether as staff.
    pub(crate) staff: bool,
    pub(crate) today: Date,
    /// Where the day ends.
    pub(crate) zone: &'a TimeZone,
}

impl<'a> By<'a> {
    pub(crate) fn new(person: &SignedIn, staff: bool, today: Date, zone: &'a TimeZone) -> Self {
        Self { person: person.person, staff, today, zone }
    }
}

/// Whom something is given to.
pub(crate) enum To<'a> {
    /// Whoever has this number.
    Number(PersonalNumber),
    /// Whoever reads the letter to this address, in this language.
    Email(&'a str, &'a str),
}

/// Why nothing was changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    /// They may not.
    NotYours,
    /// Nobody would administer it.
    LastAdministrator,
    /// There are as many as there may be.
    TooMany,
    /// They have it already.
    Already,
    /// There is no such mandate.
    Gone,
    /// It is nobody under age whose number is known.
    NoChild,
}

impl From<LastAdministrator> for Refused {
    fn from(_: LastAdministrator) -> Self {
        Self::LastAdministrator
    }
}

type Done = Result<Result<(), Refused>, sqlx::Error>;

fn mandates(all: &[Acting]) -> Vec<Mandate> {
    all.iter().filter_map(Acting::mandate).collect()
}

fn own(all: &[Acting], person: PersonId) -> Vec<Mandate> {
    all.iter().filter(|acting| acting.people.contains(&person)).filter_map(Acting::mandate).collect()
}

/// The moment at which a day has ended.
pub(crate) fn end_of(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    day.tomorrow().ok()?.to_zoned(zone.clone()).ok().map(|at| at.timestamp())
}

/// What is wanted to be given.
pub(crate) struct Wanted<'a> {
    pub(crate) customer: CustomerId,
    pub(crate) role: Role,
    pub(crate) during: Validity,
    /// What the giver calls them.
    pub(crate) label: &'a str,
}

/// Gives a role, or invites to it.
pub(crate) async fn give(tx: &mut TenantTx, by: &By<'_>, to: To<'_>, wanted: &Wanted<'_>) -> Done {
    let customer = wanted.customer;
    mandates::lock(tx, customer).await?;
    let all = mandates::acting(tx, customer).await?;
    if !by.staff && !may_give(&own(&all, by.person), wanted.role, by.today) {
        return Ok(Err(Refused::NotYours));
    }
    let open = invitations::open(tx, Which::Of(customer)).await?;
    if all.len() + open.len() >= MANDATES_MAX {
        return Ok(Err(Refused::TooMany));
    }
    let (how, subject) = match to {
        To::Number(number) => {
            let hash = number_hash(tx.kernel(), tx.tenant(), &number);
            let given =
                Given { customer, hold: Hold::Role(wanted.role), during: wanted.during, label: wanted.label };
            if !mandates::give_by_number(tx, &hash, &given).await? {
                return Ok(Err(Refused::Already));
            }
            ("customers.role_given", customer.uuid())
        }
        To::Email(email, language) => {
            let yesterday = tx.now().saturating_sub(SignedDuration::from_hours(24)).unwrap_or(tx.now());
            if invitations::since(tx, customer, yesterday).await? >= INVITATIONS_A_DAY_MAX {
                return Ok(Err(Refused::TooMany));
            }
            crate::letters::invite(tx, by.person, wanted, email, language).await?;
            ("customers.invited", customer.uuid())
        }
    };
    let detail = json!({ "role": wanted.role.key(), "from": wanted.during.from(), "to": wanted.during.to() });
    tx.audit(Actor::Person(by.person), how, Some(subject), &detail).await?;
    Ok(Ok(()))
}

/// Makes whoever has the number the guardian of a child, until the child is of age.
pub(crate) async fn guard(
    tx: &mut TenantTx,
    by: &By<'_>,
    child: CustomerId,
    number: &PersonalNumber,
    label: &str,
) -> Done {
    mandates::lock(tx, child).await?;
    let born = child_number(tx, child).await?.and_then(|number| number.birth_date());
    let until = born.and_then(|born| guardian_until(born, by.today));
    let Some(during) = until.and_then(|until| Validity::new(None, Some(until)).ok()) else {
        return Ok(Err(Refused::NoChild));
    };
    if mandates::acting(tx, child).await?.len() >= MANDATES_MAX {
        return Ok(Err(Refused::TooMany));
    }
    let hash = number_hash(tx.kernel(), tx.tenant(), number);
    let given = Given { customer: child, hold: Hold::Guardian, during, label };
    if !mandates::give_by_number(tx, &hash, &given).await? {
        return Ok(Err(Refused::Already));
    }
    let detail = json!({ "role": given.hold.key(), "to": during.to() });
    tx.audit(Actor::Person(by.person), "customers.role_given", Some(child.uuid()), &detail).await?;
    Ok(Ok(()))
}

/// The number of a person customer: of whoever signs in as it, or as the register knows it.
pub(crate) async fn child_number(
    tx: &mut TenantTx,
    customer: CustomerId,
) -> Result<Option<PersonalNumber>, sqlx::Error> {
    if let Some(sealed) = persons::sealed(tx, customer).await? {
        return open_number(tx, &known_person_context(customer), &sealed).map(Some);
    }
    match persons::signs_in_as(tx, customer).await? {
        Some(person) => personal_number(tx, person).await,
        None => Ok(None),
    }
}

/// Lets a role hold on other days.
pub(crate) async fn change(
    tx: &mut TenantTx,
    by: &By<'_>,
    customer: CustomerId,
    mandate: Uuid,
    during: Validity,
) -> Done {
    let changed = |acting: &Acting| Some(Acting { during, ..acting.clone() });
    let acting = match alter(tx, by, customer, mandate, changed).await? {
        Ok(acting) => acting,
        Err(refused) => return Ok(Err(refused)),
    };
    mandates::change_days(tx, customer, &acting, during).await?;
    let detail = json!({ "role": acting.hold.key(), "from": during.from(), "to": during.to() });
    tx.audit(Actor::Person(by.person), "customers.role_changed", Some(customer.uuid()), &detail).await?;
    settle_sessions(tx, by, customer, &acting.people).await?;
    Ok(Ok(()))
}

/// Takes a role back; whoever has it may leave it.
pub(crate) async fn take_back(tx: &mut TenantTx, by: &By<'_>, customer: CustomerId, mandate: Uuid) -> Done {
    let acting = match alter(tx, by, customer, mandate, |_| None).await? {
        Ok(acting) => acting,
        Err(refused) => return Ok(Err(refused)),
    };
    mandates::take_back(tx, customer, &acting).await?;
    let left = acting.people.contains(&by.person) && !by.staff;
    let action = if left { "customers.role_left" } else { "customers.role_taken_back" };
    let detail = json!({ "role": acting.hold.key() });
    tx.audit(Actor::Person(by.person), action, Some(customer.uuid()), &detail).await?;
    settle_sessions(tx, by, customer, &acting.people).await?;
    Ok(Ok(()))
}

/// The mandate that is to become what `after` makes of it, if it may.
async fn alter(
    tx: &mut TenantTx,
    by: &By<'_>,
    customer: CustomerId,
    mandate: Uuid,
    after: impl Fn(&Acting) -> Option<Acting>,
) -> Result<Result<Acting, Refused>, sqlx::Error> {
    mandates::lock(tx, customer).await?;
    let all = mandates::acting(tx, customer).await?;
    let Some(acting) = all.iter().find(|acting| acting.id == mandate) else { return Ok(Err(Refused::Gone)) };
    // What is one's own by nature, or by birth, is nobody's to hand over; an officer ends a guardianship.
    let handed = matches!(acting.hold, Hold::Role(_)) || (by.staff && acting.hold == Hold::Guardian);
    if !handed {
        return Ok(Err(Refused::NotYours));
    }
    let next: Vec<Acting> =
        all.iter().filter_map(|one| if one.id == mandate { after(one) } else { Some(one.clone()) }).collect();
    let leaves = acting.people.contains(&by.person) && next.len() < all.len();
    let leads = own(&all, by.person).iter().any(|own| own.role.administers() && own.during.on(by.today));
    if !by.staff {
        if !leads && !leaves {
            return Ok(Err(Refused::NotYours));
        }
        if let Err(last) = hand_over(&mandates(&all), &mandates(&next), by.today) {
            return Ok(Err(last.into()));
        }
    }
    Ok(Ok(acting.clone()))
}

/// Lets the sessions of people who are one human being act for the customer as long as they still may.
async fn settle_sessions(
    tx: &mut TenantTx,
    by: &By<'_>,
    customer: CustomerId,
    people: &[PersonId],
) -> Result<(), sqlx::Error> {
    let Some(person) = people.first() else { return Ok(()) };
    let acts = holds::acted_for(tx, *person).await?.into_iter().find(|acted| acted.id == customer);
    let until = match acts {
        Some(acted) => acted.until.and_then(|day| end_of(day, by.zone)),
        None => Some(tx.now()),
    };
    tx.acts_until(people, customer, until).await
}

/// What becomes of a link of an invitation.
pub(crate) enum Taken {
    /// They may act for it from now on, or from the day that it says.
    Acts,
    /// They had the role already; the invitation is over.
    Already,
    /// Nobody is invited by it, any more or at all.
    Nobody,
}

/// Takes an invitation by its link, once.
pub(crate) async fn take(tx: &mut TenantTx, person: PersonId, token: &str) -> Result<Taken, sqlx::Error> {
    let hash = crate::sign_in::hash(token);
    let Some(invitation) = invitations::open(tx, Which::OfLink(&hash)).await?.pop() else {
        return Ok(Taken::Nobody);
    };
    let customer = invitation.customer;
    let people = mandates::same_person(tx, person).await?;
    let given = Given {
        customer,
        hold: Hold::Role(invitation.role),
        during: invitation.during,
        label: &invitation.label,
    };
    let new = mandates::give(tx, &people, &given).await?;
    invitations::end(tx, invitation.id, Some(person)).await?;
    let detail = json!({ "role": invitation.role.key() });
    tx.audit(Actor::Person(person), "customers.invitation_taken", Some(customer.uuid()), &detail).await?;
    Ok(if new { Taken::Acts } else { Taken::Already })
}

/// Withdraws an invitation.
pub(crate) async fn withdraw(tx: &mut TenantTx, by: &By<'_>, customer: CustomerId, id: Uuid) -> Done {
    mandates::lock(tx, customer).await?;
    let all = mandates::acting(tx, customer).await?;
    let leads = own(&all, by.person).iter().any(|own| own.role.administers() && own.during.on(by.today));
    if !by.staff && !leads {
        return Ok(Err(Refused::NotYours));
    }
    let open = invitations::open(tx, Which::One(id)).await?;
    if !open.iter().any(|invitation| invitation.customer == customer) {
        return Ok(Err(Refused::Gone));
    }
    invitations::end(tx, id, None).await?;
    let nothing = json!({});
    tx.audit(Actor::Person(by.person), "customers.invitation_withdrawn", Some(customer.uuid()), &nothing)
        .await?;
    Ok(Ok(()))
}

/// Writes a new invitation whose link only its letter has.
pub(crate) fn new_invitation<'a>(
    id: Uuid,
    by: PersonId,
    wanted: &Wanted<'a>,
    (email, language): (&'a str, &'a str),
    (token_hash, sealed): (&'a [u8], &'a [u8]),
    expires_at: Timestamp,
) -> NewInvitation<'a> {
    NewInvitation {
        id,
        customer: wanted.customer,
        role: wanted.role,
        during: wanted.during,
        label: wanted.label,
        email,
        language,
        token_hash,
        sealed,
        by,
        expires_at,
    }
}

/// The first row of the mandate that a person has in this one: of one human being who signs in in several ways they stand
/// as one.
pub(crate) async fn first_row(
    tx: &mut TenantTx,
    customer: CustomerId,
    mandate: Uuid,
    person: PersonId,
    hold: Hold,
) -> Result<Uuid, sqlx::Error> {
    let all = mandates::acting(tx, customer).await?;
    let own = all.iter().find(|acting| acting.hold == hold && acting.people.contains(&person));
    Ok(own.map_or(mandate, |acting| acting.id))
}
