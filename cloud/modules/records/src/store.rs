//! The only SQL of the module.

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::PersonId;
use records_domain::Decision;
use uuid::Uuid;

/// Rows of the log of what was destroyed, and of what was disclosed, that a page shows at most.
const SHOWN_MAX: i64 = 50;

/// A decision in force, or one that was.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: Uuid,
    pub(crate) information: String,
    pub(crate) decision: Decision,
    pub(crate) written_by: String,
    pub(crate) written_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
}

struct Row {
    id: Uuid,
    information: String,
    months: i32,
    decided_by: String,
    decided_on: jiff_sqlx::Date,
    reference: String,
    written_by: String,
    written_at: jiff_sqlx::Timestamp,
    ended_at: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    fn read(self) -> Result<Stored, sqlx::Error> {
        let months = u16::try_from(self.months).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(Stored {
            id: self.id,
            information: self.information,
            decision: Decision {
                months,
                decided_by: self.decided_by,
                decided_on: self.decided_on.to_jiff(),
                reference: self.reference,
            },
            written_by: self.written_by,
            written_at: self.written_at.to_jiff(),
            ended_at: self.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

/// Every decision in force.
pub(crate) async fn in_force(tx: &mut TenantTx) -> Result<Vec<Stored>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT said.id, said.information, said.months, said.decided_by, said.decided_on, said.reference,
                  writer.name AS "written_by!", said.written_at AS "written_at: jiff_sqlx::Timestamp",
                  said.ended_at AS "ended_at: jiff_sqlx::Timestamp"
             FROM records.decision said
             JOIN pub.person_v1 writer ON writer.tenant_id = said.tenant_id AND writer.id = said.written_by
            WHERE said.ended_at IS NULL ORDER BY said.information"#
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// What was ever decided about a type, the newest first.
pub(crate) async fn decisions(tx: &mut TenantTx, information: &str) -> Result<Vec<Stored>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT said.id, said.information, said.months, said.decided_by, said.decided_on, said.reference,
                  writer.name AS "written_by!", said.written_at AS "written_at: jiff_sqlx::Timestamp",
                  said.ended_at AS "ended_at: jiff_sqlx::Timestamp"
             FROM records.decision said
             JOIN pub.person_v1 writer ON writer.tenant_id = said.tenant_id AND writer.id = said.written_by
            WHERE said.information = $1 ORDER BY said.id DESC LIMIT $2"#,
        information,
        SHOWN_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Ends what is decided about a type. Whether anything was.
pub(crate) async fn end(tx: &mut TenantTx, information: &str) -> Result<bool, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let ended = sqlx::query!(
        "UPDATE records.decision SET ended_at = $2 WHERE information = $1 AND ended_at IS NULL",
        information,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// Writes a decision in the place of what was decided before.
pub(crate) async fn decide(
    tx: &mut TenantTx,
    information: &str,
    decision: &Decision,
    by: PersonId,
) -> Result<Uuid, sqlx::Error> {
    // Of two who write at once the second ends what the first wrote.
    let lock = format!("records {} {information}", tx.tenant());
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 47))", lock).execute(tx.conn()).await?;
    end(tx, information).await?;
    let (tenant, now, id) = (tx.tenant().uuid(), tx.now().to_sqlx(), tx.new_id::<Uuid>());
    sqlx::query!(
        "INSERT INTO records.decision
           (tenant_id, id, information, months, decided_by, decided_on, reference, written_by, written_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant,
        id,
        information,
        i32::from(decision.months),
        decision.decided_by,
        Date::to_sqlx(decision.decided_on) as _,
        decision.reference,
        by.uuid(),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// Something that was destroyed by a decision.
#[derive(Clone, Debug)]
pub(crate) struct Destroyed {
    pub(crate) information: String,
    pub(crate) records: i64,
    pub(crate) at: Timestamp,
    pub(crate) reference: String,
}

/// Writes down that so many records were destroyed.
pub(crate) async fn destroyed(
    tx: &mut TenantTx,
    stored: &Stored,
    over_before: Timestamp,
    records: u64,
) -> Result<(), sqlx::Error> {
    let (tenant, now, id) = (tx.tenant().uuid(), tx.now().to_sqlx(), tx.new_id::<Uuid>());
    sqlx::query!(
        "INSERT INTO records.destroyed (tenant_id, id, information, decision_id, over_before, records, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        id,
        stored.information,
        stored.id,
        over_before.to_sqlx() as _,
        i64::try_from(records).unwrap_or(i64::MAX),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What was destroyed last, the newest first.
pub(crate) async fn destroyed_last(tx: &mut TenantTx) -> Result<Vec<Destroyed>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT done.information, done.records, done.at, said.reference FROM records.destroyed done
           JOIN records.decision said ON said.tenant_id = done.tenant_id AND said.id = done.decision_id
          ORDER BY done.at DESC, done.id DESC LIMIT $1",
        SHOWN_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let rows = rows.into_iter().map(|row| Destroyed {
        information: row.information,
        records: row.records,
        at: row.at.to_jiff(),
        reference: row.reference,
    });
    Ok(rows.collect())
}

/// A disclosure that is to be written down, or was.
#[derive(Clone, Debug)]
pub(crate) struct Disclosure {
    pub(crate) about: String,
    pub(crate) ground: String,
    pub(crate) records: i32,
    pub(crate) masked: i32,
    pub(crate) file_sha256: Vec<u8>,
}

/// Writes down that records were disclosed.
pub(crate) async fn disclosed(
    tx: &mut TenantTx,
    by: PersonId,
    disclosure: &Disclosure,
) -> Result<Uuid, sqlx::Error> {
    let (tenant, now, id) = (tx.tenant().uuid(), tx.now().to_sqlx(), tx.new_id::<Uuid>());
    sqlx::query!(
        "INSERT INTO records.disclosure (tenant_id, id, by_id, at, about, ground, records, masked, file_sha256)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant,
        id,
        by.uuid(),
        now,
        disclosure.about,
        disclosure.ground,
        disclosure.records,
        disclosure.masked,
        disclosure.file_sha256
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// What was disclosed last, with who did it and when; the newest first.
pub(crate) async fn disclosed_last(
    tx: &mut TenantTx,
) -> Result<Vec<(String, Timestamp, Disclosure)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT officer.name AS "name!", told.at, told.about, told.ground, told.records, told.masked, told.file_sha256
             FROM records.disclosure told
             JOIN pub.person_v1 officer ON officer.tenant_id = told.tenant_id AND officer.id = told.by_id
            ORDER BY told.at DESC, told.id DESC LIMIT $1"#,
        SHOWN_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let rows = rows.into_iter().map(|row| {
        let disclosure = Disclosure {
            about: row.about,
            ground: row.ground,
            records: row.records,
            masked: row.masked,
            file_sha256: row.file_sha256,
        };
        (row.name, row.at.to_jiff(), disclosure)
    });
    Ok(rows.collect())
}
