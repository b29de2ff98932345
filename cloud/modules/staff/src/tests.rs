//! Groups, roles and provisioning over a real Postgres: what tokens say at sign-in, and conversations as the published
//! SCIM clients hold them.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::from_fn_with_state;
use cloud_contracts::{GroupsSaid, PortError, ProtectedPersons, StaffRoles as _, StaffSignIn};
use cloud_kernel::testing::Bench;
use cloud_kernel::web::know_visitor;
use cloud_kernel::{Module, Role, SignInPerson, TenantTx, Viewer};
use http::{Method, Request, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use protocols_ids::{PersonId, TenantId};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{StaffDirectory, StaffModule, import};

const ISSUER: &str = "https://login.example";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Nobody may read the name of whoever is called Skyddad.
struct Protected;

#[async_trait]
impl ProtectedPersons for Protected {
    async fn protected_among(
        &self,
        tx: &mut TenantTx,
        persons: &[PersonId],
    ) -> Result<BTreeSet<PersonId>, PortError> {
        let held = tx.held_roles().await.map_err(PortError::database)?;
        let named = held.into_iter().filter_map(|held| held.person);
        let hidden = named
            .filter(|(person, name)| persons.contains(person) && name == "Skyddad")
            .map(|(person, _)| person);
        Ok(hidden.collect())
    }
}

struct Town {
    bench: Bench,
    pages: Router,
}

struct Answer {
    status: StatusCode,
    headers: http::HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/scim+json", "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}", self.text))
    }

    #[track_caller]
    fn is(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()
    }

    /// A refusal in SCIM's shape.
    #[track_caller]
    fn refused(&self, status: u16, kind: Option<&str>) {
        let body = self.is(status);
        assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
        assert_eq!(
            (body["status"].as_str(), body["scimType"].as_str()),
            (Some(status.to_string().as_str()), kind),
            "{body}"
        );
    }
}

impl Town {
    async fn new() -> Self {
        let bench = Bench::new().await;
        bench.switch_on("staff").await;
        let module = Arc::new(StaffModule::new(Arc::new(Protected)));
        let kernel = bench.kernel.clone();
        let pages =
            module.routes().layer(from_fn_with_state(kernel.clone(), know_visitor)).with_state(kernel);
        bench.install(vec![module]);
        Self { bench, pages }
    }

