//! The register of customers: where staff keeps it, and where an association's own people keep what is theirs.

pub(crate) mod acting;
pub(crate) mod applications;
pub(crate) mod card;
pub(crate) mod edit;
pub(crate) mod end;
pub(crate) mod entitlements;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod merge;
pub(crate) mod new;
pub(crate) mod posts;
pub(crate) mod protect;

use cloud_contracts::CustomerKind;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Role, SignedIn, TenantTx};
use cloud_ui::{ErrorSummary, Notice, Page, Tabs, t};
use maud::{Markup, html};

use crate::pages::words::customer_of;
use crate::store::holds;
use crate::store::register::{self, Card};

/// Who keeps the register.
pub(crate) fn is_staff(person: &SignedIn) -> bool {
    person.has(Role::Officer) || person.has(Role::Administrator)
}

/// Whoever looks, if they keep the register.
pub(crate) fn staff(visit: &Visit) -> Result<&SignedIn, Failure> {
    let person = visit.signed_in()?;
    if is_staff(person) { Ok(person) } else { Err(Failure::Forbidden { needs: Role::Officer }) }
}

/// What somebody comes to a customer's pages for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum For {
    /// To read what is known.
    Reading,
    /// To change what its own people keep.
    Keeping,
    /// To change what staff keeps.
    Staff,
}

/// Somebody who may, at work on a customer.
pub(crate) struct Work<'a> {
    pub(crate) visit: &'a Visit,
    pub(crate) tx: TenantTx,
    pub(crate) card: Card,
    pub(crate) person: &'a SignedIn,
    pub(crate) staff: bool,
    /// Whether they decide for it today.
    pub(crate) leads: bool,
    /// Whether it is their own, or their child.
    pub(crate) own: bool,
}

impl<'a> Work<'a> {
    /// Reads the customer. For whoever has nothing to do with it, there is no such page.
    pub(crate) async fn begin(visit: &'a Visit, id: &str, come: For) -> Result<Self, Failure> {
        let person = visit.signed_in()?;
        let id = customer_of(id)?;
        let staff = is_staff(person);
        let mut tx = visit.begin().await?;
        let (today, held) = holds::held(&mut tx, person.person).await?;
        let of_it: Vec<_> = held.iter().filter(|held| held.customer.id == id).collect();
        let holding = |held: &&&holds::Held| today.is_some_and(|today| held.during.on(today));
        let leads = of_it.iter().filter(holding).any(|held| held.hold.administers());
        let own = of_it.iter().filter(holding).any(|held| held.customer.own || held.customer.child);
        let allowed = match come {
            For::Reading => staff || of_it.iter().any(|held| holding(&held)),
            For::Keeping => staff || leads,
            For::Staff => staff,
        };
        if !allowed {
            return Err(Failure::NotFound);
        }
        let card = register::card(&mut tx, id).await?.ok_or(Failure::NotFound)?;
        Ok(Self { visit, tx, card, person, staff, leads, own })
    }

    /// What it is called to whoever looks: the name of somebody whose identity is protected is their own.
    pub(crate) fn name(&self) -> String {
        if self.hidden() {
            t(self.visit.lang, "customers-protected", &[])
        } else {
            self.card.facts.name.clone()
        }
    }

    /// Whether what is known of it is nobody else's to read without a reason.
    pub(crate) fn hidden(&self) -> bool {
        self.card.protected && !self.own
    }

    pub(crate) fn href(&self, tab: &str) -> String {
        format!("/customers/{}{tab}", self.card.id)
    }

    /// Ends the transaction and renders a page of the customer.
    pub(crate) async fn finish(
        self,
        title: &str,
        errors: ErrorSummary,
        notices: Vec<Notice>,
        body: Markup,
    ) -> Result<Markup, Failure> {
        let page = self.page(title, errors, notices, &body);
        self.tx.commit().await?;
        Ok(page.render())
    }

    fn page(&self, title: &str, errors: ErrorSummary, notices: Vec<Notice>, body: &Markup) -> Page {
        let lang = self.visit.lang;
        let path = self.visit.uri.path();
        let mut tabs = vec![(t(lang, "people-tab-card", &[]), "")];
        if self.card.kind != CustomerKind::Person {
            tabs.push((t(lang, "people-tab-acting", &[]), "/acting"));
            tabs.push((t(lang, "people-tab-posts", &[]), "/posts"));
        }
        if self.card.kind == CustomerKind::Person && self.staff && !self.hidden() {
            tabs.push((t(lang, "people-tab-acting", &[]), "/acting"));
        }
        if self.staff {
            tabs.push((t(lang, "people-tab-entitlements", &[]), "/entitlements"));
            tabs.push((t(lang, "people-tab-history", &[]), "/history"));
        }
        let shown = tabs.into_iter().fold(Tabs::new(&t(lang, "people-tabs", &[])), |tabs, (label, tab)| {
            tabs.tab(&label, &self.href(tab), path == self.href(tab))
        });
        let page = self.visit.page(title).errors(errors);
        let page = if self.staff {
            page.crumb(&t(lang, "people-register", &[]), "/customers")
        } else {
            page.crumb(&t(lang, "people-mine", &[]), "/associations")
        };
        let page = notices.into_iter().chain(self.done()).fold(page, Page::notice);
        page.body(html! { (shown) (body) })
    }

    /// What was done before this page.
    fn done(&self) -> Option<Notice> {
        let lang = self.visit.lang;
        let query = self.visit.uri.query()?;
        let text = match query.split('&').find_map(|pair| pair.strip_prefix("done="))? {
            "saved" => t(lang, "people-saved", &[]),
            "made" => t(lang, "people-made", &[]),
            "given" => t(lang, "people-given", &[]),
            "invited" => t(lang, "people-invited", &[]),
            "changed" => t(lang, "people-changed", &[]),
            "taken-back" => t(lang, "people-taken-back", &[]),
            "withdrawn" => t(lang, "people-invitation-withdrawn", &[]),
            "ended" => t(lang, "people-ended-done", &[]),
            "again" => t(lang, "people-again-done", &[]),
            "known" => t(lang, "people-known-already", &[]),
            "merged" => t(lang, "people-merged-done", &[]),
            "protected" => t(lang, "people-protect-done", &[]),
            _ => return None,
        };
        Some(Notice::success(&text))
    }
}
