//! By what people act for whom.

use cloud_contracts::CustomerKind;
use cloud_kernel::TenantTx;
use customers_domain::{Hold, Validity};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{CustomerId, PersonId, Uuid};

use super::kind_named;

/// A customer that a person may act for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ActedFor {
    pub(crate) id: CustomerId,
    pub(crate) kind: CustomerKind,
    pub(crate) name: String,
    pub(crate) price_group: Option<String>,
    /// Whether it is a person whose name is nobody else's to read.
    pub(crate) protected: bool,
    /// Whether it is the person's own.
    pub(crate) own: bool,
    /// Whether it is a child that the person is a guardian of.
    pub(crate) child: bool,
    /// The last day on which the person acts for it, where there is one.
    pub(crate) until: Option<Date>,
}

/// One right of a person to act for a customer, whenever it holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Held {
    pub(crate) mandate: Uuid,
    pub(crate) hold: Hold,
    pub(crate) during: Validity,
    /// Whether the customer books no more.
    pub(crate) ended: bool,
    pub(crate) customer: ActedFor,
}

/// A span of days as it was stored.
pub(crate) fn stored_days(
    from: Option<jiff_sqlx::Date>,
    to: Option<jiff_sqlx::Date>,
) -> Result<Validity, sqlx::Error> {
    Validity::new(from.map(jiff_sqlx::Date::to_jiff), to.map(jiff_sqlx::Date::to_jiff))
        .map_err(|error| sqlx::Error::Decode(error.into()))
}

pub(crate) fn stored_hold(key: &str) -> Result<Hold, sqlx::Error> {
    Hold::parse(key).ok_or_else(|| sqlx::Error::Decode(format!("unknown mandate {key:?}").into()))
}

/// The date it is where the tenant is.
pub(crate) async fn today(tx: &mut TenantTx) -> Result<Date, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let today =
        sqlx::query_scalar!(r#"SELECT customers.today($1) AS "today!""#, now).fetch_one(tx.conn()).await?;
    Ok(today.to_jiff())
}

/// All rights of a person to act for customers, and which date it is: the person's own first, then by name.
pub(crate) async fn held(
    tx: &mut TenantTx,
    person: PersonId,
) -> Result<(Option<Date>, Vec<Held>), sqlx::Error> {
    let now = tx.now().to_sqlx();
    let rows = sqlx::query!(
        r#"SELECT m.id AS mandate, m.role, m.valid_from, m.valid_to, c.id, c.kind, c.name,
                  customers.today($2) AS "today!",
                  coalesce((SELECT e.price_group FROM customers.entitlement e
                             WHERE e.tenant_id = c.tenant_id AND e.customer_id = c.id
                               AND e.valid_from <= customers.today($2)
                               AND (e.valid_to IS NULL OR e.valid_to >= customers.today($2))
                             ORDER BY e.valid_from DESC, e.id DESC LIMIT 1), c.price_group) AS price_group,
                  (c.ended_on IS NOT NULL AND c.ended_on <= customers.today($2)) AS "ended!",
                  (c.kind = 'person' AND
                   (EXISTS (SELECT FROM customers.mandate own
                              JOIN customers.identity i
                                ON i.tenant_id = own.tenant_id AND i.person_id = own.person_id
                             WHERE own.tenant_id = c.tenant_id AND own.customer_id = c.id
                               AND own.role = 'self' AND i.protected)
                    OR EXISTS (SELECT FROM customers.known_person known
                                WHERE known.tenant_id = c.tenant_id AND known.customer_id = c.id
                                  AND known.protected))) AS "protected!"
             FROM customers.mandate m
             JOIN customers.customer c ON c.tenant_id = m.tenant_id AND c.id = m.customer_id
            WHERE m.person_id = $1 AND c.merged_into IS NULL
            ORDER BY m.role = 'self' DESC, m.role = 'guardian' DESC, c.name, c.id, m.role"#,
        person.uuid(),
        now
    )
    .fetch_all(tx.conn())
    .await?;
    let today = rows.first().map(|row| row.today.to_jiff());
    let held = rows.into_iter().map(|row| {
        let (hold, during) = (stored_hold(&row.role)?, stored_days(row.valid_from, row.valid_to)?);
        Ok(Held {
            mandate: row.mandate,
            hold,
            during,
            ended: row.ended,
            customer: ActedFor {
                id: row.id.into(),
                kind: kind_named(&row.kind)?,
                name: row.name,
                price_group: row.price_group,
                protected: row.protected,
                own: hold == Hold::Own,
                child: hold == Hold::Guardian,
                until: during.to(),
            },
        })
    });
    Ok((today, held.collect::<Result<_, sqlx::Error>>()?))
}

