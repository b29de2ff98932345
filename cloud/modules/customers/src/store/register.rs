//! The register: what is known of customers, found and written.

use std::collections::BTreeSet;

use cloud_contracts::CustomerKind;
use cloud_kernel::TenantTx;
use customers_domain::{Alike, Facts, OrganisationNumber, Validity};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{CustomerId, PersonId, Uuid};

use super::holds::stored_days;
use super::{kind_name, kind_named};

/// Organisations of one tenant at most that are compared and published: several times what a large city has.
const ORGANISATIONS_MAX: i64 = 20_000;
/// Entitlements of one customer at most that are shown: one a year for longer than there has been a register.
const ENTITLEMENTS_MAX: i64 = 100;

/// A customer with all that the register has of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Card {
    pub(crate) id: CustomerId,
    pub(crate) kind: CustomerKind,
    pub(crate) facts: Facts,
    /// The price group that stands beside entitlements.
    pub(crate) price_group: Option<String>,
    /// Counts its changes.
    pub(crate) revision: i64,
    /// Since when it books no more, and why.
    pub(crate) ended: Option<(Date, String)>,
    /// Which one it has become.
    pub(crate) merged_into: Option<CustomerId>,
    /// Whether it is a person whose identity is protected.
    pub(crate) protected: bool,
    /// Whether somebody signs in as it.
    pub(crate) signs_in: bool,
    /// Whether the register knows its personal number without anybody having signed in.
    pub(crate) known_number: bool,
}

/// A customer, or nothing.
pub(crate) async fn card(tx: &mut TenantTx, id: CustomerId) -> Result<Option<Card>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT c.id, c.kind, c.name, c.price_group, c.email, c.organisation_number, c.address, c.town,
                  c.telephone, c.web, c.sports, c.age_groups, c.revision, c.ended_on, c.end_reason, c.merged_into,
                  EXISTS (SELECT FROM customers.mandate own
                           WHERE own.tenant_id = c.tenant_id AND own.customer_id = c.id AND own.role = 'self')
                    AS "signs_in!",
                  EXISTS (SELECT FROM customers.known_person known
                           WHERE known.tenant_id = c.tenant_id AND known.customer_id = c.id) AS "known_number!",
                  (c.kind = 'person' AND
                   (EXISTS (SELECT FROM customers.mandate own
                              JOIN customers.identity i
                                ON i.tenant_id = own.tenant_id AND i.person_id = own.person_id
                             WHERE own.tenant_id = c.tenant_id AND own.customer_id = c.id
                               AND own.role = 'self' AND i.protected)
                    OR EXISTS (SELECT FROM customers.known_person known
                                WHERE known.tenant_id = c.tenant_id AND known.customer_id = c.id
                                  AND known.protected))) AS "protected!"
             FROM customers.customer c WHERE c.id = $1"#,
        id.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        Ok(Card {
            id: row.id.into(),
            kind: kind_named(&row.kind)?,
            facts: Facts {
                name: row.name,
                number: written(row.organisation_number.as_deref()),
                address: row.address,
                town: row.town,
                email: row.email.unwrap_or_default(),
                telephone: row.telephone,
                web: row.web,
                sports: row.sports,
                ages: row.age_groups,
            },
            price_group: row.price_group,
            revision: row.revision,
            ended: row.ended_on.map(jiff_sqlx::Date::to_jiff).zip(row.end_reason),
            merged_into: row.merged_into.map(CustomerId::new),
            protected: row.protected,
            signs_in: row.signs_in,
            known_number: row.known_number,
        })
    })
    .transpose()
}

/// An organisation number as people write it; empty where there is none.
fn written(number: Option<&str>) -> String {
    number
        .and_then(|digits| OrganisationNumber::parse(digits).ok())
        .map_or_else(String::new, |number| number.to_string())
}

