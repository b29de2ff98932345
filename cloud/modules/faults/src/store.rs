//! The only SQL of the module.

use std::collections::BTreeMap;

use cloud_kernel::TenantTx;
use cloud_photos::Print;
use faults_domain::{Grade, Kind, Report, State};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{ClosureId, FacilityId, FaultId, PersonId, ResourceId};
use uuid::Uuid;

/// Places of one facility at most: its number is three digits on a label.
pub const PLACES_MAX: i16 = 200;
/// What is shown of one facility's open faults at most: with more something else than a list is needed.
const OPEN_MAX: i64 = 500;
/// What has ended lately is shown so far.
const ENDED_MAX: i64 = 30;
/// Steps of one fault that are shown at most, the newest.
const ENTRIES_MAX: i64 = 200;
/// Reports of one fault that are shown at most, the oldest: the first ones say what it is.
const REPORTS_MAX: i64 = 50;

/// A place that a label points at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    pub no: i16,
    pub name: String,
    pub resource: Option<ResourceId>,
}

/// A fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    pub id: FaultId,
    pub facility: FacilityId,
    pub place: Option<Place>,
    pub kind: Kind,
    pub state: State,
    pub closure: Option<ClosureId>,
    pub reported_at: Timestamp,
    pub changed_at: Timestamp,
    /// How many have said so.
    pub reports: i64,
}

struct Row {
    id: Uuid,
    facility_id: Uuid,
    place_no: Option<i16>,
    place_name: Option<String>,
    resource_id: Option<Uuid>,
    kind: String,
    state: String,
    taken_by: Option<Uuid>,
    joined_into: Option<Uuid>,
    closure_id: Option<Uuid>,
    reported_at: jiff_sqlx::Timestamp,
    changed_at: jiff_sqlx::Timestamp,
    reports: i64,
}

impl Row {
    fn read(self) -> Result<Fault, sqlx::Error> {
        let odd = || sqlx::Error::Decode(format!("fault {} is nothing we know", self.id).into());
        let state =
            State::parse(&self.state, self.taken_by.map(Into::into), self.joined_into.map(Into::into));
        let resource = self.resource_id.map(Into::into);
        Ok(Fault {
            id: self.id.into(),
            facility: self.facility_id.into(),
            kind: Kind::parse(&self.kind).ok_or_else(odd)?,
            state: state.ok_or_else(odd)?,
            place: self.place_no.zip(self.place_name).map(|(no, name)| Place { no, name, resource }),
            closure: self.closure_id.map(Into::into),
            reported_at: self.reported_at.to_jiff(),
            changed_at: self.changed_at.to_jiff(),
            reports: self.reports,
        })
    }
}

/// The rows of faults with what is told of each in a list.
macro_rules! faults {
    ($tx:expr, $rest:literal, $($value:expr),*) => {
        sqlx::query_as!(
            Row,
            r#"SELECT fault.id, fault.facility_id, fault.place_no, place.name AS "place_name?",
                      place.resource_id AS "resource_id?", fault.kind, fault.state, fault.taken_by, fault.joined_into,
                      fault.closure_id, fault.reported_at, fault.changed_at,
                      (SELECT count(*) FROM faults.report report
                        WHERE report.tenant_id = fault.tenant_id AND report.fault_id = fault.id) AS "reports!"
                 FROM faults.fault fault
                 LEFT JOIN faults.place place ON place.tenant_id = fault.tenant_id
                  AND place.facility_id = fault.facility_id AND place.no = fault.place_no "# + $rest,
            $($value),*
        )
        .fetch_all($tx.conn())
    };
}

/// What is wrong at these facilities, the oldest first.
pub async fn open(tx: &mut TenantTx, facilities: &[FacilityId]) -> Result<Vec<Fault>, sqlx::Error> {
    let ids: Vec<Uuid> = facilities.iter().map(|facility| facility.uuid()).collect();
    let rows = faults!(
        tx,
        "WHERE fault.facility_id = any($1) AND fault.state IN ('reported', 'taken')
         ORDER BY fault.reported_at, fault.id LIMIT $2",
        &ids,
        OPEN_MAX
    );
    rows.await?.into_iter().map(Row::read).collect()
}

/// What ended at these facilities since then, the latest first.
pub async fn ended(
    tx: &mut TenantTx,
    facilities: &[FacilityId],
    since: Timestamp,
) -> Result<Vec<Fault>, sqlx::Error> {
    let ids: Vec<Uuid> = facilities.iter().map(|facility| facility.uuid()).collect();
    let rows = faults!(
        tx,
        "WHERE fault.facility_id = any($1) AND fault.state IN ('mended', 'no_fault') AND fault.changed_at > $2
         ORDER BY fault.changed_at DESC, fault.id LIMIT $3",
        &ids,
        since.to_sqlx() as _,
        ENDED_MAX
    );
    rows.await?.into_iter().map(Row::read).collect()
}

