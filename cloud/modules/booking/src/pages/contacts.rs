//! `/contacts`: those who must know of bookings, kept by officers and administrators of their authority.

use std::collections::BTreeSet;

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{
    CONTACT_PLACES_MAX, CONTACTS_MAX, ContactDuty, ContactPlace, ContactRole, Email, NAME_CHARS_MAX,
    PersonName, PurposeKind,
};
use cloud_contracts::Facility;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role, TenantTx};
use cloud_ui::{
    Button, Checkbox, EmptyState, ErrorSummary, Field, Lang, LinkCard, Notice, Select, post_button, t,
};
use http::StatusCode;
use maud::{Markup, html};
use protocols_ids::{AuthorityId, ContactId, FacilityId, ResourceId};
use serde_json::json;

use super::authorities;
use super::words::purpose_kind_name;
use crate::Ports;
use crate::store::contacts::{self as rows, Contact, NewContact};

/// What a role is called.
pub(super) fn role_name(lang: Lang, role: ContactRole) -> String {
    match role {
        ContactRole::Caretaker => t(lang, "contacts-role-caretaker", &[]),
        ContactRole::Guard => t(lang, "contacts-role-guard", &[]),
        ContactRole::Host => t(lang, "contacts-role-host", &[]),
        ContactRole::Operations => t(lang, "contacts-role-operations", &[]),
        ContactRole::Cleaner => t(lang, "contacts-role-cleaner", &[]),
    }
}

/// Who keeps those who must know, of their own authority.
const KEEPERS: [Role; 2] = [Role::Officer, Role::Administrator];

/// What is needed for the page of one contact.
struct Screen<'a> {
    visit: &'a Visit,
    authorities: Vec<(AuthorityId, String)>,
    facilities: Vec<Facility>,
    contacts: Vec<Contact>,
}

impl<'a> Screen<'a> {
    async fn read(visit: &'a Visit, tx: &mut TenantTx, ports: &Ports) -> Result<Self, Failure> {
        let kept = authorities(visit, &KEEPERS)?;
        let authorities = tx.authority_names(&kept).await?;
        let facilities = ports.facilities.all(tx).await?;
        let facilities =
            facilities.into_iter().filter(|facility| kept.contains(&facility.authority)).collect();
        let contacts = rows::of_authorities(tx, &kept).await?;
        Ok(Self { visit, authorities, facilities, contacts })
    }

    fn contact(&self, id: ContactId) -> Result<&Contact, Failure> {
        self.contacts.iter().find(|contact| contact.id == id).ok_or(Failure::NotFound)
    }

    /// Where a contact is told by themselves, in words.
    fn places(&self, duty: &ContactDuty) -> String {
        let name = |place: &ContactPlace| match place {
            ContactPlace::Facility(id) => self
                .facilities
                .iter()
                .find(|facility| facility.id == *id)
                .map(|facility| facility.name.clone()),
            ContactPlace::Resource(id) => self.facilities.iter().find_map(|facility| {
                facility.resource(*id).map(|resource| format!("{}, {}", facility.name, resource.name))
            }),
        };
        let names: Vec<String> = duty.places.iter().filter_map(name).collect();
        if names.is_empty() { t(self.visit.lang, "contacts-nowhere", &[]) } else { names.join("; ") }
    }

