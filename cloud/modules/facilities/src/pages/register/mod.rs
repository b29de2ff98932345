//! Where the register is maintained: by the administrator, by officers of a facility's board, and by the people of an
//! association or company that owns it.

pub(crate) mod affected;
pub(crate) mod closures;
pub(crate) mod equipment;
pub(crate) mod facility;
pub(crate) mod history;
pub(crate) mod hours;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod removal;
pub(crate) mod resource;
pub(crate) mod school;
pub(crate) mod words;

use std::collections::BTreeMap;

use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role, SignedIn, TenantTx, Viewer};
use cloud_ui::{Button, ErrorSummary, Lang, Notice, Page, Select, Tabs, t};
use facilities_domain::{Fault, Wrong};
use maud::{Markup, html};
use protocols_ids::PersonId;
use uuid::Uuid;

use crate::Ports;
use crate::change::{Obstacle, Register};
use crate::store::{self, KnownFacility, Version, WhichVersions};

/// A form as it was sent: its fields by name.
#[derive(serde::Deserialize, Default)]
#[serde(transparent)]
pub(crate) struct Sent(BTreeMap<String, String>);

impl Sent {
    /// What stands in a field, without the space around it; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }

    /// Whether a box is ticked.
    pub(crate) fn ticked(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// All fields with what stands in them, by name.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// A text of several lines, with line ends as we keep them.
    pub(crate) fn long(&self, name: &str) -> String {
        self.text(name).replace("\r\n", "\n")
    }
}

/// What happened before this page.
#[derive(serde::Deserialize)]
pub(crate) struct Done {
    pub(crate) done: Option<String>,
}

/// Whether the person who looks maintains the facility.
pub(crate) async fn maintains(
    visit: &Visit,
    tx: &mut TenantTx,
    ports: &Ports,
    known: &KnownFacility,
) -> Result<bool, Failure> {
    let Viewer::SignedIn(person) = &visit.viewer else { return Ok(false) };
    if decides(person, known) {
        return Ok(true);
    }
    match known.owner {
        Some(owner) => Ok(ports.customers.administers(tx, person.person, owner).await?),
        None => Ok(false),
    }
}

/// Whether somebody is of the staff that decides about the facility.
pub(crate) fn decides(person: &SignedIn, known: &KnownFacility) -> bool {
    person.has(Role::Administrator) || person.roles.contains(&(known.authority, Role::Officer))
}

/// Somebody who may, at work on a facility.
pub(crate) struct Work<'a> {
    pub(crate) visit: &'a Visit,
    pub(crate) ports: &'a Ports,
    pub(crate) slug: &'a str,
    pub(crate) tx: TenantTx,
    pub(crate) known: KnownFacility,
    pub(crate) person: PersonId,
    /// Whether it is staff, and not the owner's people.
    pub(crate) decides: bool,
}

impl<'a> Work<'a> {
    /// Reads the facility for somebody who maintains it.
    pub(crate) async fn begin(visit: &'a Visit, ports: &'a Ports, slug: &'a str) -> Result<Self, Failure> {
        visit.signed_in()?;
        Self::of(visit, ports, slug, visit.begin().await?).await
    }

    /// Reads it for somebody who changes it, and lets nobody else change it until then.
    pub(crate) async fn begin_change(
        visit: &'a Visit,
        ports: &'a Ports,
        slug: &'a str,
    ) -> Result<Self, Failure> {
        visit.signed_in()?;
        let mut tx = visit.begin().await?;
        store::lock_register(&mut tx).await?;
        Self::of(visit, ports, slug, tx).await
    }

    async fn of(
        visit: &'a Visit,
        ports: &'a Ports,
        slug: &'a str,
        mut tx: TenantTx,
    ) -> Result<Self, Failure> {
        let person = visit.signed_in()?;
        let known = store::known(&mut tx, Some(slug)).await?.remove(slug).ok_or(Failure::NotFound)?;
        if !maintains(visit, &mut tx, ports, &known).await? {
            return Err(Failure::Forbidden { needs: Role::Officer });
        }
        let decides = decides(person, &known);
        Ok(Self { visit, ports, slug, tx, known, person: person.person, decides })
    }