/// One fault.
pub async fn find(tx: &mut TenantTx, id: FaultId) -> Result<Option<Fault>, sqlx::Error> {
    let rows = faults!(tx, "WHERE fault.id = $1", id.uuid());
    rows.await?.pop().map(Row::read).transpose()
}

/// Lets nobody else change these faults until the transaction ends; in order of their ids, so that two who join the same
/// two do not wait for each other.
pub async fn lock(tx: &mut TenantTx, ids: &[FaultId]) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    sqlx::query!("SELECT id FROM faults.fault WHERE id = any($1) ORDER BY id FOR UPDATE", &ids)
        .fetch_all(tx.conn())
        .await?;
    Ok(())
}

/// Writes a fault that is new.
pub async fn insert(
    tx: &mut TenantTx,
    id: FaultId,
    facility: FacilityId,
    place: Option<i16>,
    kind: Kind,
) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query!(
        "INSERT INTO faults.fault (tenant_id, id, facility_id, place_no, kind, state, reported_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, 'reported', $6, $6)",
        tenant,
        id.uuid(),
        facility.uuid(),
        place,
        kind.key(),
        now as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes what a fault has become.
pub async fn set_state(tx: &mut TenantTx, id: FaultId, state: State) -> Result<(), sqlx::Error> {
    let now = tx.now().to_sqlx();
    let (by, into) = match state {
        State::Taken(person) => (Some(person.uuid()), None),
        State::Joined(other) => (None, Some(other.uuid())),
        State::Reported | State::Mended | State::NoFault => (None, None),
    };
    sqlx::query!(
        "UPDATE faults.fault SET state = $2, taken_by = $3, joined_into = $4, changed_at = $5 WHERE id = $1",
        id.uuid(),
        state.as_str(),
        by,
        into,
        now as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes what is closed because of a fault, or that nothing is any more.
pub async fn set_closure(
    tx: &mut TenantTx,
    id: FaultId,
    closure: Option<ClosureId>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE faults.fault SET closure_id = $2 WHERE id = $1",
        id.uuid(),
        closure.map(ClosureId::uuid)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Hands what people said of a fault to another one.
pub async fn move_reports(tx: &mut TenantTx, from: FaultId, to: FaultId) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE faults.report SET fault_id = $2 WHERE fault_id = $1", from.uuid(), to.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// How many reports came to a facility since then, and to the whole municipality.
pub async fn sent_since(
    tx: &mut TenantTx,
    facility: FacilityId,
    since: Timestamp,
) -> Result<(i64, i64), sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE facility_id = $1) AS "here!", count(*) AS "all!"
             FROM faults.report WHERE sent_at > $2"#,
        facility.uuid(),
        since.to_sqlx() as _
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((row.here, row.all))
}

/// Keeps what somebody said, with its photo.
pub async fn insert_report(
    tx: &mut TenantTx,
    id: Uuid,
    (fault, facility): (FaultId, FacilityId),
    report: &Report,
    language: &str,
    prints: &[Print],
) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query!(
        "INSERT INTO faults.report (tenant_id, id, fault_id, facility_id, words, email, language, sent_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant,
        id,
        fault.uuid(),
        facility.uuid(),
        report.words,
        report.email,
        language,
        now as _
    )
    .execute(tx.conn())
    .await?;
    for print in prints {
        let px = |side: u32| i32::try_from(side).map_err(|error| sqlx::Error::Encode(error.into()));
        sqlx::query!(
            "INSERT INTO faults.photo (tenant_id, report_id, width_px, height_px, jpeg) VALUES ($1, $2, $3, $4, $5)",
            tenant,
            id,
            px(print.width)?,
            px(print.height)?,
            print.jpeg
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// What somebody said, as the staff reads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    pub id: Uuid,
    pub words: String,
    /// Whether an answer is wanted.
    pub wants_answer: bool,
    pub sent_at: Timestamp,
    /// Width and height of the photo's prints, the smallest first.
    pub sizes: Vec<(i32, i32)>,
}

/// What was said of a fault, the oldest first.
pub async fn said(tx: &mut TenantTx, fault: FaultId) -> Result<Vec<Said>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT report.id, report.words, report.email IS NOT NULL AS "wants_answer!", report.sent_at,
                  ARRAY(SELECT photo.width_px FROM faults.photo photo WHERE photo.tenant_id = report.tenant_id
                         AND photo.report_id = report.id ORDER BY photo.width_px) AS "widths!",
                  ARRAY(SELECT photo.height_px FROM faults.photo photo WHERE photo.tenant_id = report.tenant_id
                         AND photo.report_id = report.id ORDER BY photo.width_px) AS "heights!"
             FROM faults.report report WHERE report.fault_id = $1 ORDER BY report.id LIMIT $2"#,
        fault.uuid(),
        REPORTS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let said = rows.into_iter().map(|row| Said {
        id: row.id,
        words: row.words,
        wants_answer: row.wants_answer,
        sent_at: row.sent_at.to_jiff(),
        sizes: row.widths.into_iter().zip(row.heights).collect(),
    });
    Ok(said.collect())
}

/// The fault of a report, as it is now, and when it was said.
pub async fn fault_of_report(
    tx: &mut TenantTx,
    report: Uuid,
) -> Result<Option<(FaultId, Timestamp)>, sqlx::Error> {
    let row = sqlx::query!("SELECT fault_id, sent_at FROM faults.report WHERE id = $1", report)
        .fetch_optional(tx.conn())
        .await?;
    Ok(row.map(|row| (row.fault_id.into(), row.sent_at.to_jiff())))
}

/// One print of a photo of a fault.
pub async fn print(
    tx: &mut TenantTx,
    (fault, report): (FaultId, Uuid),
    width: i32,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT photo.jpeg FROM faults.photo photo
           JOIN faults.report report ON report.tenant_id = photo.tenant_id AND report.id = photo.report_id
          WHERE report.fault_id = $1 AND photo.report_id = $2 AND photo.width_px = $3",
        fault.uuid(),
        report,
        width
    )
    .fetch_optional(tx.conn())
    .await
}

/// Who waits for an answer about a fault.
pub async fn waiting(tx: &mut TenantTx, fault: FaultId) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT id FROM faults.report WHERE fault_id = $1 AND email IS NOT NULL ORDER BY id",
        fault.uuid()
    )
    .fetch_all(tx.conn())
    .await
}

