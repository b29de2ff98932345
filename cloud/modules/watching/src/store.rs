//! The only SQL of the module.

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff::civil::Time;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{FacilityId, PersonId, ResourceId, WatchId};
use uuid::Uuid;
use watching_domain::{Hours, Span, State, WATCHES_MAX, Weekdays, Wish};

/// Of what somebody wants a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Of {
    /// Of this.
    Resource(ResourceId),
    /// Of anything for this activity, in one facility where that is said.
    Activity(String, Option<FacilityId>),
}

/// Something that somebody follows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Watch {
    pub id: WatchId,
    pub person: PersonId,
    pub of: Of,
    pub wish: Wish,
    pub state: State,
    /// It is over then.
    pub until: Timestamp,
}

struct Row {
    id: Uuid,
    person_id: Uuid,
    resource_id: Option<Uuid>,
    activity: Option<String>,
    facility_id: Option<Uuid>,
    weekdays: Option<i16>,
    from_minute: Option<i16>,
    until_minute: Option<i16>,
    minutes: Option<i16>,
    starts_at: Option<jiff_sqlx::Timestamp>,
    ends_at: Option<jiff_sqlx::Timestamp>,
    state: String,
    until: jiff_sqlx::Timestamp,
}

fn clock(minute: i16) -> Option<Time> {
    Time::new(i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?, 0, 0).ok()
}

fn minute(clock: Time) -> i16 {
    i16::from(clock.hour()) * 60 + i16::from(clock.minute())
}

impl Row {
    fn wish(&self) -> Option<Wish> {
        if let (Some(starts_at), Some(ends_at)) = (self.starts_at, self.ends_at) {
            return Some(Wish::This(Span::new(starts_at.to_jiff(), ends_at.to_jiff())?));
        }
        Some(Wish::Any {
            days: Weekdays::from_bits(u8::try_from(self.weekdays?).ok()?)?,
            hours: Hours::new(clock(self.from_minute?)?, clock(self.until_minute?)?)?,
            minutes: u32::try_from(self.minutes?).ok()?,
        })
    }

    fn read(self) -> Result<Watch, sqlx::Error> {
        let odd = || sqlx::Error::Decode(format!("watch {} is of nothing we know", self.id).into());
        Ok(Watch {
            id: self.id.into(),
            person: self.person_id.into(),
            of: match (self.resource_id, &self.activity) {
                (Some(resource), None) => Of::Resource(resource.into()),
                (None, Some(activity)) => Of::Activity(activity.clone(), self.facility_id.map(Into::into)),
                _ => return Err(odd()),
            },
            wish: self.wish().ok_or_else(odd)?,
            state: State::parse(&self.state).ok_or_else(odd)?,
            until: self.until.to_jiff(),
        })
    }
}

/// One wish of a person after the other, until the transaction ends, so that they are counted.
pub async fn one_at_a_time(tx: &mut TenantTx, person: PersonId) -> Result<(), sqlx::Error> {
    let name = format!("watch {} {person}", tx.tenant());
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 47))", name).execute(tx.conn()).await?;
    Ok(())
}

/// What a person follows and has paused, the newest first; what is stopped or over is not among it.
pub async fn of_person(tx: &mut TenantTx, person: PersonId) -> Result<Vec<Watch>, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let most = i64::try_from(WATCHES_MAX).unwrap_or(i64::MAX);
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, person_id, resource_id, activity, facility_id, weekdays, from_minute, until_minute, minutes,
                starts_at, ends_at, state, until
           FROM watching.watch WHERE person_id = $1 AND state <> 'stopped' AND until > $2
          ORDER BY id DESC LIMIT $3",
        person.uuid(),
        now,
        most
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// One wish.
pub async fn find(tx: &mut TenantTx, id: WatchId) -> Result<Option<Watch>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, person_id, resource_id, activity, facility_id, weekdays, from_minute, until_minute, minutes,
                starts_at, ends_at, state, until
           FROM watching.watch WHERE id = $1 FOR UPDATE",
        id.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Row::read).transpose()
}