/// Everybody that the person may book for today, the person's own customer first, then by name.
pub(crate) async fn acted_for(tx: &mut TenantTx, person: PersonId) -> Result<Vec<ActedFor>, sqlx::Error> {
    let (today, held) = held(tx, person).await?;
    Ok(booked_for(today, held))
}

/// Those of what somebody holds for whom they book on a day.
pub(crate) fn booked_for(today: Option<Date>, held: Vec<Held>) -> Vec<ActedFor> {
    let mut all: Vec<ActedFor> = Vec::new();
    let Some(today) = today else { return all };
    for held in held.into_iter().filter(|held| !held.ended && held.hold.books() && held.during.on(today)) {
        match all.iter_mut().find(|known| known.id == held.customer.id) {
            // By several rights: as long as the longest of them.
            Some(known) => {
                known.until = known.until.zip(held.customer.until).map(|(one, other)| one.max(other));
                known.own |= held.customer.own;
                known.child |= held.customer.child;
            }
            None => all.push(held.customer),
        }
    }
    all
}

/// Whether a person decides for a customer today: for oneself, a child, or with an administrator's mandate.
pub(crate) async fn administers(
    tx: &mut TenantTx,
    person: PersonId,
    customer: CustomerId,
) -> Result<bool, sqlx::Error> {
    let (today, held) = held(tx, person).await?;
    let Some(today) = today else { return Ok(false) };
    let decides =
        |held: &Held| held.customer.id == customer && held.hold.administers() && held.during.on(today);
    Ok(held.iter().any(decides))
}

/// One customer, whoever may act for it; one that has become another is the other.
pub(crate) async fn customer(
    tx: &mut TenantTx,
    customer: CustomerId,
) -> Result<Option<ActedFor>, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let row = sqlx::query!(
        r#"SELECT c.id, c.kind, c.name,
                  coalesce((SELECT e.price_group FROM customers.entitlement e
                             WHERE e.tenant_id = c.tenant_id AND e.customer_id = c.id
                               AND e.valid_from <= customers.today($2)
                               AND (e.valid_to IS NULL OR e.valid_to >= customers.today($2))
                             ORDER BY e.valid_from DESC, e.id DESC LIMIT 1), c.price_group) AS price_group,
                  (c.kind = 'person' AND
                   (EXISTS (SELECT FROM customers.mandate own
                              JOIN customers.identity i
                                ON i.tenant_id = own.tenant_id AND i.person_id = own.person_id
                             WHERE own.tenant_id = c.tenant_id AND own.customer_id = c.id
                               AND own.role = 'self' AND i.protected)
                    OR EXISTS (SELECT FROM customers.known_person known
                                WHERE known.tenant_id = c.tenant_id AND known.customer_id = c.id
                                  AND known.protected))) AS "protected!"
             FROM customers.customer c
            WHERE c.id = coalesce((SELECT gone.merged_into FROM customers.customer gone WHERE gone.id = $1), $1)"#,
        customer.uuid(),
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        Ok(ActedFor {
            id: row.id.into(),
            kind: kind_named(&row.kind)?,
            name: row.name,
            price_group: row.price_group,
            protected: row.protected,
            own: false,
            child: false,
            until: None,
        })
    })
    .transpose()
}