    /// The register in this person's hands, with the facility as it is known.
    pub(crate) fn register(&mut self) -> (Register<'_>, &mut KnownFacility) {
        let register = Register::new(&mut self.tx, self.ports.space.as_ref(), Actor::Person(self.person));
        (register, &mut self.known)
    }

    /// A choice between the facility as a whole and each of its resources.
    pub(crate) fn resource_select(&self, name: &str, chosen: &str) -> Select {
        let lang = self.visit.lang;
        let select = Select::new(name, &t(lang, "facilities-what", &[]))
            .option("", &t(lang, "facilities-whole-facility", &[]))
            .chosen(chosen);
        self.known
            .resources
            .iter()
            .fold(select, |select, resource| select.option(&resource.slug, &resource.facts.name))
    }

    /// Ends the transaction and renders the page with the ways to the facility's others.
    pub(crate) async fn finish(
        self,
        title: &str,
        errors: ErrorSummary,
        body: Markup,
    ) -> Result<Markup, Failure> {
        self.finish_with(title, errors, body, None).await
    }

    /// The same, with a script that this page alone has.
    pub(crate) async fn finish_with(
        self,
        title: &str,
        errors: ErrorSummary,
        body: Markup,
        script: Option<&'static str>,
    ) -> Result<Markup, Failure> {
        let lang = self.visit.lang;
        let path = self.visit.uri.path();
        let at = |tab: &str| format!("/register/{}{tab}", self.slug);
        let tabs = [
            (t(lang, "facilities-tab-facts", &[]), ""),
            (t(lang, "facilities-tab-hours", &[]), "/hours"),
            (t(lang, "facilities-tab-closures", &[]), "/closures"),
            (t(lang, "facilities-tab-equipment", &[]), "/equipment"),
            (t(lang, "facilities-photos", &[]), "/photos"),
            (t(lang, "facilities-tab-history", &[]), "/history"),
        ]
        .into_iter()
        .fold(Tabs::new(&t(lang, "facilities-tabs", &[])), |tabs, (label, tab)| {
            tabs.tab(&label, &at(tab), path == at(tab))
        });
        let page = self.page(title).errors(errors).body(html! { (tabs) (body) });
        let page = script.into_iter().fold(page, Page::asset).render();
        self.tx.commit().await?;
        Ok(page)
    }

    fn page(&self, title: &str) -> Page {
        let lang = self.visit.lang;
        let page = self
            .visit
            .page(title)
            .crumb(&t(lang, "facilities-register", &[]), "/register")
            .crumb(&self.known.facts.name, &format!("/facilities/{}/about", self.slug));
        match self.done() {
            Some(notice) => page.notice(notice),
            None => page,
        }
    }

    /// What was done before this page, with the way back.
    fn done(&self) -> Option<Notice> {
        let lang = self.visit.lang;
        let query = self.visit.uri.query().unwrap_or_default();
        let said = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name));
        let text = match said("done=")? {
            "saved" => t(lang, "facilities-saved", &[]),
            "restored" => t(lang, "facilities-restored", &[]),
            _ => return None,
        };
        let notice = Notice::success(&text);
        Some(match said("undo=").and_then(|no| no.parse::<i64>().ok()) {
            Some(no) => {
                notice.action(Button::quiet(&t(lang, "facilities-undo", &[])).href(&undo(self.slug, no)))
            }
            None => notice,
        })
    }

    /// The number of the last change of a thing, for a form of it to bear.
    pub(crate) async fn seen(&mut self, of: (Uuid, &str)) -> Result<i64, Failure> {
        Ok(store::last_written(&mut self.tx, self.known.id, of).await?)
    }

    /// What has been written of a thing since a form of it was made, oldest first. A form without a number has not been
    /// made by a page of ours, and asks for nothing.
    pub(crate) async fn written_since(
        &mut self,
        sent: &Sent,
        of: (Uuid, &str),
    ) -> Result<Vec<Version>, Failure> {
        let Ok(seen) = sent.text("seen").parse::<i64>() else { return Ok(Vec::new()) };
        let which = WhichVersions { of: Some(of), after: seen, no: None };
        let mut since = store::versions(&mut self.tx, self.known.id, which).await?;
        since.reverse();
        Ok(since)
    }
}

