//! Who asks to be in the register.

use cloud_kernel::TenantTx;
use customers_domain::{Application, Facts, Field};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{CustomerId, PersonId, Uuid};
use serde_json::{Map, Value};

/// Applications that are read at once at most: more than an officer sees through on a day.
pub(crate) const QUEUE_MAX: i64 = 200;

/// What is asked to be in the register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    Association,
    Company,
    Child,
}

impl Asked {
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Association => "association",
            Self::Company => "company",
            Self::Child => "child",
        }
    }

    pub(crate) fn parse(key: &str) -> Option<Self> {
        [Self::Association, Self::Company, Self::Child].into_iter().find(|asked| asked.key() == key)
    }
}

/// An application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) asked: Asked,
    pub(crate) applicant: PersonId,
    pub(crate) applicant_name: String,
    pub(crate) facts: Facts,
    pub(crate) statement: String,
    pub(crate) state: Application,
    pub(crate) asked_at: Timestamp,
    pub(crate) customer: Option<CustomerId>,
    /// A child's number: what it is found by, and sealed.
    pub(crate) number: Option<(Vec<u8>, Vec<u8>)>,
}

/// What is written of a new one.
pub(crate) struct New<'a> {
    pub(crate) id: Uuid,
    pub(crate) asked: Asked,
    pub(crate) applicant: PersonId,
    pub(crate) facts: &'a Facts,
    pub(crate) statement: &'a str,
    pub(crate) number: Option<(&'a [u8], &'a [u8])>,
}

fn facts_json(facts: &Facts) -> Value {
    let fields = Field::ALL.into_iter().map(|field| (field.key().to_owned(), Value::from(facts.get(field))));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn facts_of(stored: &Value) -> Facts {
    let mut facts = Facts::default();
    for field in Field::ALL {
        facts.set(field, stored.get(field.key()).and_then(Value::as_str).unwrap_or_default());
    }
    facts
}

pub(crate) async fn ask(tx: &mut TenantTx, new: &New<'_>) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query!(
        "INSERT INTO customers.application
           (tenant_id, id, kind, applicant_id, name, facts, statement, personal_number_hash,
            personal_number_ciphertext, step, asked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'asked', $10)",
        tenant,
        new.id,
        new.asked.key(),
        new.applicant.uuid(),
        new.facts.name,
        facts_json(new.facts),
        new.statement,
        new.number.map(|(hash, _)| hash),
        new.number.map(|(_, sealed)| sealed),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Which applications are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    /// This one, locked for whoever decides about it.
    One(Uuid),
    /// Those that wait, oldest first.
    Waiting,
    /// All of a person's.
    Of(PersonId),
}

pub(crate) async fn read(tx: &mut TenantTx, which: Which) -> Result<Vec<Row>, sqlx::Error> {
    let (one, waiting, of) = match which {
        Which::One(id) => (Some(id), false, None),
        Which::Waiting => (None, true, None),
        Which::Of(person) => (None, false, Some(person.uuid())),
    };
    if let Some(one) = one {
        // Whoever decides about it at the same time reads what was decided.
        sqlx::query!("SELECT id FROM customers.application WHERE id = $1 FOR UPDATE", one)
            .fetch_optional(tx.conn())
            .await?;
    }
    let rows = sqlx::query!(
        r#"SELECT a.id, a.kind, a.applicant_id, person.name AS "applicant!", a.facts, a.statement, a.step, a.reason,
                  a.asked_at, a.customer_id, a.personal_number_hash, a.personal_number_ciphertext
             FROM customers.application a
             JOIN pub.person_v1 person ON person.tenant_id = a.tenant_id AND person.id = a.applicant_id
            WHERE a.id = $1 OR ($2 AND a.step = 'asked') OR a.applicant_id = $3
            ORDER BY a.asked_at, a.id LIMIT $4"#,
        one,
        waiting,
        of,
        QUEUE_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let wrong = || sqlx::Error::Decode(format!("application {} is {:?}", row.id, row.step).into());
            Ok(Row {
                id: row.id,
                asked: Asked::parse(&row.kind).ok_or_else(wrong)?,
                applicant: row.applicant_id.into(),
                applicant_name: row.applicant,
                facts: facts_of(&row.facts),
                statement: row.statement,
                state: Application::read(&row.step, row.reason.as_deref()).ok_or_else(wrong)?,
                asked_at: row.asked_at.to_jiff(),
                customer: row.customer_id.map(CustomerId::new),
                number: row.personal_number_hash.zip(row.personal_number_ciphertext),
            })
        })
        .collect()
}

/// Writes down what was decided; a child's number is forgotten here.
pub(crate) async fn decide(
    tx: &mut TenantTx,
    id: Uuid,
    state: &Application,
    by: PersonId,
    customer: Option<CustomerId>,
) -> Result<(), sqlx::Error> {
    let now = tx.now().to_sqlx();
    let reason = match state {
        Application::Refused { reason } => Some(reason.as_str()),
        Application::Asked | Application::Approved | Application::Withdrawn => None,
    };
    sqlx::query!(
        "UPDATE customers.application
            SET step = $2, reason = $3, decided_by = $4, decided_at = $5, customer_id = $6,
                personal_number_hash = NULL, personal_number_ciphertext = NULL
          WHERE id = $1",
        id,
        state.step().key(),
        reason,
        by.uuid(),
        now,
        customer.map(CustomerId::uuid)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