/// Writes facts over those of a revision; false where somebody else has written since.
pub(crate) async fn write_facts(
    tx: &mut TenantTx,
    id: CustomerId,
    revision: i64,
    facts: &Facts,
) -> Result<bool, sqlx::Error> {
    let number = facts.organisation_number();
    let done = sqlx::query!(
        "UPDATE customers.customer
            SET name = $3, organisation_number = $4, address = $5, town = $6, email = nullif($7, ''), telephone = $8,
                web = $9, sports = $10, age_groups = $11, revision = revision + 1
          WHERE id = $1 AND revision = $2",
        id.uuid(),
        revision,
        facts.name,
        number.as_ref().map(OrganisationNumber::digits),
        facts.address,
        facts.town,
        facts.email,
        facts.telephone,
        facts.web,
        facts.sports,
        facts.ages
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A new customer; one that is no person gets a short name of its own, made from `slug`.
pub(crate) async fn make(
    tx: &mut TenantTx,
    kind: CustomerKind,
    slug: &str,
    facts: &Facts,
) -> Result<CustomerId, sqlx::Error> {
    let (tenant, id) = (tx.tenant().uuid(), tx.new_id::<CustomerId>());
    let slug = match kind {
        CustomerKind::Person => None,
        CustomerKind::Association | CustomerKind::Company | CustomerKind::Unit => {
            Some(free_slug(tx, slug, id).await?)
        }
    };
    let number = facts.organisation_number();
    sqlx::query!(
        "INSERT INTO customers.customer
           (tenant_id, id, kind, slug, name, email, organisation_number, address, town, telephone, web, sports,
            age_groups)
         VALUES ($1, $2, $3, $4, $5, nullif($6, ''), $7, $8, $9, $10, $11, $12, $13)",
        tenant,
        id.uuid(),
        kind_name(kind),
        slug,
        facts.name,
        facts.email,
        number.as_ref().map(OrganisationNumber::digits),
        facts.address,
        facts.town,
        facts.telephone,
        facts.web,
        facts.sports,
        facts.ages
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// The short name, or with the end of the id where another has it.
async fn free_slug(tx: &mut TenantTx, slug: &str, id: CustomerId) -> Result<String, sqlx::Error> {
    let taken = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM customers.customer WHERE slug = $1) AS "taken!""#,
        slug
    )
    .fetch_one(tx.conn())
    .await?;
    if !taken && !slug.is_empty() {
        return Ok(slug.to_owned());
    }
    let tail: String = id.uuid().simple().to_string().chars().skip(20).collect();
    Ok(if slug.is_empty() { tail } else { format!("{slug}-{tail}") })
}

/// Which customers a list shows.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
    /// Words of a name, a town, or digits of an organisation number; empty for all.
    pub(crate) text: &'a str,
    pub(crate) kind: Option<CustomerKind>,
    /// Whether those that have ended are among them.
    pub(crate) ended: bool,
    pub(crate) skip: i64,
    pub(crate) most: i64,
}

/// A line of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Line {
    pub(crate) id: CustomerId,
    pub(crate) kind: CustomerKind,
    pub(crate) name: String,
    pub(crate) number: String,
    pub(crate) town: String,
    pub(crate) ended: bool,
}

/// Customers by name, and how many there are in all. Persons are found by words only, and those whose identity is
/// protected not at all: whoever looks for one of them has their number.
pub(crate) async fn list(tx: &mut TenantTx, wanted: &Wanted<'_>) -> Result<(Vec<Line>, i64), sqlx::Error> {
    let digits: String = wanted.text.chars().filter(char::is_ascii_digit).collect();
    let rows = sqlx::query!(
        r#"SELECT c.id, c.kind, c.name, c.organisation_number, c.town, c.ended_on IS NOT NULL AS "ended!",
                  count(*) OVER () AS "all!"
             FROM customers.customer c
            WHERE c.merged_into IS NULL AND ($2::text IS NULL OR c.kind = $2) AND ($3 OR c.ended_on IS NULL)
              AND ($1 = '' OR position(lower($1) in lower(c.name)) > 0 OR lower(c.town) = lower($1)
                   OR (length($4) >= 4 AND c.organisation_number LIKE '%' || $4 || '%'))
              AND (c.kind <> 'person' OR
                   ($1 <> ''
                    AND NOT EXISTS (SELECT FROM customers.mandate own
                                      JOIN customers.identity i
                                        ON i.tenant_id = own.tenant_id AND i.person_id = own.person_id
                                     WHERE own.tenant_id = c.tenant_id AND own.customer_id = c.id
                                       AND own.role = 'self' AND i.protected)
                    AND NOT EXISTS (SELECT FROM customers.known_person known
                                     WHERE known.tenant_id = c.tenant_id AND known.customer_id = c.id
                                       AND known.protected)))
            ORDER BY c.name COLLATE "sv-x-icu", c.id OFFSET $5 LIMIT $6"#,
        wanted.text,
        wanted.kind.map(kind_name),
        wanted.ended,
        digits,
        wanted.skip,
        wanted.most
    )
    .fetch_all(tx.conn())
    .await?;
    let all = rows.first().map_or(0, |row| row.all);
    let lines = rows.into_iter().map(|row| {
        Ok(Line {
            id: row.id.into(),
            kind: kind_named(&row.kind)?,
            name: row.name,
            number: written(row.organisation_number.as_deref()),
            town: row.town,
            ended: row.ended,
        })
    });
    Ok((lines.collect::<Result<_, sqlx::Error>>()?, all))
}

/// What is published of an association: nothing about persons.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Published {
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) number: String,
    pub(crate) town: String,
    pub(crate) sports: String,
    pub(crate) ages: String,
    pub(crate) web: String,
}