    async fn rules(&self, tenant: TenantId, rules: &[(&str, &str)]) {
        let text: Vec<String> = rules
            .iter()
            .map(|(group, role)| {
                format!("[[group]]\nname = {group:?}\nrole = {role:?}\nauthority = \"namnden\"\n")
            })
            .collect();
        let mut tx = self.bench.kernel.begin(tenant).await.unwrap();
        import(&mut tx, &text.concat()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Somebody signs in with a token that says this of groups; their session.
    async fn signs_in(&self, tenant: TenantId, name: &str, groups: &GroupsSaid) -> String {
        let mut tx = self.bench.kernel.begin(tenant).await.unwrap();
        let who = SignInPerson {
            issuer: ISSUER.to_owned(),
            subject: format!("{name}@kommun.example"),
            name: name.to_owned(),
            email: None,
            language: "sv",
        };
        let (person, token) = tx.begin_session(&who).await.unwrap();
        let said =
            StaffSignIn { person, issuer: ISSUER, subject: &who.subject, staff_id: &who.subject, groups };
        StaffDirectory.signed_in(&mut tx, &said).await.unwrap();
        tx.commit().await.unwrap();
        token
    }

    /// The roles of a session; `None` where it has ended.
    async fn roles(&self, tenant: TenantId, token: &str) -> Option<Vec<Role>> {
        let mut tx = self.bench.kernel.begin(tenant).await.unwrap();
        match tx.viewer(token).await.unwrap() {
            Viewer::SignedIn(person) => {
                let roles: BTreeSet<Role> = person.roles.iter().map(|(_, role)| *role).collect();
                Some(roles.into_iter().collect())
            }
            Viewer::Anonymous => None,
        }
    }

    async fn ask(&self, host: &str, request: http::request::Builder, body: Body) -> Answer {
        let request = request.header(header::HOST, format!("{host}.localhost")).body(body).unwrap();
        let answer = self.pages.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, 8 << 20).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    async fn page(&self, session: &str, method: Method, path: &str, form: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, format!("hallport_session={session}; hallport_language=sv"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask("alfa", request, Body::from(form.to_owned())).await
    }

    /// A session of an administrator.
    async fn administrator(&self, tenant: TenantId) -> String {
        let authority =
            if tenant == self.bench.alfa { self.bench.alfa_authority } else { self.bench.beta_authority };
        let mut tx = self.bench.kernel.begin(tenant).await.unwrap();
        tx.give_role(ISSUER, "Siv@kommun.example", authority, Role::Administrator).await.unwrap();
        tx.commit().await.unwrap();
        self.signs_in(tenant, "Siv", &GroupsSaid::None).await
    }

    /// The token that the municipality's identity system shows.
    async fn key(&self) -> String {
        let session = self.administrator(self.bench.alfa).await;
        let made = self.page(&session, Method::POST, "/staff/provisioning", "").await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let key = made.text.split("id=\"new-token\">").nth(1).and_then(|rest| rest.split('<').next());
        key.unwrap_or_else(|| panic!("{}", made.text)).to_owned()
    }

    async fn scim(&self, key: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/scim/v2/{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/scim+json");
        self.ask("alfa", request, body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).await
    }

    async fn found(&self, key: &str, path: &str, filter: &str) -> Value {
        let filter = utf8_percent_encode(filter, NON_ALPHANUMERIC);
        self.scim(key, Method::GET, &format!("{path}?filter={filter}"), None).await.is(200)
    }

    async fn change(&self, key: &str, path: &str, operations: Value) -> Answer {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        self.scim(key, Method::PATCH, path, Some(body)).await
    }

    async fn user(&self, key: &str, name: &str) -> String {
        let user = json!({ "schemas": [USER], "userName": format!("{name}@kommun.example"), "active": true });
        self.scim(key, Method::POST, "Users", Some(user)).await.is(201)["id"].as_str().unwrap().to_owned()
    }
}

fn these(names: &[&str]) -> GroupsSaid {
    GroupsSaid::These(names.iter().map(|name| (*name).to_owned()).collect())
}

#[tokio::test]
async fn roles_by_groups_follow_each_sign_in_and_those_by_hand_stay() {
    let town = Town::new().await;
    let alfa = town.bench.alfa;
    town.rules(alfa, &[("Bokning", "officer"), ("Vakt å <b>", "caretaker")]).await;
    let mut tx = town.bench.kernel.begin(alfa).await.unwrap();
    tx.give_role(ISSUER, "Karin@kommun.example", town.bench.alfa_authority, Role::Technician).await.unwrap();
    tx.commit().await.unwrap();

    let session = town.signs_in(alfa, "Karin", &these(&["Bokning", "Vakt å <b>", "Lunch"])).await;
    assert_eq!(town.roles(alfa, &session).await.unwrap(), [Role::Officer, Role::Caretaker, Role::Technician]);
    // The next sign-in says less, and what is gone is gone from the older session too.
    let next = town.signs_in(alfa, "Karin", &these(&["Bokning"])).await;
    assert_eq!(town.roles(alfa, &next).await.unwrap(), [Role::Officer, Role::Technician]);
    assert_eq!(town.roles(alfa, &session).await.unwrap(), [Role::Officer, Role::Technician]);
    for nothing in [GroupsSaid::TooMany, GroupsSaid::None] {
        town.signs_in(alfa, "Karin", &these(&["Bokning"])).await;
        let session = town.signs_in(alfa, "Karin", &nothing).await;
        assert_eq!(town.roles(alfa, &session).await.unwrap(), [Role::Technician], "{nothing:?}");
    }
    // A role that is both by hand and by a group stays by hand.
    town.rules(alfa, &[("Drift", "technician")]).await;
    town.signs_in(alfa, "Karin", &these(&["Drift"])).await;
    let session = town.signs_in(alfa, "Karin", &GroupsSaid::None).await;
    assert_eq!(town.roles(alfa, &session).await.unwrap(), [Role::Technician]);
    // Another municipality has other rules for a group of that name: none.
    let beta = town.signs_in(town.bench.beta, "Karin", &these(&["Bokning"])).await;
    assert!(town.roles(town.bench.beta, &beta).await.unwrap().is_empty());

    let changes = town
        .bench
        .texts("SELECT detail::text FROM kernel.audit WHERE action = 'staff.roles_changed' ORDER BY id")
        .await;
    let first: Value = serde_json::from_str(&changes[0]).unwrap();
    assert_eq!(first["because"], "sign-in");
    assert_eq!(first["given"][0]["groups"], json!(["Bokning"]), "{first}");
    let second: Value = serde_json::from_str(&changes[1]).unwrap();
    assert_eq!(
        (second["given"].clone(), second["taken"][0]["role"].clone()),
        (json!([]), json!("caretaker")),
        "{second}"
    );
    let too_many =
        town.bench.texts("SELECT action FROM kernel.audit WHERE action = 'staff.groups_too_many'").await;
    assert_eq!(too_many.len(), 1);
}

#[tokio::test]
async fn an_administrator_lets_a_group_give_a_role_and_takes_it_back_with_effect_at_once() {
    let town = Town::new().await;
    let alfa = town.bench.alfa;
    let admin = town.administrator(alfa).await;
    let karin = town.signs_in(alfa, "Karin", &these(&["Bokning & <i>"])).await;
    let name = utf8_percent_encode("Bokning & <i>", NON_ALPHANUMERIC).to_string();
    let page = town.page(&admin, Method::GET, "/staff/groups", "").await.text;
    assert!(page.contains("Bokning &amp; &lt;i&gt;") && page.contains("Ger ingen roll"), "{page}");
    let form = format!("group={name}&role=officer&authority=namnden");
    let added = town.page(&admin, Method::POST, "/staff/groups", &form).await;
    assert_eq!(added.headers[header::LOCATION], "/staff/groups?done=added");
    assert_eq!(town.roles(alfa, &karin).await.unwrap(), [Role::Officer]);
    let page = town.page(&admin, Method::GET, "/staff", "").await.text;
    assert!(
        page.contains("Karin")
            && page.contains("Grupp: Bokning &amp; &lt;i&gt;")
            && page.contains("Getts för hand"),
        "{page}"
    );
    let removed = town.page(&admin, Method::POST, "/staff/groups/remove", &form).await;
    let back = removed.headers[header::LOCATION].to_str().unwrap().to_owned();
    assert!(town.roles(alfa, &karin).await.unwrap().is_empty());
    let page = town.page(&admin, Method::GET, &back, "").await.text;
    assert!(page.contains("Ångra"), "{page}");
    // What cannot be, and who may not.
    for wrong in [
        "group=&role=officer&authority=namnden",
        "group=a&role=king&authority=namnden",
        "group=a&role=officer&authority=x",
    ] {
        assert_eq!(
            town.page(&admin, Method::POST, "/staff/groups", wrong).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    assert_eq!(
        town.page(&admin, Method::POST, "/staff/groups/remove", &form).await.status,
        StatusCode::NOT_FOUND
    );
    for path in ["/staff", "/staff/groups", "/staff/provisioning"] {
        assert_eq!(town.page(&karin, Method::GET, path, "").await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(town.page(&karin, Method::POST, "/staff/groups", &form).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn whoever_has_a_protected_identity_is_not_named_among_staff() {
    let town = Town::new().await;
    let alfa = town.bench.alfa;
    let admin = town.administrator(alfa).await;
    town.rules(alfa, &[("Bokning", "officer")]).await;
    town.signs_in(alfa, "Skyddad", &these(&["Bokning"])).await;
    let page = town.page(&admin, Method::GET, "/staff", "").await.text;
    assert!(
        page.contains("Skyddad identitet") && !page.contains("Skyddad<") && !page.contains("Skyddad@"),
        "{page}"
    );
}

#[tokio::test]
async fn a_conversation_as_microsoft_entra_holds_it_gives_and_takes_roles() {
    let town = Town::new().await;
    let alfa = town.bench.alfa;
    let key = town.key().await;
    town.rules(alfa, &[("Bokning", "officer")]).await;
    let karin = town.signs_in(alfa, "Karin", &GroupsSaid::None).await;

    // Is there such a user? There is none: one is made.
    let none = town.found(&key, "Users", "userName eq \"karin@kommun.example\"").await;
    assert_eq!((none["totalResults"].clone(), none["Resources"].clone()), (json!(0), json!([])));
    let user = json!({
        "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": "Karin@kommun.example", "active": true,
        "emails": [{ "primary": true, "type": "work", "value": "karin@kommun.example" }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "Karin Berg", "familyName": "Berg", "givenName": "Karin" },
        "roles": [],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "Fritid" }
    });
    let made = town.scim(&key, Method::POST, "Users", Some(user.clone())).await;
    let id = made.is(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(
        made.headers[header::LOCATION],
        format!("http://alfa.localhost:8080/scim/v2/Users/{id}").as_str()
    );
    town.scim(&key, Method::POST, "Users", Some(user)).await.refused(409, Some("uniqueness"));
    let found = town.found(&key, "Users", "userName eq \"KARIN@kommun.example\"").await;
    assert_eq!(found["Resources"][0]["id"], id.as_str());
    let found = town.found(&key, "Users", "externalId eq \"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef\"").await;
    assert_eq!(found["totalResults"], 1);

    // A group, without its members at first, and found without them.
    let group = json!({ "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
                        "externalId": "g-1", "displayName": "Bokning", "meta": { "resourceType": "Group" } });
    let group =
        town.scim(&key, Method::POST, "Groups", Some(group)).await.is(201)["id"].as_str().unwrap().to_owned();
    let filter = utf8_percent_encode("displayName eq \"Bokning\"", NON_ALPHANUMERIC).to_string();
    let path = format!("Groups?excludedAttributes=members&filter={filter}");
    let found = town.scim(&key, Method::GET, &path, None).await.is(200);
    assert_eq!((found["totalResults"].clone(), found["Resources"][0].get("members")), (json!(1), None));
    assert!(town.roles(alfa, &karin).await.unwrap().is_empty());
    let members =
        |op: &str| json!([{ "op": op, "path": "members", "value": [{ "$ref": null, "value": id }] }]);
    town.change(&key, &format!("Groups/{group}"), members("Add")).await.is(200);
    assert_eq!(town.roles(alfa, &karin).await.unwrap(), [Role::Officer]);
    town.change(&key, &format!("Groups/{group}"), members("Remove")).await.is(200);
    assert!(town.roles(alfa, &karin).await.unwrap().is_empty());
    town.change(&key, &format!("Groups/{group}"), members("Add")).await.is(200);

    // Renamed, the group gives what its new name gives; by its id it gives the same under any name.
    let rename = json!([{ "op": "Replace", "path": "displayName", "value": "Bokningen" }]);
    town.change(&key, &format!("Groups/{group}"), rename).await.is(200);
    assert!(town.roles(alfa, &karin).await.unwrap().is_empty());
    town.rules(alfa, &[("g-1", "caretaker")]).await;
    assert_eq!(town.roles(alfa, &karin).await.unwrap(), [Role::Caretaker]);

    // Whoever leaves is shut out at once, with a text where a boolean belongs.
    let admin_role = "INSERT INTO kernel.role (tenant_id, issuer, subject, authority_id, role)
        SELECT tenant_id, issuer, subject, (SELECT id FROM kernel.authority a WHERE a.tenant_id = p.tenant_id), 'technician'
          FROM kernel.person p WHERE name = 'Karin'";
    town.bench.execute(admin_role).await;
    let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
    let answer = town.change(&key, &format!("Users/{id}"), off).await.is(200);
    assert_eq!(answer["active"], false);
    assert_eq!(town.roles(alfa, &karin).await, None, "the session has ended");
    let again = town.signs_in(alfa, "Karin", &these(&["Bokning"])).await;
    assert!(town.roles(alfa, &again).await.unwrap().is_empty(), "neither groups nor hands give anything");
    let admin = town.administrator(alfa).await;
    let page = town.page(&admin, Method::GET, "/staff", "").await.text;
    assert!(page.contains("Avstängd i identitetssystemet"), "{page}");
    // And let in again.
    let on = json!([{ "op": "Replace", "path": "active", "value": "True" }]);
    town.change(&key, &format!("Users/{id}"), on).await.is(200);
    assert_eq!(town.roles(alfa, &again).await.unwrap(), [Role::Officer, Role::Caretaker, Role::Technician]);
}

#[tokio::test]
async fn a_conversation_as_okta_holds_it_gives_and_takes_roles() {
    let town = Town::new().await;
    let alfa = town.bench.alfa;
    let key = town.key().await;
    town.rules(alfa, &[("Drift", "technician")]).await;
    let list = town.scim(&key, Method::GET, "Users?startIndex=1&count=2", None).await.is(200);
    assert_eq!(
        (list["totalResults"].clone(), list["startIndex"].clone(), list["itemsPerPage"].clone()),
        (json!(0), json!(1), json!(0))
    );
    let user = json!({
        "schemas": [USER], "userName": "jonas@kommun.example",
        "name": { "givenName": "Jonas", "familyName": "Ek" },
        "emails": [{ "primary": true, "value": "jonas@kommun.example", "type": "work" }],
        "displayName": "Jonas Ek", "locale": "sv-SE", "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [], "password": "1mz050nq", "active": true
    });
    let made = town.scim(&key, Method::POST, "Users", Some(user.clone())).await;
    let id = made.is(201)["id"].as_str().unwrap().to_owned();
    assert!(!made.text.contains("1mz050nq"));
    assert!(town.bench.tables_that_hold(&["1mz050nq"]).await.is_empty(), "a password is kept nowhere");
    let got = town.scim(&key, Method::GET, &format!("Users/{id}"), None).await;
    assert_eq!(
        (got.is(200)["displayName"].clone(), got.headers[header::ETAG].to_str().unwrap()),
        (json!("Jonas Ek"), "W/\"1\"")
    );

    // The group's members are put whole.
    let members = json!([{ "value": id, "display": "jonas@kommun.example" }]);
    let group = json!({ "schemas": [GROUP], "displayName": "Drift", "members": members });
    let made = town.scim(&key, Method::POST, "Groups", Some(group.clone())).await.is(201);
    let group_id = made["id"].as_str().unwrap().to_owned();
    let jonas = town.signs_in(alfa, "jonas", &GroupsSaid::None).await;
    assert_eq!(
        town.roles(alfa, &jonas).await.unwrap(),
        [Role::Technician],
        "what was provisioned before the first sign-in"
    );
    let rename = json!([{ "op": "replace", "value": { "id": group_id, "displayName": "Driften" } }]);
    town.change(&key, &format!("Groups/{group_id}"), rename).await.is(200);
    assert!(town.roles(alfa, &jonas).await.unwrap().is_empty());
    let mut whole = group;
    whole["id"] = json!(group_id);
    town.scim(&key, Method::PUT, &format!("Groups/{group_id}"), Some(whole)).await.is(200);
    assert_eq!(town.roles(alfa, &jonas).await.unwrap(), [Role::Technician]);
    let out = json!([{ "op": "remove", "path": format!("members[value eq \"{id}\"]") }]);
    town.change(&key, &format!("Groups/{group_id}"), out).await.is(200);
    assert!(town.roles(alfa, &jonas).await.unwrap().is_empty());

    // Deactivated without a path, and put back whole.
    town.change(&key, &format!("Users/{id}"), json!([{ "op": "replace", "value": { "active": false } }]))
        .await
        .is(200);
    assert_eq!(town.roles(alfa, &jonas).await, None);
    town.scim(&key, Method::PUT, &format!("Users/{id}"), Some(user)).await.is(200);
    let jonas = town.signs_in(alfa, "jonas", &GroupsSaid::None).await;
    assert_eq!(town.roles(alfa, &jonas).await.unwrap(), []);
    // Deleted: the session ends, and nothing gives a role until there is an account again.
    town.rules(alfa, &[("Token", "officer")]).await;
    let gone = town.scim(&key, Method::DELETE, &format!("Users/{id}"), None).await;
    assert_eq!((gone.status, gone.text.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(town.roles(alfa, &jonas).await, None);
    let jonas = town.signs_in(alfa, "jonas", &these(&["Token"])).await;
    assert_eq!(town.roles(alfa, &jonas).await.unwrap(), []);
    town.scim(&key, Method::GET, &format!("Users/{id}"), None).await.refused(404, None);
    town.user(&key, "jonas").await;
    assert_eq!(town.roles(alfa, &jonas).await.unwrap(), [Role::Officer]);
    let gone = town.scim(&key, Method::DELETE, &format!("Groups/{group_id}"), None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn whose_account_was_deleted_is_let_in_again_by_an_administrator() {
    let town = Town::new().await;
    let alfa = town.bench.alfa;
    let key = town.key().await;
    let admin = town.administrator(alfa).await;
    let mut tx = town.bench.kernel.begin(alfa).await.unwrap();
    tx.give_role(ISSUER, "leif@kommun.example", town.bench.alfa_authority, Role::Caretaker).await.unwrap();
    tx.commit().await.unwrap();
    town.signs_in(alfa, "leif", &GroupsSaid::None).await;
    let id = town.user(&key, "leif").await;
    town.scim(&key, Method::DELETE, &format!("Users/{id}"), None).await;
    let leif = town.signs_in(alfa, "leif", &GroupsSaid::None).await;
    assert!(town.roles(alfa, &leif).await.unwrap().is_empty());
    let page = town.page(&admin, Method::GET, "/staff", "").await.text;
    let to =
        page.split("action=\"").filter_map(|rest| rest.split('"').next()).find(|to| to.ends_with("/let-in"));
    let to = to.unwrap_or_else(|| panic!("{page}"));
    assert_eq!(town.page(&leif, Method::POST, to, "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(town.page(&admin, Method::POST, to, "").await.headers[header::LOCATION], "/staff?done=let-in");
    assert_eq!(town.roles(alfa, &leif).await.unwrap(), [Role::Caretaker]);
    assert_eq!(town.page(&admin, Method::POST, to, "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn lists_go_on_where_they_ended_and_versions_keep_two_from_undoing_each_other() {
    let town = Town::new().await;
    let key = town.key().await;
    let mut made = BTreeSet::new();
    for name in ["a", "b", "c"] {
        made.insert(town.user(&key, name).await);
    }
    let mut seen = BTreeSet::new();
    for start in [1, 3] {
        let list =
            town.scim(&key, Method::GET, &format!("Users?startIndex={start}&count=2"), None).await.is(200);
        assert_eq!(list["totalResults"], 3);
        seen.extend(
            list["Resources"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()),
        );
    }
    assert_eq!(seen, made);
    for (query, count) in
        [("startIndex=-4&count=-1", 0), ("count=0", 0), ("startIndex=9", 0), ("count=99999", 3)]
    {
        let list = town.scim(&key, Method::GET, &format!("Users?{query}"), None).await.is(200);
        assert_eq!(
            (list["itemsPerPage"].clone(), list["totalResults"].clone()),
            (json!(count), json!(3)),
            "{query}"
        );
    }
    town.scim(&key, Method::GET, "Users?startIndex=first", None).await.refused(400, Some("invalidSyntax"));

    let id = made.first().unwrap();
    let request = |method: Method, header: header::HeaderName, version: &str| {
        Request::builder()
            .method(method)
            .uri(format!("/scim/v2/Users/{id}"))
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header, version)
    };
    let operations =
        json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": "Ny" }] }).to_string();
    let body = || Body::from(operations.clone());
    town.ask("alfa", request(Method::PATCH, header::IF_MATCH, "W/\"7\""), body()).await.refused(412, None);
    let done = town.ask("alfa", request(Method::PATCH, header::IF_MATCH, "W/\"1\""), body()).await;
    assert_eq!(done.is(200)["meta"]["version"], "W/\"2\"");
    // The same again is no change.
    let done = town.ask("alfa", request(Method::PATCH, header::IF_MATCH, "W/\"2\""), body()).await;
    assert_eq!(done.is(200)["meta"]["version"], "W/\"2\"");
    let read = town.ask("alfa", request(Method::GET, header::IF_NONE_MATCH, "W/\"2\""), Body::empty()).await;
    assert_eq!(read.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn what_the_server_is_said_to_do_it_says_itself() {
    let town = Town::new().await;
    let key = town.key().await;
    let config = town.scim(&key, Method::GET, "ServiceProviderConfig", None).await.is(200);
    assert_eq!(
        (config["patch"]["supported"].clone(), config["bulk"]["supported"].clone()),
        (json!(true), json!(false))
    );
    let types = town.scim(&key, Method::GET, "ResourceTypes", None).await.is(200);
    assert_eq!(types["Resources"][1]["endpoint"], "/Groups");
    assert_eq!(town.scim(&key, Method::GET, "ResourceTypes/User", None).await.is(200)["schema"], USER);
    let schemas = town.scim(&key, Method::GET, "Schemas", None).await.is(200);
    assert_eq!(schemas["totalResults"], 2);
    let schema = town.scim(&key, Method::GET, &format!("Schemas/{USER}"), None).await.is(200);
    assert_eq!(schema["attributes"][0]["name"], "userName");
    town.scim(&key, Method::GET, "Schemas/urn:x", None).await.refused(404, None);
    town.scim(&key, Method::GET, "Bulk", None).await.refused(404, None);
    town.scim(&key, Method::DELETE, "Users", None).await.refused(405, None);
}

#[tokio::test]
async fn hostile_requests_are_refused_in_scims_shape_and_change_nothing() {
    let town = Town::new().await;
    let key = town.key().await;
    let id = town.user(&key, "a").await;
    let raw = |method: Method, path: &str, body: String| {
        let request = Request::builder()
            .method(method)
            .uri(format!("/scim/v2/{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {key}"));
        let town = &town;
        async move { town.ask("alfa", request, Body::from(body)).await }
    };
    // Neither huge nor deep ones are read.
    raw(Method::POST, "Users", "x".repeat(2 << 20)).await.refused(413, None);
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    raw(Method::POST, "Users", deep).await.refused(400, Some("invalidSyntax"));
    for not_json in ["", "{", "\u{0}", "{\"userName\":\"a\"} x"] {
        raw(Method::POST, "Users", not_json.to_owned()).await.refused(400, Some("invalidSyntax"));
    }
    let other_schema = json!({ "schemas": ["urn:x"], "userName": "b" });
    raw(Method::POST, "Users", other_schema.to_string()).await.refused(400, Some("invalidSyntax"));
    for wrong in [
        json!({}),
        json!({ "userName": ["b"] }),
        json!({ "userName": "b\u{0}" }),
        json!({ "userName": "b", "active": "ja" }),
    ] {
        raw(Method::POST, "Users", wrong.to_string()).await.refused(400, Some("invalidValue"));
    }
    for (filter, kind) in [
        ("userName sw \"a\"", "invalidFilter"),
        ("password eq \"a\"", "invalidFilter"),
        ("(", "invalidFilter"),
    ] {
        let filter = utf8_percent_encode(filter, NON_ALPHANUMERIC);
        raw(Method::GET, &format!("Users?filter={filter}"), String::new()).await.refused(400, Some(kind));
    }
    town.change(&key, &format!("Users/{id}"), json!([{ "op": "replace", "path": "nothing", "value": 1 }]))
        .await
        .refused(400, Some("invalidPath"));
    town.change(&key, &format!("Users/{id}"), json!([{ "op": "remove" }]))
        .await
        .refused(400, Some("noTarget"));
    town.change(&key, "Users/not-an-id", json!([])).await.refused(404, None);
    let stranger =
        json!({ "displayName": "g", "members": [{ "value": "00000000-0000-0000-0000-000000000001" }] });
    raw(Method::POST, "Groups", stranger.to_string()).await.refused(400, Some("invalidValue"));

    for _ in 0..6 {
        town.change(
            &key,
            &format!("Users/{id}"),
            json!([{ "op": "replace", "path": "nothing", "value": 1 }]),
        )
        .await
        .refused(400, Some("invalidPath"));
        raw(Method::POST, "Users", "{".to_owned()).await.refused(400, Some("invalidSyntax"));
    }
    // No token, another's, one that is too long, one that was taken back.
    for token in ["", "x", &"y".repeat(500), &format!("{key}x")] {
        let answer = town.scim(token, Method::GET, "Users", None).await;
        answer.refused(401, None);
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
    let admin = town.administrator(town.bench.alfa).await;
    let page = town.page(&admin, Method::GET, "/staff/provisioning", "").await.text;
    assert!(
        page.contains("no attribute") && page.contains("POST /scim/v2/Users"),
        "the refusals are told: {page}"
    );
    assert!(!page.contains(&key), "the token was shown once");
    let take_back = page
        .split("action=\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|to| to.ends_with("/take-back"));
    let taken = town.page(&admin, Method::POST, take_back.unwrap(), "").await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER);
    town.scim(&key, Method::GET, "Users", None).await.refused(401, None);
    let kept = town.bench.texts("SELECT count(*)::text FROM staff.account").await;
    assert_eq!(kept, ["1"]);
    let kept: i64 = town.bench.texts("SELECT count(*)::text FROM staff.refusal").await[0].parse().unwrap();
    assert_eq!(kept, 20, "the last ones are kept");
}

#[tokio::test]
async fn nobody_reaches_another_municipalitys_users_and_groups() {
    let town = Town::new().await;
    let key = town.key().await;
    let id = town.user(&key, "a").await;
    let group = json!({ "displayName": "g", "members": [{ "value": id }] });
    let group =
        town.scim(&key, Method::POST, "Groups", Some(group)).await.is(201)["id"].as_str().unwrap().to_owned();
    // The token is no token at the other one's address.
    let request = Request::get("/scim/v2/Users").header(header::AUTHORIZATION, format!("Bearer {key}"));
    town.ask("beta", request, Body::empty()).await.refused(401, None);
    // With a token of its own the other one finds nothing, and the same names are free.
    let mut tx = town.bench.kernel.begin(town.bench.beta).await.unwrap();
    let other = "hpp_of_beta";
    let by = tx
        .remember(&SignInPerson {
            issuer: ISSUER.into(),
            subject: "b".into(),
            name: "B".into(),
            email: None,
            language: "sv",
        })
        .await
        .unwrap();
    let token = tx.new_id();
    crate::store::tokens::make(&mut tx, token, &staff_domain::SecretHash::of(other), by).await.unwrap();
    tx.commit().await.unwrap();
    let ask = |method: Method, path: String, body: Value| {
        let request = Request::builder()
            .method(method)
            .uri(format!("/scim/v2/{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {other}"));
        let town = &town;
        async move { town.ask("beta", request, Body::from(body.to_string())).await }
    };
    assert_eq!(ask(Method::GET, "Users".to_owned(), json!({})).await.is(200)["totalResults"], 0);
    for method in [Method::GET, Method::DELETE] {
        ask(method.clone(), format!("Users/{id}"), json!({})).await.refused(404, None);
        ask(method, format!("Groups/{group}"), json!({})).await.refused(404, None);
    }
    let off = json!({ "Operations": [{ "op": "replace", "path": "active", "value": false }] });
    ask(Method::PATCH, format!("Users/{id}"), off).await.refused(404, None);
    ask(Method::POST, "Users".to_owned(), json!({ "userName": "a@kommun.example" })).await.is(201);
    let theirs = json!({ "displayName": "g", "members": [{ "value": id }] });
    ask(Method::POST, "Groups".to_owned(), theirs).await.refused(400, Some("invalidValue"));
}

#[tokio::test]
async fn a_file_of_groups_is_read_twice_and_says_what_is_wrong_with_it() {
    let town = Town::new().await;
    let read = async |text: &str| {
        let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
        let report = import(&mut tx, text).await;
        tx.commit().await.unwrap();
        report
    };
    let good = "[[group]]\nname = \"Bokning\"\nrole = \"officer\"\nauthority = \"namnden\"\n";
    assert_eq!(read(good).await.unwrap().created, 1);
    assert_eq!(read(good).await.unwrap().created, 0);
    for (from, to, said) in [
        ("officer", "king", "role is none of"),
        ("namnden", "elsewhere", "authority"),
        ("Bokning", "", "name is empty"),
        ("role", "rule", "rule"),
    ] {
        let error = read(&good.replace(from, to)).await.unwrap_err().to_string();
        assert!(error.contains(said), "{to}: {error}");
    }
}
