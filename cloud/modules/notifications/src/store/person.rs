//! What people want to be told by, and the addresses that they have proven to be theirs.

use std::collections::BTreeMap;

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff::civil::Time;
use jiff_sqlx::ToSqlx as _;
use notifications_domain::{Asked, Channel, Choices, QuietChoice, QuietHours, Topic, Wishes};
use protocols_ids::PersonId;
use uuid::Uuid;

/// What is known of a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Known {
    /// An address of their own choice, instead of the one that the sign-in tells.
    pub(crate) email: Option<String>,
    /// Their number.
    pub(crate) sms: Option<String>,
    pub(crate) choices: Choices,
    /// When nothing rings, as they chose.
    pub(crate) own_quiet: QuietChoice,
    /// The municipality's.
    pub(crate) quiet: Option<QuietHours>,
    /// Whether a code may stand in a short message.
    pub(crate) codes_by_sms: bool,
    /// Addresses that wait to be proven, by e-mail and by number.
    pub(crate) waiting: (Option<String>, Option<String>),
}

impl Known {
    /// As the rules ask for it.
    pub(crate) fn wishes(&self) -> Wishes {
        Wishes { choices: self.choices.clone(), quiet: self.own_quiet.hours(self.quiet) }
    }
}

fn quiet(from: Option<i16>, until: Option<i16>) -> Option<QuietHours> {
    QuietHours::new(clock(from?)?, clock(until?)?)
}

fn clock(minute: i16) -> Option<Time> {
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    Time::new(hour, minute, 0, 0).ok()
}

fn minute(clock: Time) -> i16 {
    i16::from(clock.hour()) * 60 + i16::from(clock.minute())
}

fn minutes(quiet: Option<QuietHours>) -> (Option<i16>, Option<i16>) {
    quiet.map(|quiet| (minute(quiet.from()), minute(quiet.until()))).unzip()
}

