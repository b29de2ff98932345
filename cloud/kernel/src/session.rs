//! People who are signed in.

use jiff::{SignedDuration, Timestamp};
use protocols_ids::{AuthorityId, CustomerId, PersonId};
use ring::digest::{SHA256, digest};

use crate::TenantTx;
use crate::db::jiff_time;

/// How long a session lasts from sign-in.
pub const SESSION_HOURS: i64 = 12;
/// The cookie that holds a session's token.
pub const SESSION_COOKIE: &str = "hallport_session";

/// A role of staff.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Role {
    /// Decides about bookings.
    Officer,
    /// Looks after a facility.
    Caretaker,
    /// Commissions gateways.
    Technician,
    /// Sets the service up for the tenant.
    Administrator,
}

impl Role {
    /// All of them, in the order of lists.
    pub const ALL: [Self; 4] = [Self::Officer, Self::Caretaker, Self::Technician, Self::Administrator];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Caretaker => "caretaker",
            Self::Technician => "technician",
            Self::Administrator => "administrator",
        }
    }

    /// Reads what [`Role::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Where to write to them.
    pub email: Option<String>,
    /// Their roles as staff, each for an authority.
    pub roles: Vec<(AuthorityId, Role)>,
    /// For whom they act, and that customer's name; nobody chosen yet is `None`.
    pub acts_for: Option<(CustomerId, String)>,
    token_hash: Vec<u8>,
}

impl SignedIn {
    /// Whether they have the role for any authority.
    pub fn has(&self, role: Role) -> bool {
        self.roles.iter().any(|(_, held)| *held == role)
    }
}

/// Who looks at a page.
#[derive(Clone, Debug, Default)]
pub enum Viewer {
    /// Somebody who has not signed in.
    #[default]
    Anonymous,
    /// Somebody who has.
    SignedIn(Box<SignedIn>),
}

/// What an identity provider says of a person.
#[derive(Clone, Debug)]
pub struct SignInPerson {
    /// The provider.
    pub issuer: String,
    /// The person there.
    pub subject: String,
    /// Their name.
    pub name: String,
    /// Where to write to them.
    pub email: Option<String>,
    /// `sv` or `en`.
    pub language: &'static str,
}

/// Where and how to write to a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    /// Their address; `None` where they have given none.
    pub email: Option<String>,
    /// Their language, `sv` or `en`.
    pub language: String,
}

fn hash(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}

/// Authorities of one tenant at most that are read at once: more boards than a municipality has.
const AUTHORITIES_MAX: i64 = 200;

/// A board or company within a tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authority {
    /// Its id.
    pub id: AuthorityId,
    /// Its short name.
    pub slug: String,
    /// What people call it.
    pub name: String,
}

impl TenantTx {
    /// Remembers a person, found again by issuer and subject; returns the person's id.
    pub async fn remember(&mut self, person: &SignInPerson) -> Result<PersonId, sqlx::Error> {
        let (tenant, now, new) = (self.tenant().uuid(), jiff_time(self.now()), self.new_id::<PersonId>());
        let id = sqlx::query_scalar!(
            "INSERT INTO kernel.person
               (tenant_id, id, issuer, subject, name, email, language, created_at, seen_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
             ON CONFLICT (tenant_id, issuer, subject)
               DO UPDATE SET name = excluded.name, email = excluded.email, seen_at = excluded.seen_at
             RETURNING id",
            tenant,
            new.uuid(),
            person.issuer,
            person.subject,
            person.name,
            person.email,
            person.language,
            now
        )
        .fetch_one(self.conn())
        .await?;
        Ok(id.into())
    }

    /// Remembers the person and begins a session; returns the person's id and the token for the cookie.
    pub async fn begin_session(&mut self, person: &SignInPerson) -> Result<(PersonId, String), sqlx::Error> {
        let id = self.remember(person).await?;
        let (tenant, now) = (self.tenant().uuid(), jiff_time(self.now()));
        let token = self.kernel().random().token();
        let hours = SignedDuration::from_hours(SESSION_HOURS);
        let expires = self.now().saturating_add(hours).unwrap_or(self.now());
        sqlx::query!(
            "INSERT INTO kernel.session (tenant_id, token_hash, person_id, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5)",
            tenant,
            hash(&token),
            id.uuid(),
            now,
            jiff_time(expires)
        )
        .execute(self.conn())
        .await?;
        // Whoever signs in sweeps away what has run out.
        sqlx::query!("DELETE FROM kernel.session WHERE expires_at < $1", now).execute(self.conn()).await?;
        Ok((id, token))
    }

    /// Who a session's token belongs to.
    pub async fn viewer(&mut self, token: &str) -> Result<Viewer, sqlx::Error> {
        let token_hash = hash(token);
        let now = jiff_time(self.now());
        let row = sqlx::query!(
            r#"SELECT p.id, p.name, p.email, s.acts_for_name,
                      CASE WHEN s.acts_until IS NULL OR s.acts_until > $2 THEN s.acts_for END AS acts_for,
                      coalesce(array_agg(r.authority_id) FILTER (WHERE r.role IS NOT NULL), '{}')
                        AS "authorities!: Vec<uuid::Uuid>",
                      coalesce(array_agg(r.role) FILTER (WHERE r.role IS NOT NULL), '{}') AS "roles!: Vec<String>"
                 FROM kernel.session s
                 JOIN kernel.person p ON p.tenant_id = s.tenant_id AND p.id = s.person_id
                 LEFT JOIN kernel.role r
                   ON r.tenant_id = p.tenant_id AND r.issuer = p.issuer AND r.subject = p.subject
                  AND NOT EXISTS (SELECT FROM kernel.barred b
                                   WHERE b.tenant_id = p.tenant_id AND b.issuer = p.issuer AND b.subject = p.subject)
                WHERE s.token_hash = $1 AND s.expires_at > $2
                GROUP BY p.tenant_id, p.id, s.tenant_id, s.token_hash"#,
            token_hash,
            now
        )
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map_or(Viewer::Anonymous, |row| {
            let roles = row
                .authorities
                .into_iter()
                .zip(&row.roles)
                .filter_map(|(authority, role)| Some((authority.into(), Role::parse(role)?)))
                .collect();
            Viewer::SignedIn(Box::new(SignedIn {
                person: row.id.into(),
                name: row.name,
                email: row.email,
                roles,
                acts_for: row.acts_for.map(|id| (id.into(), row.acts_for_name.unwrap_or_default())),
                token_hash,
            }))
        }))
    }