/// Writes a wish.
pub async fn insert(tx: &mut TenantTx, watch: &Watch) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    let (resource, activity, facility) = match &watch.of {
        Of::Resource(resource) => (Some(resource.uuid()), None, None),
        Of::Activity(activity, facility) => (None, Some(activity.as_str()), facility.map(Uuid::from)),
    };
    let (any, this) = match watch.wish {
        Wish::Any { days, hours, minutes } => (Some((days, hours, minutes)), None),
        Wish::This(span) => (None, Some(span)),
    };
    sqlx::query!(
        "INSERT INTO watching.watch
           (tenant_id, id, person_id, resource_id, activity, facility_id, weekdays, from_minute, until_minute, minutes,
            starts_at, ends_at, state, until, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        tenant,
        watch.id.uuid(),
        watch.person.uuid(),
        resource,
        activity,
        facility,
        any.map(|(days, ..)| i16::from(days.bits())),
        any.map(|(_, hours, _)| minute(hours.from())),
        any.map(|(_, hours, _)| minute(hours.until())),
        any.map(|(.., minutes)| i16::try_from(minutes).unwrap_or(i16::MAX)),
        this.map(|span| span.starts_at().to_sqlx()) as _,
        this.map(|span| span.ends_at().to_sqlx()) as _,
        watch.state.as_str(),
        watch.until.to_sqlx() as _,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes what somebody says of a wish now.
pub async fn turn(tx: &mut TenantTx, id: WatchId, state: State) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE watching.watch SET state = $2 WHERE id = $1", id.uuid(), state.as_str())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// What is followed of these resources, or of these activities in this facility; the longest followed first.
pub async fn followed(
    tx: &mut TenantTx,
    facility: FacilityId,
    resources: &[ResourceId],
    activities: &[String],
    at_most: i64,
) -> Result<Vec<Watch>, sqlx::Error> {
    let resources: Vec<Uuid> = resources.iter().map(|resource| resource.uuid()).collect();
    let now = tx.now().to_sqlx();
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, person_id, resource_id, activity, facility_id, weekdays, from_minute, until_minute, minutes,
                starts_at, ends_at, state, until
           FROM watching.watch
          WHERE state = 'followed' AND until > $4
            AND (resource_id = any($2)
                 OR (activity = any($3) AND (facility_id IS NULL OR facility_id = $1)))
          ORDER BY id LIMIT $5",
        facility.uuid(),
        &resources,
        activities,
        now,
        at_most
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// A time that was found for a wish.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hit {
    pub id: Uuid,
    pub watch: WatchId,
    pub resource: ResourceId,
    pub span: Span,
}

/// Writes what was found together, by one statement; what was told of the same wish and time since then is left out.
/// How many were written.
pub async fn write_hits(
    tx: &mut TenantTx,
    (notice, facility): (Uuid, FacilityId),
    hits: &[Hit],
    told_since: Timestamp,
) -> Result<u64, sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    let ids: Vec<Uuid> = hits.iter().map(|hit| hit.id).collect();
    let watches: Vec<Uuid> = hits.iter().map(|hit| hit.watch.uuid()).collect();
    let resources: Vec<Uuid> = hits.iter().map(|hit| hit.resource.uuid()).collect();
    let starts: Vec<_> = hits.iter().map(|hit| hit.span.starts_at().to_sqlx()).collect();
    let ends: Vec<_> = hits.iter().map(|hit| hit.span.ends_at().to_sqlx()).collect();
    let done = sqlx::query!(
        "INSERT INTO watching.hit
           (tenant_id, id, notice_id, watch_id, facility_id, resource_id, starts_at, ends_at, found_at)
         SELECT $1, new.id, $2, new.watch_id, $3, new.resource_id, new.starts_at, new.ends_at, $4
           FROM unnest($5::uuid[], $6::uuid[], $7::uuid[], $8::timestamptz[], $9::timestamptz[])
                AS new (id, watch_id, resource_id, starts_at, ends_at)
          WHERE NOT EXISTS (SELECT FROM watching.hit told
                             WHERE told.watch_id = new.watch_id AND told.starts_at = new.starts_at
                               AND told.resource_id = new.resource_id AND told.found_at > $10)",
        tenant,
        notice,
        facility.uuid(),
        now,
        &ids,
        &watches,
        &resources,
        &starts as _,
        &ends as _,
        told_since.to_sqlx() as _
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Everybody who is to be told of what was found together.
pub async fn to_tell(
    tx: &mut TenantTx,
    notice: Uuid,
) -> Result<Vec<(Uuid, PersonId, Timestamp)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT hit.id, watch.person_id, hit.starts_at FROM watching.hit hit
           JOIN watching.watch watch ON watch.tenant_id = hit.tenant_id AND watch.id = hit.watch_id
          WHERE hit.notice_id = $1 ORDER BY hit.id",
        notice
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.person_id.into(), row.starts_at.to_jiff())).collect())
}