/// What is known of these persons, each of them, by one statement.
pub(crate) async fn known(
    tx: &mut TenantTx,
    persons: &[PersonId],
) -> Result<BTreeMap<PersonId, Known>, sqlx::Error> {
    let ids: Vec<Uuid> = persons.iter().map(|person| person.uuid()).collect();
    let now = tx.now().to_sqlx();
    let rows = sqlx::query!(
        r#"SELECT person.id AS "id!", email.address AS "email?", sms.address AS "sms?",
                  own.own_quiet AS "own_quiet?", own.quiet_from AS "own_from?", own.quiet_until AS "own_until?",
                  own.codes_by_sms AS "codes_by_sms?",
                  ours.tenant_id AS "ours?", ours.quiet_from AS "quiet_from?", ours.quiet_until AS "quiet_until?",
                  new_email.address AS "new_email?", new_sms.address AS "new_sms?",
                  (SELECT jsonb_object_agg(choice.topic, choice.channels) FROM notifications.choice choice
                    WHERE choice.person_id = person.id) AS "choices?"
             FROM unnest($1::uuid[]) AS person (id)
             LEFT JOIN notifications.address email ON email.person_id = person.id AND email.channel = 'email'
             LEFT JOIN notifications.address sms ON sms.person_id = person.id AND sms.channel = 'sms'
             LEFT JOIN notifications.proof new_email
               ON new_email.person_id = person.id AND new_email.channel = 'email' AND new_email.until > $2
             LEFT JOIN notifications.proof new_sms
               ON new_sms.person_id = person.id AND new_sms.channel = 'sms' AND new_sms.until > $2
             LEFT JOIN notifications.person_setting own ON own.person_id = person.id
             LEFT JOIN notifications.tenant_setting ours ON true"#,
        &ids,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    let known = rows.into_iter().map(|row| {
        let own = row.own_quiet.unwrap_or(false);
        let usual = Some(QuietHours::USUAL);
        let known = Known {
            email: row.email,
            sms: row.sms,
            choices: choices(row.choices.as_ref()),
            own_quiet: match (own, quiet(row.own_from, row.own_until)) {
                (false, _) => QuietChoice::Ours,
                (true, Some(hours)) => QuietChoice::Own(hours),
                (true, None) => QuietChoice::Never,
            },
            quiet: if row.ours.is_some() { quiet(row.quiet_from, row.quiet_until) } else { usual },
            codes_by_sms: row.codes_by_sms.unwrap_or(false),
            waiting: (row.new_email, row.new_sms),
        };
        (row.id.into(), known)
    });
    Ok(known.collect())
}

fn choices(stored: Option<&serde_json::Value>) -> Choices {
    let topics = stored.and_then(serde_json::Value::as_object).into_iter().flatten();
    let channels = |value: &serde_json::Value| {
        let names = value.as_array().into_iter().flatten().filter_map(serde_json::Value::as_str);
        names.filter_map(Channel::parse).collect()
    };
    topics.filter_map(|(topic, value)| Some((Topic::parse(topic)?, channels(value)))).collect()
}

/// Keeps what a person chose.
pub(crate) async fn choose(
    tx: &mut TenantTx,
    person: PersonId,
    choices: &Choices,
    own_quiet: QuietChoice,
    codes_by_sms: bool,
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    for (topic, channels) in choices {
        let channels: Vec<String> = channels.iter().map(|channel| channel.as_str().to_owned()).collect();
        sqlx::query!(
            "INSERT INTO notifications.choice (tenant_id, person_id, topic, channels) VALUES ($1, $2, $3, $4)
             ON CONFLICT (tenant_id, person_id, topic) DO UPDATE SET channels = excluded.channels",
            tenant,
            person.uuid(),
            topic.as_str(),
            &channels
        )
        .execute(tx.conn())
        .await?;
    }
    let (from, until) = minutes(own_quiet.hours(None));
    sqlx::query!(
        "INSERT INTO notifications.person_setting
           (tenant_id, person_id, own_quiet, quiet_from, quiet_until, codes_by_sms)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id, person_id) DO UPDATE SET own_quiet = excluded.own_quiet,
           quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,
           codes_by_sms = excluded.codes_by_sms",
        tenant,
        person.uuid(),
        own_quiet != QuietChoice::Ours,
        from,
        until,
        codes_by_sms
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// When nothing rings in this municipality.
pub(crate) async fn tenant_quiet(tx: &mut TenantTx) -> Result<Option<QuietHours>, sqlx::Error> {
    let row = sqlx::query!("SELECT quiet_from, quiet_until FROM notifications.tenant_setting")
        .fetch_optional(tx.conn())
        .await?;
    Ok(row.map_or(Some(QuietHours::USUAL), |row| quiet(row.quiet_from, row.quiet_until)))
}

/// Keeps when nothing rings in this municipality.
pub(crate) async fn set_tenant_quiet(
    tx: &mut TenantTx,
    quiet: Option<QuietHours>,
) -> Result<(), sqlx::Error> {
    let (tenant, (from, until)) = (tx.tenant().uuid(), minutes(quiet));
    sqlx::query!(
        "INSERT INTO notifications.tenant_setting (tenant_id, quiet_from, quiet_until) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id) DO UPDATE SET quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until",
        tenant,
        from,
        until
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// An address that waits to be proven.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Proof {
    pub(crate) address: Option<String>,
    pub(crate) secret_index: Option<Vec<u8>>,
    /// What is still to be sent, sealed.
    pub(crate) secret: Option<Vec<u8>>,
    pub(crate) until: Timestamp,
    pub(crate) wrong: u8,
    pub(crate) asked: Asked,
}

/// What a person has to prove by a channel, locked.
pub(crate) async fn proof(
    tx: &mut TenantTx,
    person: PersonId,
    channel: Channel,
) -> Result<Option<Proof>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT address, secret_index, secret, until, wrong, asked_first, asked_count FROM notifications.proof
          WHERE person_id = $1 AND channel = $2 FOR UPDATE",
        person.uuid(),
        channel.as_str()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Proof {
        address: row.address,
        secret_index: row.secret_index,
        secret: row.secret,
        until: row.until.to_jiff(),
        wrong: u8::try_from(row.wrong).unwrap_or(u8::MAX),
        asked: Asked {
            first_at: row.asked_first.to_jiff(),
            count: u8::try_from(row.asked_count).unwrap_or(u8::MAX),
        },
    }))
}