    fn form(&self, to: &str, typed: &Typed, errors: &ErrorSummary) -> Markup {
        let lang = self.visit.lang;
        let roles = ContactRole::ALL.iter().fold(
            Select::new("role", &t(lang, "contacts-role", &[])).chosen(&typed.role).error(errors.of("role")),
            |select, role| select.option(role.key(), &role_name(lang, *role)),
        );
        let authorities = self.authorities.iter().fold(
            Select::new("authority", &t(lang, "contacts-authority", &[]))
                .chosen(&typed.authority)
                .error(errors.of("authority")),
            |select, (id, name)| select.option(&id.to_string(), name),
        );
        let languages = Lang::all().fold(
            Select::new("language", &t(lang, "contacts-language", &[])).chosen(&typed.language),
            |select, one| select.option(one.code(), one.own_name()),
        );
        html! {
            form method="post" action=(to) {
                @if self.authorities.len() > 1 { (authorities) }
                (roles)
                (Field::text("name", &t(lang, "contacts-name", &[])).hint(&t(lang, "contacts-name-hint", &[]))
                    .autocomplete("off").value(&typed.name).error(errors.of("name")).required())
                (Field::email("email", &t(lang, "contacts-email", &[]))
                    .autocomplete("off").value(&typed.email).error(errors.of("email")).required())
                (languages)
                fieldset.field #places {
                    legend { (t(lang, "contacts-places", &[])) }
                    p.hint { (t(lang, "contacts-places-hint", &[])) }
                    @if let Some(error) = errors.of("places") { p.field-error { (error) } }
                    @for facility in &self.facilities {
                        @let key = format!("facility:{}", facility.id);
                        (Checkbox::new("place", &facility.name).value(&key).checked(typed.places.contains(&key)))
                        @if facility.resources.len() > 1 {
                            @let any = facility.resources.iter()
                                .any(|one| typed.places.contains(&format!("resource:{}", one.id)));
                            details open[any] {
                                summary { (t(lang, "contacts-parts-of", &[("facility", &facility.name)])) }
                                @for resource in &facility.resources {
                                    @let key = format!("resource:{}", resource.id);
                                    (Checkbox::new("place", &resource.name)
                                        .value(&key).checked(typed.places.contains(&key)))
                                }
                            }
                        }
                    }
                }
                fieldset.field {
                    legend { (t(lang, "contacts-purposes", &[])) }
                    p.hint { (t(lang, "contacts-purposes-hint", &[])) }
                    @for kind in PurposeKind::ALL {
                        (Checkbox::new("purpose", &purpose_kind_name(lang, kind))
                            .value(kind.key()).checked(typed.purposes.contains(&kind)))
                    }
                }
                p.actions { (Button::primary(&t(lang, "contacts-save", &[]))) }
            }
        }
    }

    fn answer(
        &self,
        status: StatusCode,
        id: Option<ContactId>,
        typed: &Typed,
        errors: &ErrorSummary,
    ) -> Response {
        let lang = self.visit.lang;
        let (title, to) = match id {
            Some(id) => (t(lang, "contacts-edit", &[]), format!("/contacts/{id}")),
            None => (t(lang, "contacts-new", &[]), "/contacts".to_owned()),
        };
        let body = html! {
            (self.form(&to, typed, errors))
            @if id.is_some() {
                p { (post_button(&format!("{to}/remove"), &Button::danger(&t(lang, "contacts-remove", &[])))) }
            }
        };
        let page = self.visit.page(&title).crumb(&t(lang, "contacts-title", &[]), "/contacts");
        (status, page.errors(errors.clone()).body(body).render()).into_response()
    }
}

/// A contact as it was typed.
#[derive(Default)]
struct Typed {
    authority: String,
    role: String,
    name: String,
    email: String,
    language: String,
    places: BTreeSet<String>,
    purposes: Vec<PurposeKind>,
}

impl Typed {
    fn read(fields: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "authority" => typed.authority = value,
                "role" => typed.role = value,
                "name" => typed.name = value,
                "email" => typed.email = value,
                "language" => typed.language = value,
                "place" => _ = typed.places.insert(value),
                "purpose" => typed.purposes.extend(PurposeKind::parse(&value)),
                _ => {}
            }
        }
        typed.purposes.sort_unstable();
        typed.purposes.dedup();
        typed
    }

    fn of(contact: &Contact) -> Self {
        let place = |place: &ContactPlace| match place {
            ContactPlace::Facility(id) => format!("facility:{id}"),
            ContactPlace::Resource(id) => format!("resource:{id}"),
        };
        Self {
            authority: contact.duty.authority.to_string(),
            role: contact.role.key().to_owned(),
            name: contact.name.clone(),
            email: contact.email.clone(),
            language: contact.language.clone(),
            places: contact.duty.places.iter().map(place).collect(),
            purposes: contact.duty.purposes.clone(),
        }
    }

    /// What is to be written, or what is wrong with it.
    fn contact(&self, screen: &Screen<'_>) -> Result<NewContact, ErrorSummary> {
        let lang = screen.visit.lang;
        let mut errors = ErrorSummary::new(lang);
        let mine = |id: &AuthorityId| screen.authorities.iter().any(|(known, _)| known == id);
        let authority = match screen.authorities.as_slice() {
            [(only, _)] => Some(*only),
            _ => self.authority.parse::<AuthorityId>().ok().filter(mine),
        };
        let role = ContactRole::parse(&self.role);
        if authority.is_none() || role.is_none() {
            let field = if authority.is_none() { "authority" } else { "role" };
            errors = errors.error(field, &t(lang, "contacts-error-choice", &[]));
        }
        let name = PersonName::parse(&self.name);
        if name.is_none() {
            errors = errors.error("name", &t(lang, "guests-error-name", &[("most", &NAME_CHARS_MAX)]));
        }
        let email = Email::parse(&self.email);
        if email.is_none() {
            errors = errors.error("email", &t(lang, "contacts-error-email", &[]));
        }
        let place = |key: &String| {
            let (kind, id) = key.split_once(':')?;
            let here = || screen.facilities.iter().filter(|facility| Some(facility.authority) == authority);
            if kind == "facility" {
                let id = id.parse::<FacilityId>().ok()?;
                return here().any(|facility| facility.id == id).then_some(ContactPlace::Facility(id));
            }
            let id = id.parse::<ResourceId>().ok()?;
            here().any(|facility| facility.resource(id).is_some()).then_some(ContactPlace::Resource(id))
        };
        let places: BTreeSet<ContactPlace> = self.places.iter().filter_map(place).collect();
        if places.len() != self.places.len() || places.len() > CONTACT_PLACES_MAX {
            errors =
                errors.error("places", &t(lang, "contacts-error-places", &[("most", &CONTACT_PLACES_MAX)]));
        }
        let language = Lang::parse(&self.language).unwrap_or(lang).code().to_owned();
        match (authority, role, name, email) {
            (Some(authority), Some(role), Some(name), Some(email)) if errors.is_empty() => Ok(NewContact {
                role,
                name,
                email,
                language,
                duty: ContactDuty { authority, places, purposes: self.purposes.clone() },
            }),
            _ => Err(errors),
        }
    }
}