    /// Chooses for whom a session acts. Whether the person may is the caller's to know.
    pub async fn act_for(
        &mut self,
        token: &str,
        customer: CustomerId,
        name: &str,
    ) -> Result<(), sqlx::Error> {
        self.act_for_until(token, customer, name, None).await
    }

    /// The same, until a moment at most.
    pub async fn act_for_until(
        &mut self,
        token: &str,
        customer: CustomerId,
        name: &str,
        until: Option<Timestamp>,
    ) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "UPDATE kernel.session SET acts_for = $2, acts_for_name = $3, acts_until = $4 WHERE token_hash = $1",
            hash(token),
            customer.uuid(),
            name,
            until.map(jiff_time) as _
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Until when the sessions of these people that act for a customer do so; none of them does any more where that is now
    /// or before.
    pub async fn acts_until(
        &mut self,
        people: &[PersonId],
        customer: CustomerId,
        until: Option<Timestamp>,
    ) -> Result<(), sqlx::Error> {
        let people: Vec<uuid::Uuid> = people.iter().map(|person| person.uuid()).collect();
        sqlx::query!(
            "UPDATE kernel.session SET acts_until = $3 WHERE person_id = any($1) AND acts_for = $2",
            &people,
            customer.uuid(),
            until.map(jiff_time) as _
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Lets every session that acts for a customer act for another one, which it has become.
    pub async fn acts_for_instead(
        &mut self,
        gone: CustomerId,
        kept: CustomerId,
        name: &str,
    ) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "UPDATE kernel.session SET acts_for = $2, acts_for_name = $3 WHERE acts_for = $1",
            gone.uuid(),
            kept.uuid(),
            name
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Where and how to write to a person.
    pub async fn contact(&mut self, person: PersonId) -> Result<Option<Contact>, sqlx::Error> {
        sqlx::query_as!(Contact, "SELECT email, language FROM kernel.person WHERE id = $1", person.uuid())
            .fetch_optional(self.conn())
            .await
    }

    /// Where and how to write to each of these persons, by one statement.
    pub async fn contacts(&mut self, persons: &[PersonId]) -> Result<Vec<(PersonId, Contact)>, sqlx::Error> {
        let ids: Vec<uuid::Uuid> = persons.iter().map(|person| person.uuid()).collect();
        let rows = sqlx::query!("SELECT id, email, language FROM kernel.person WHERE id = any($1)", &ids)
            .fetch_all(self.conn())
            .await?;
        let contacts = rows.into_iter();
        let contacts =
            contacts.map(|row| (row.id.into(), Contact { email: row.email, language: row.language }));
        Ok(contacts.collect())
    }

    /// Ends a session.
    pub async fn end_session(&mut self, session: &SignedIn) -> Result<(), sqlx::Error> {
        sqlx::query!("DELETE FROM kernel.session WHERE token_hash = $1", session.token_hash)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// What these authorities are called, by name.
    pub async fn authority_names(
        &mut self,
        ids: &[AuthorityId],
    ) -> Result<Vec<(AuthorityId, String)>, sqlx::Error> {
        let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let rows =
            sqlx::query!("SELECT id, name FROM kernel.authority WHERE id = any($1) ORDER BY name, id", &ids)
                .fetch_all(self.conn())
                .await?;
        Ok(rows.into_iter().map(|row| (row.id.into(), row.name)).collect())
    }

    /// Every authority of the tenant, by name.
    pub async fn authorities(&mut self) -> Result<Vec<Authority>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"SELECT id, slug, name FROM kernel.authority ORDER BY name COLLATE "sv-x-icu", slug LIMIT $1"#,
            AUTHORITIES_MAX
        )
        .fetch_all(self.conn())
        .await?;
        let authorities = rows.into_iter();
        Ok(authorities.map(|row| Authority { id: row.id.into(), slug: row.slug, name: row.name }).collect())
    }

    /// The authority with this short name.
    pub async fn authority(&mut self, slug: &str) -> Result<Option<AuthorityId>, sqlx::Error> {
        let id = sqlx::query_scalar!("SELECT id FROM kernel.authority WHERE slug = $1", slug)
            .fetch_optional(self.conn())
            .await?;
        Ok(id.map(AuthorityId::new))
    }
}