/// Where a change is taken back.
pub(crate) fn undo(slug: &str, no: i64) -> String {
    format!("/register/{slug}/history/restore?no={no}")
}

/// Where one is after a change, with the way to take it back where something was changed.
pub(crate) fn saved(path: &str, kept: Option<i64>) -> String {
    match kept {
        Some(no) => format!("{path}?done=saved&undo={no}"),
        None => format!("{path}?done=saved"),
    }
}

/// What a form bears of when it was made.
pub(crate) fn seen_field(no: i64) -> Markup {
    html! { input type="hidden" name="seen" value=(no); }
}

/// Why a value cannot be, as it stands beside the field.
pub(crate) fn wrong_text(lang: Lang, wrong: &Wrong) -> String {
    match wrong {
        Wrong::Missing => t(lang, "facilities-wrong-missing", &[]),
        Wrong::TooLong { most } => t(lang, "facilities-wrong-long", &[("most", most)]),
        Wrong::Unprintable => t(lang, "facilities-wrong-unprintable", &[]),
        Wrong::NoSlug => t(lang, "facilities-wrong-slug", &[]),
        Wrong::Reserved => t(lang, "facilities-wrong-reserved", &[]),
        Wrong::Taken => t(lang, "facilities-wrong-taken", &[]),
        Wrong::NoNumber { from, to } => t(lang, "facilities-wrong-number", &[("from", from), ("to", to)]),
        Wrong::Unknown => t(lang, "facilities-wrong-unknown", &[]),
        Wrong::NoTime => t(lang, "facilities-wrong-time", &[]),
        Wrong::NoDate => t(lang, "facilities-wrong-date", &[]),
        Wrong::Backwards => t(lang, "facilities-wrong-backwards", &[]),
        Wrong::TooMany { most } => t(lang, "facilities-wrong-many", &[("most", most)]),
        Wrong::NoPosition => t(lang, "facilities-wrong-position", &[]),
    }
}

/// What stands in the way of a change: the field and the words beside it; what is our own mistake is a failure.
pub(crate) fn obstacle(lang: Lang, obstacle: Obstacle) -> Result<(&'static str, String), Failure> {
    Ok(match obstacle {
        Obstacle::Fault(Fault::NoAuthority(_)) => ("authority", wrong_text(lang, &Wrong::Unknown)),
        Obstacle::Fault(Fault::NoOwner(_)) => ("owner", wrong_text(lang, &Wrong::Unknown)),
        Obstacle::Fault(Fault::NoParent(_)) => ("parent", wrong_text(lang, &Wrong::Unknown)),
        Obstacle::Fault(Fault::NoZone(_)) => ("time_zone", wrong_text(lang, &Wrong::Unknown)),
        Obstacle::Fault(Fault::NoParts) => ("parts", wrong_text(lang, &Wrong::Missing)),
        Obstacle::Fault(Fault::Wrong(key, wrong)) => (key, wrong_text(lang, &wrong)),
        Obstacle::Fault(fault @ (Fault::Awaited | Fault::OutsideParent(_))) => {
            ("parts", words::fault_text(lang, &fault))
        }
        Obstacle::Fault(fault) => ("name", words::fault_text(lang, &fault)),
        Obstacle::Database(error) => return Err(error.into()),
        Obstacle::Port(error) => return Err(error.into()),
    })
}

/// All of the problems beside their fields.
pub(crate) fn summary(lang: Lang, problems: Vec<(&'static str, Wrong)>) -> ErrorSummary {
    problems
        .into_iter()
        .fold(ErrorSummary::new(lang), |errors, (key, wrong)| errors.error(key, &wrong_text(lang, &wrong)))
}
