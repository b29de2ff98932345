//! The rules' pages: in words for everybody, and as fields, history and files for those who change them.

pub mod explain;
mod fields;
pub mod file;
pub mod form;
pub mod history;
pub mod list;
mod preview;
mod typed;

use booking_domain::{Layer, Parameter, Parameters, RuleBook, Scope};
use cloud_contracts::Facility;
use cloud_kernel::web::Failure;
use cloud_kernel::{Authority, Role, SignedIn, TenantTx};
use cloud_ui::{Lang, date_words, t};
use jiff::civil::Date;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use protocols_ids::AuthorityId;

use crate::Ports;
use crate::store::rules::{StoredLayer, layers};

/// What rules can be about, and all that is said.
struct Known {
    facilities: Vec<Facility>,
    authorities: Vec<Authority>,
    /// In order of scope and first day.
    layers: Vec<StoredLayer>,
}

impl Known {
    async fn read(tx: &mut TenantTx, ports: &Ports) -> Result<Self, Failure> {
        let facilities = ports.facilities.all(tx).await?;
        let authorities = tx.authorities().await?;
        let of: Vec<AuthorityId> = authorities.iter().map(|authority| authority.id).collect();
        let ids: Vec<_> = facilities.iter().map(|facility| facility.id).collect();
        let resources = facilities.iter().flat_map(|facility| &facility.resources);
        let resources: Vec<_> = resources.map(|resource| resource.id).collect();
        let mut layers = layers(tx, &of, &ids, &resources).await?;
        layers.sort_by_key(|stored| (stored.layer.scope, stored.layer.first));
        Ok(Self { facilities, authorities, layers })
    }

    /// The facility that a scope is or lies in.
    fn facility(&self, scope: Scope) -> Option<&Facility> {
        match scope {
            Scope::Tenant | Scope::Authority(_) => None,
            Scope::Facility(id) => self.facilities.iter().find(|facility| facility.id == id),
            Scope::Resource(id) => self.facilities.iter().find(|facility| facility.resource(id).is_some()),
        }
    }

    /// What the words of a form or a file are about; `None` where there is no such thing.
    fn scope(&self, key: &str) -> Option<Scope> {
        let facility = |slug: &str| self.facilities.iter().find(|facility| facility.slug == slug);
        match key.split_once(':') {
            None => (key == "tenant").then_some(Scope::Tenant),
            Some(("authority", slug)) => {
                let found = self.authorities.iter().find(|authority| authority.slug == slug);
                found.map(|authority| Scope::Authority(authority.id))
            }
            Some(("facility", slug)) => facility(slug).map(|facility| Scope::Facility(facility.id)),
            Some(("resource", path)) => {
                let (place, slug) = path.split_once('/')?;
                let resource = facility(place)?.resources.iter().find(|resource| resource.slug == slug)?;
                Some(Scope::Resource(resource.id))
            }
            Some(_) => None,
        }
    }

    /// The same the other way; `None` where the register no longer has it.
    fn key(&self, scope: Scope) -> Option<String> {
        Some(match scope {
            Scope::Tenant => "tenant".to_owned(),
            Scope::Authority(id) => {
                format!("authority:{}", self.authorities.iter().find(|authority| authority.id == id)?.slug)
            }
            Scope::Facility(_) => format!("facility:{}", self.facility(scope)?.slug),
            Scope::Resource(id) => {
                let facility = self.facility(scope)?;
                format!("resource:{}/{}", facility.slug, facility.resource(id)?.slug)
            }
        })
    }

    fn name(&self, lang: Lang, scope: Scope) -> String {
        let gone = || t(lang, "booking-place-gone", &[]);
        match scope {
            Scope::Tenant => t(lang, "booking-rules-tenant", &[]),
            Scope::Authority(id) => {
                let found = self.authorities.iter().find(|authority| authority.id == id);
                found.map_or_else(gone, |authority| authority.name.clone())
            }
            Scope::Facility(_) => self.facility(scope).map_or_else(gone, |facility| facility.name.clone()),
            Scope::Resource(id) => self
                .facility(scope)
                .and_then(|facility| Some(format!("{}, {}", facility.name, facility.resource(id)?.name)))
                .unwrap_or_else(gone),
        }
    }

    /// Whether what is said of `outer` is inherited by `inner`, or is said of it itself.
    fn covers(&self, outer: Scope, inner: Scope) -> bool {
        if outer == inner {
            return true;
        }
        match outer {
            Scope::Tenant => true,
            Scope::Authority(id) => match inner {
                Scope::Tenant | Scope::Authority(_) => false,
                Scope::Facility(_) | Scope::Resource(_) => {
                    self.facility(inner).is_some_and(|facility| facility.authority == id)
                }
            },
            Scope::Facility(id) => match inner {
                Scope::Tenant | Scope::Authority(_) | Scope::Facility(_) => false,
                Scope::Resource(_) => self.facility(inner).is_some_and(|facility| facility.id == id),
            },
            Scope::Resource(_) => false,
        }
    }

    /// The layers of a scope and of all that it inherits from.
    fn over(&self, scope: Scope) -> impl Iterator<Item = &StoredLayer> {
        self.layers.iter().filter(move |stored| self.covers(stored.layer.scope, scope))
    }

    /// The layers of a scope alone.
    fn own(&self, scope: Scope) -> impl Iterator<Item = &StoredLayer> {
        self.layers.iter().filter(move |stored| stored.layer.scope == scope)
    }

    /// What holds for a scope when its own layers are these.
    fn book(&self, scope: Scope, own: &[StoredLayer]) -> RuleBook {
        let farther = self.over(scope).filter(|stored| stored.layer.scope != scope);
        let layers: Vec<Layer> = farther.chain(own).map(|stored| stored.layer.clone()).collect();
        RuleBook::new(&layers)
    }

    /// Whether somebody may change what is about that: administrators of the authority whose it is; what holds
    /// everywhere, any administrator.
    fn may_change(&self, person: &SignedIn, scope: Scope) -> bool {
        let of = |authority| person.roles.contains(&(authority, Role::Administrator));
        match scope {
            Scope::Tenant => person.has(Role::Administrator),
            Scope::Authority(authority) => of(authority),
            Scope::Facility(_) | Scope::Resource(_) => {
                self.facility(scope).is_some_and(|facility| of(facility.authority))
            }
        }
    }

    /// The scope with this key, for somebody who may change it.
    fn of_administrator(&self, person: &SignedIn, key: &str) -> Result<Scope, Failure> {
        let scope = self.scope(key).ok_or(Failure::NotFound)?;
        if self.may_change(person, scope) {
            Ok(scope)
        } else {
            Err(Failure::Forbidden { needs: Role::Administrator })
        }
    }
}

/// What a layer says something of.
fn says(parameters: &Parameters) -> impl Iterator<Item = Parameter> {
    Parameter::ALL.into_iter().filter(|parameter| parameter.is_said(parameters))
}

/// A page about a scope.
fn href(path: &str, key: &str) -> String {
    format!("{path}?for={}", utf8_percent_encode(key, NON_ALPHANUMERIC))
}

/// When a layer holds, in words.
fn dates(lang: Lang, layer: &Layer, today: Date) -> String {
    let first = date_words(lang, layer.first, today);
    match layer.last {
        Some(last) => {
            let last = date_words(lang, last, today);
            t(lang, "booking-rules-dates", &[("first", &first), ("last", &last)])
        }
        None => t(lang, "booking-rules-dates-on", &[("first", &first)]),
    }
}