/// Writes which answer to a report holds.
pub async fn answer(tx: &mut TenantTx, report: Uuid, answer: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE faults.report SET answer_id = $2 WHERE id = $1", report, answer)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Writes that no answer about a fault holds any more.
pub async fn take_answers_back(tx: &mut TenantTx, fault: FaultId) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE faults.report SET answer_id = NULL WHERE fault_id = $1", fault.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Who is answered, and about what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answered {
    pub report: Uuid,
    pub fault: FaultId,
    pub email: String,
    pub language: String,
}

/// Whom an answer is for, while it holds.
pub async fn answered(tx: &mut TenantTx, answer: Uuid) -> Result<Option<Answered>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT id, fault_id, email AS "email!", language FROM faults.report
            WHERE answer_id = $1 AND email IS NOT NULL"#,
        answer
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Answered {
        report: row.id,
        fault: row.fault_id.into(),
        email: row.email,
        language: row.language,
    }))
}

/// Something that happened to a fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    pub step: String,
    pub text: String,
    /// Who did it; `None` where somebody had not signed in.
    pub by: Option<String>,
    pub at: Timestamp,
}

/// Writes what happened.
pub async fn write(
    tx: &mut TenantTx,
    fault: FaultId,
    by: Option<PersonId>,
    step: &str,
    text: &str,
) -> Result<(), sqlx::Error> {
    let (tenant, id, now) = (tx.tenant().uuid(), tx.new_id::<Uuid>(), tx.now().to_sqlx());
    sqlx::query!(
        "INSERT INTO faults.entry (tenant_id, id, fault_id, person_id, step, text, written_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        id,
        fault.uuid(),
        by.map(PersonId::uuid),
        step,
        text,
        now as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What happened to a fault, the newest first.
pub async fn entries(tx: &mut TenantTx, fault: FaultId) -> Result<Vec<Entry>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT entry.step, entry.text, entry.written_at, person.name AS "name?"
             FROM faults.entry entry
             LEFT JOIN pub.person_v1 person ON person.tenant_id = entry.tenant_id AND person.id = entry.person_id
            WHERE entry.fault_id = $1 ORDER BY entry.id DESC LIMIT $2"#,
        fault.uuid(),
        ENTRIES_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let entries = rows.into_iter().map(|row| Entry {
        step: row.step,
        text: row.text,
        by: row.name,
        at: row.written_at.to_jiff(),
    });
    Ok(entries.collect())
}

/// The places of a facility that labels point at, by number.
pub async fn places(tx: &mut TenantTx, facility: FacilityId) -> Result<Vec<Place>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT no, name, resource_id FROM faults.place WHERE facility_id = $1 AND removed_at IS NULL ORDER BY no",
        facility.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    let place = rows.into_iter().map(|row| Place {
        no: row.no,
        name: row.name,
        resource: row.resource_id.map(Into::into),
    });
    Ok(place.collect())
}