/// All of them.
pub async fn list(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Markup, Failure> {
    let mut tx = visit.begin().await?;
    let screen = Screen::read(&visit, &mut tx, &ports).await?;
    tx.commit().await?;
    let lang = visit.lang;
    let card = |contact: &Contact| {
        LinkCard::new(
            &format!("{}, {}", contact.name, role_name(lang, contact.role)),
            &format!("/contacts/{}", contact.id),
        )
        .line(&contact.email)
        .line(&screen.places(&contact.duty))
    };
    let new = Button::primary(&t(lang, "contacts-new", &[])).href("/contacts/new");
    let body = html! {
        @if screen.contacts.is_empty() {
            (EmptyState::new(&t(lang, "contacts-empty", &[]), &t(lang, "contacts-empty-hint", &[])).action(new))
        } @else {
            (LinkCard::list(&screen.contacts.iter().map(card).collect::<Vec<_>>()))
            p.actions { (new) }
        }
    };
    let mut page = visit.page(&t(lang, "contacts-title", &[])).lead(&t(lang, "contacts-lead", &[]));
    for (done, text) in [
        ("done=saved", t(lang, "contacts-done-saved", &[])),
        ("done=removed", t(lang, "contacts-done-removed", &[])),
    ] {
        if visit.uri.query() == Some(done) {
            page = page.notice(Notice::success(&text));
        }
    }
    Ok(page.body(body).render())
}

/// The form for one more.
pub async fn new(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let screen = Screen::read(&visit, &mut tx, &ports).await?;
    tx.commit().await?;
    let typed = Typed { language: visit.lang.code().to_owned(), ..Typed::default() };
    Ok(screen.answer(StatusCode::OK, None, &typed, &ErrorSummary::new(visit.lang)))
}

/// The form for one that is there.
pub async fn edit(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<ContactId>,
) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let screen = Screen::read(&visit, &mut tx, &ports).await?;
    tx.commit().await?;
    let typed = Typed::of(screen.contact(id)?);
    Ok(screen.answer(StatusCode::OK, Some(id), &typed, &ErrorSummary::new(visit.lang)))
}

type Sent = Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>;

/// Writes one more.
pub async fn create(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    sent: Sent,
) -> Result<Response, Failure> {
    save(visit, ports, None, sent).await
}

/// Writes one that is there anew.
pub async fn update(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<ContactId>,
    sent: Sent,
) -> Result<Response, Failure> {
    save(visit, ports, Some(id), sent).await
}

async fn save(visit: Visit, ports: Ports, id: Option<ContactId>, sent: Sent) -> Result<Response, Failure> {
    let Form(fields) =
        sent.map_err(|_| Failure::BadRequest("a form of contacts that no page of ours has"))?;
    let typed = Typed::read(fields);
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    let screen = Screen::read(&visit, &mut tx, &ports).await?;
    if let Some(id) = id {
        screen.contact(id)?;
    }
    let new = match typed.contact(&screen) {
        Ok(new) => new,
        Err(errors) => return Ok(screen.answer(StatusCode::UNPROCESSABLE_ENTITY, id, &typed, &errors)),
    };
    if id.is_none() && screen.contacts.len() >= CONTACTS_MAX {
        let text = t(visit.lang, "contacts-error-full", &[("most", &CONTACTS_MAX)]);
        let errors = ErrorSummary::new(visit.lang).error("name", &text);
        return Ok(screen.answer(StatusCode::CONFLICT, id, &typed, &errors));
    }
    let action = if id.is_some() { "booking.contact_changed" } else { "booking.contact_made" };
    let id = id.unwrap_or_else(|| tx.new_id());
    rows::put(&mut tx, id, &new).await?;
    let detail = json!({ "role": new.role.key(), "places": new.duty.places.len() });
    tx.audit(Actor::Person(person), action, Some(id.uuid()), &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to("/contacts?done=saved").into_response())
}

/// Takes one away.
pub async fn remove(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<ContactId>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    let screen = Screen::read(&visit, &mut tx, &ports).await?;
    screen.contact(id)?;
    rows::remove(&mut tx, id).await?;
    tx.audit(Actor::Person(person), "booking.contact_removed", Some(id.uuid()), &json!({})).await?;
    tx.commit().await?;
    Ok(Redirect::to("/contacts?done=removed").into_response())
}