/// What was found: the wish, where, and the time; and whether it is still followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundRow {
    pub watch: WatchId,
    pub person: PersonId,
    pub facility: FacilityId,
    pub resource: ResourceId,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub followed: bool,
}

/// One that was found.
pub async fn hit(tx: &mut TenantTx, id: Uuid) -> Result<Option<FoundRow>, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let row = sqlx::query!(
        r#"SELECT hit.watch_id, watch.person_id, hit.facility_id, hit.resource_id, hit.starts_at, hit.ends_at,
                  (watch.state = 'followed' AND watch.until > $2) AS "followed!"
             FROM watching.hit hit
             JOIN watching.watch watch ON watch.tenant_id = hit.tenant_id AND watch.id = hit.watch_id
            WHERE hit.id = $1"#,
        id,
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| FoundRow {
        watch: row.watch_id.into(),
        person: row.person_id.into(),
        facility: row.facility_id.into(),
        resource: row.resource_id.into(),
        starts_at: row.starts_at.to_jiff(),
        ends_at: row.ends_at.to_jiff(),
        followed: row.followed,
    }))
}

/// Erases wishes that were over by then, and times that were found and were over by then.
pub async fn erase(tx: &mut TenantTx, before: Timestamp) -> Result<u64, sqlx::Error> {
    let watches = sqlx::query!("DELETE FROM watching.watch WHERE until < $1", before.to_sqlx())
        .execute(tx.conn())
        .await?;
    let hits = sqlx::query!("DELETE FROM watching.hit WHERE ends_at < $1", before.to_sqlx())
        .execute(tx.conn())
        .await?;
    Ok(watches.rows_affected() + hits.rows_affected())
}

/// Something that is kept of what a person follows, whatever its state.
#[derive(Debug)]
pub struct Kept {
    pub id: Uuid,
    pub resource: Option<ResourceId>,
    pub activity: Option<String>,
    pub facility: Option<FacilityId>,
    pub this: Option<(Timestamp, Timestamp)>,
    pub since: Timestamp,
    pub until: Timestamp,
}

/// All that is kept of what a person follows, has paused or stopped, the oldest first.
pub async fn kept_of(tx: &mut TenantTx, person: PersonId) -> Result<Vec<Kept>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT id, resource_id, activity, facility_id, starts_at, ends_at, created_at, until
           FROM watching.watch WHERE person_id = $1 ORDER BY id",
        person.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    let kept = rows.into_iter().map(|row| Kept {
        id: row.id,
        resource: row.resource_id.map(ResourceId::new),
        activity: row.activity,
        facility: row.facility_id.map(FacilityId::new),
        this: row.starts_at.zip(row.ends_at).map(|(from, to)| (from.to_jiff(), to.to_jiff())),
        since: row.created_at.to_jiff(),
        until: row.until.to_jiff(),
    });
    Ok(kept.collect())
}

/// Destroys everything that a person follows, has paused or stopped. Returns how many wishes that was.
pub async fn destroy_of(tx: &mut TenantTx, person: PersonId) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query!("DELETE FROM watching.watch WHERE person_id = $1", person.uuid())
        .execute(tx.conn())
        .await?;
    Ok(gone.rows_affected())
}