/// Makes a place; its number, or `None` where there are as many as may be. One who makes places at a time.
pub async fn make_place(
    tx: &mut TenantTx,
    facility: FacilityId,
    name: &str,
    resource: Option<ResourceId>,
) -> Result<Option<i16>, sqlx::Error> {
    let lock = format!("faults.place {} {facility}", tx.tenant());
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 38))", lock).execute(tx.conn()).await?;
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query_scalar!(
        "INSERT INTO faults.place (tenant_id, facility_id, no, name, resource_id, made_at)
         SELECT $1, $2, coalesce(max(no), 0) + 1, $3, $4, $5 FROM faults.place WHERE facility_id = $2
         HAVING coalesce(max(no), 0) < $6
         RETURNING no",
        tenant,
        facility.uuid(),
        name,
        resource.map(ResourceId::uuid),
        now as _,
        i32::from(PLACES_MAX)
    )
    .fetch_optional(tx.conn())
    .await
}

/// Takes a place away: its label leads to the facility from now on. Whether it was there.
pub async fn remove_place(tx: &mut TenantTx, facility: FacilityId, no: i16) -> Result<bool, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let done = sqlx::query!(
        "UPDATE faults.place SET removed_at = $3 WHERE facility_id = $1 AND no = $2 AND removed_at IS NULL",
        facility.uuid(),
        no,
        now as _
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Brings a place that was taken away back; whether it was.
pub async fn restore_place(tx: &mut TenantTx, facility: FacilityId, no: i16) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE faults.place SET removed_at = NULL WHERE facility_id = $1 AND no = $2 AND removed_at IS NOT NULL",
        facility.uuid(),
        no
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Forgets who said what of faults that ended before then, with their photos; that there was a fault stays.
pub async fn forget(tx: &mut TenantTx, before: Timestamp) -> Result<u64, sqlx::Error> {
    let before = before.to_sqlx();
    let photos = sqlx::query!(
        "DELETE FROM faults.photo photo USING faults.report report, faults.fault fault
          WHERE report.tenant_id = photo.tenant_id AND report.id = photo.report_id
            AND fault.tenant_id = report.tenant_id AND fault.id = report.fault_id
            AND fault.state IN ('mended', 'no_fault') AND fault.changed_at < $1",
        before as _
    )
    .execute(tx.conn())
    .await?;
    let words = sqlx::query!(
        "UPDATE faults.report report SET email = NULL, words = '', answer_id = NULL FROM faults.fault fault
          WHERE fault.tenant_id = report.tenant_id AND fault.id = report.fault_id
            AND fault.state IN ('mended', 'no_fault') AND fault.changed_at < $1
            AND (report.email IS NOT NULL OR report.words <> '')",
        before as _
    )
    .execute(tx.conn())
    .await?;
    Ok(photos.rows_affected() + words.rows_affected())
}

/// What somebody has graded.
pub async fn grades_of(
    tx: &mut TenantTx,
    person: PersonId,
) -> Result<BTreeMap<FacilityId, Grade>, sqlx::Error> {
    let rows =
        sqlx::query!("SELECT facility_id, stars FROM faults.grade WHERE person_id = $1", person.uuid())
            .fetch_all(tx.conn())
            .await?;
    let grade = |stars: i16| u8::try_from(stars).ok().and_then(Grade::new);
    Ok(rows.into_iter().filter_map(|row| Some((row.facility_id.into(), grade(row.stars)?))).collect())
}

/// Writes what somebody thinks of a facility now; `None` where they take it back.
pub async fn set_grade(
    tx: &mut TenantTx,
    person: PersonId,
    facility: FacilityId,
    grade: Option<Grade>,
) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    match grade {
        Some(grade) => {
            sqlx::query!(
                "INSERT INTO faults.grade (tenant_id, person_id, facility_id, stars, graded_at)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (tenant_id, person_id, facility_id)
                 DO UPDATE SET stars = excluded.stars, graded_at = excluded.graded_at",
                tenant,
                person.uuid(),
                facility.uuid(),
                i16::from(grade.stars()),
                now as _
            )
            .execute(tx.conn())
            .await?;
        }
        None => {
            sqlx::query!(
                "DELETE FROM faults.grade WHERE person_id = $1 AND facility_id = $2",
                person.uuid(),
                facility.uuid()
            )
            .execute(tx.conn())
            .await?;
        }
    }
    Ok(())
}

/// How many grades each facility has since then, and how many stars together.
pub async fn graded(
    tx: &mut TenantTx,
    since: Timestamp,
) -> Result<BTreeMap<FacilityId, (u32, u32)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT facility_id, count(*) AS "count!", sum(stars) AS "stars!" FROM faults.grade
            WHERE graded_at > $1 GROUP BY facility_id"#,
        since.to_sqlx() as _
    )
    .fetch_all(tx.conn())
    .await?;
    let number = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(rows.into_iter().map(|row| (row.facility_id.into(), (number(row.count), number(row.stars)))).collect())
}