/// A secret that proves an address: its keyed hash, and itself sealed.
pub(crate) struct Secret<'a> {
    pub(crate) index: &'a [u8],
    pub(crate) sealed: &'a [u8],
    pub(crate) until: Timestamp,
}

/// Writes that an address is to be proven by a secret.
pub(crate) async fn ask_proof(
    tx: &mut TenantTx,
    person: PersonId,
    (channel, address): (Channel, &str),
    secret: &Secret<'_>,
    asked: Asked,
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO notifications.proof
           (tenant_id, person_id, channel, address, secret_index, secret, until, wrong, asked_first, asked_count)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)
         ON CONFLICT (tenant_id, person_id, channel) DO UPDATE SET address = excluded.address,
           secret_index = excluded.secret_index, secret = excluded.secret, until = excluded.until, wrong = 0,
           asked_first = excluded.asked_first, asked_count = excluded.asked_count",
        tenant,
        person.uuid(),
        channel.as_str(),
        address,
        secret.index,
        secret.sealed,
        secret.until.to_sqlx() as _,
        asked.first_at.to_sqlx() as _,
        i16::from(asked.count)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets a secret once it is sent; its hash stays.
pub(crate) async fn proof_sent(
    tx: &mut TenantTx,
    person: PersonId,
    channel: Channel,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE notifications.proof SET secret = NULL WHERE person_id = $1 AND channel = $2",
        person.uuid(),
        channel.as_str()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Counts a wrong code.
pub(crate) async fn proof_wrong(
    tx: &mut TenantTx,
    person: PersonId,
    channel: Channel,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE notifications.proof SET wrong = wrong + 1 WHERE person_id = $1 AND channel = $2 AND wrong < 100",
        person.uuid(),
        channel.as_str()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whose e-mail address the link proves.
pub(crate) async fn by_link(tx: &mut TenantTx, index: &[u8]) -> Result<Option<PersonId>, sqlx::Error> {
    let person = sqlx::query_scalar!(
        "SELECT person_id FROM notifications.proof WHERE channel = 'email' AND secret_index = $1",
        index
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(person.map(PersonId::new))
}

/// Writes that an address is proven, and that nothing is left to prove.
pub(crate) async fn proven(
    tx: &mut TenantTx,
    person: PersonId,
    (channel, address): (Channel, &str),
) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query!(
        "INSERT INTO notifications.address (tenant_id, person_id, channel, address, verified_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, person_id, channel)
           DO UPDATE SET address = excluded.address, verified_at = excluded.verified_at",
        tenant,
        person.uuid(),
        channel.as_str(),
        address,
        now
    )
    .execute(tx.conn())
    .await?;
    forget_proof(tx, person, channel).await
}

/// Forgets what was to be proven; how often was asked stays.
pub(crate) async fn forget_proof(
    tx: &mut TenantTx,
    person: PersonId,
    channel: Channel,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE notifications.proof SET address = NULL, secret_index = NULL, secret = NULL, wrong = 0
          WHERE person_id = $1 AND channel = $2",
        person.uuid(),
        channel.as_str()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes an address away.
pub(crate) async fn remove_address(
    tx: &mut TenantTx,
    person: PersonId,
    channel: Channel,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "DELETE FROM notifications.address WHERE person_id = $1 AND channel = $2",
        person.uuid(),
        channel.as_str()
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}