/// The associations that are, by name.
pub(crate) async fn published(tx: &mut TenantTx) -> Result<Vec<Published>, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let rows = sqlx::query!(
        r#"SELECT slug AS "slug!", name, organisation_number, town, sports, age_groups, web FROM customers.customer
            WHERE kind = 'association' AND merged_into IS NULL
              AND (ended_on IS NULL OR ended_on > customers.today($2))
            ORDER BY name COLLATE "sv-x-icu", id LIMIT $1"#,
        ORGANISATIONS_MAX,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    let published = rows.into_iter().map(|row| Published {
        slug: row.slug,
        name: row.name,
        number: written(row.organisation_number.as_deref()),
        town: row.town,
        sports: row.sports,
        ages: row.age_groups,
        web: row.web,
    });
    Ok(published.collect())
}

/// Every organisation as it is compared with others.
pub(crate) async fn comparable(
    tx: &mut TenantTx,
) -> Result<Vec<(CustomerId, CustomerKind, Alike)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT id, kind, name, organisation_number, email FROM customers.customer
          WHERE kind <> 'person' AND merged_into IS NULL ORDER BY name, id LIMIT $1",
        ORGANISATIONS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let number = row.organisation_number.and_then(|digits| OrganisationNumber::parse(&digits).ok());
            let alike = Alike { name: row.name, number, email: row.email.unwrap_or_default() };
            Ok((row.id.into(), kind_named(&row.kind)?, alike))
        })
        .collect()
}

/// Ends a customer, or lets one that has ended go on.
pub(crate) async fn end(
    tx: &mut TenantTx,
    id: CustomerId,
    ended: Option<(Date, &str)>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE customers.customer SET ended_on = $2, end_reason = $3, revision = revision + 1 WHERE id = $1",
        id.uuid(),
        ended.map(|(on, _)| on.to_sqlx()) as _,
        ended.map(|(_, why)| why)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The price group that a customer is entitled to on some days.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entitlement {
    pub(crate) id: Uuid,
    pub(crate) price_group: String,
    pub(crate) during: Validity,
    pub(crate) reason: String,
}

/// What a customer is and was entitled to, newest first.
pub(crate) async fn entitlements(tx: &mut TenantTx, id: CustomerId) -> Result<Vec<Entitlement>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT id, price_group, valid_from, valid_to, reason FROM customers.entitlement
          WHERE customer_id = $1 ORDER BY valid_from DESC, id DESC LIMIT $2",
        id.uuid(),
        ENTITLEMENTS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Entitlement {
                id: row.id,
                price_group: row.price_group,
                during: stored_days(Some(row.valid_from), row.valid_to)?,
                reason: row.reason,
            })
        })
        .collect()
}

/// Entitles a customer to a price group from a day on.
pub(crate) async fn entitle(
    tx: &mut TenantTx,
    id: CustomerId,
    (price_group, from, to): (&str, Date, Option<Date>),
    reason: &str,
    by: PersonId,
) -> Result<(), sqlx::Error> {
    let (tenant, new, now) = (tx.tenant().uuid(), tx.new_id::<Uuid>(), tx.now().to_sqlx());
    sqlx::query!(
        "INSERT INTO customers.entitlement
           (tenant_id, id, customer_id, price_group, valid_from, valid_to, reason, given_by, given_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant,
        new,
        id.uuid(),
        price_group,
        from.to_sqlx(),
        to.map(Date::to_sqlx) as _,
        reason,
        by.uuid(),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets an entitlement end on a day; one that has not begun by then never was.
pub(crate) async fn end_entitlement(
    tx: &mut TenantTx,
    customer: CustomerId,
    entitlement: Uuid,
    last: Date,
) -> Result<bool, sqlx::Error> {
    let last = last.to_sqlx();
    let gone = sqlx::query!(
        "DELETE FROM customers.entitlement WHERE id = $1 AND customer_id = $2 AND valid_from > $3",
        entitlement,
        customer.uuid(),
        last
    )
    .execute(tx.conn())
    .await?;
    let ended = sqlx::query!(
        "UPDATE customers.entitlement SET valid_to = $3
          WHERE id = $1 AND customer_id = $2 AND (valid_to IS NULL OR valid_to > $3)",
        entitlement,
        customer.uuid(),
        last
    )
    .execute(tx.conn())
    .await?;
    Ok(gone.rows_affected() + ended.rows_affected() > 0)
}

/// Those of these people whose identity is protected.
pub(crate) async fn protected_of(
    tx: &mut TenantTx,
    people: &[PersonId],
) -> Result<BTreeSet<PersonId>, sqlx::Error> {
    let ids: Vec<Uuid> = people.iter().map(|person| person.uuid()).collect();
    let found = sqlx::query_scalar!(
        "SELECT person_id FROM customers.identity WHERE person_id = any($1) AND protected",
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(found.into_iter().map(PersonId::new).collect())
}
