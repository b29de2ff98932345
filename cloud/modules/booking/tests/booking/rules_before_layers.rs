//! What the register told of times before rules were layers, and what migration 23 made of it.

use booking_domain::{Layer, Parameters, RuleBook, Scope};
use cloud_kernel::testing::Earlier;
use jiff::civil::Date;
use sqlx::types::Json;
use uuid::Uuid;

/// The columns of old: step, shortest, longest, lead and horizon, in minutes.
type Told = [i32; 5];

/// What most resources of `alfa` told, and what the only one of `beta` does.
const USUAL: Told = [30, 60, 240, 0, 86_400];
const OF_BETA: Told = [60, 60, 120, 1_440, 20_160];

const HALL: u128 = 0x11;
const HALF: u128 = 0x12;
const PITCH: u128 = 0x13;
const SPOKEN_FOR: u128 = 0x14;
const OWN_LAYER: u128 = 0x15;
const COTTAGE: u128 = 0x21;

/// A municipality with a board and a facility, the ids counted from its number.
async fn municipality(earlier: &mut Earlier, number: u128, slug: &str) {
    let id = |n: u128| Uuid::from_u128(number * 0x100 + n);
    sqlx::query(
        "WITH tenant AS (INSERT INTO kernel.tenant (id, slug, name, time_zone, accent, modules, created_at)
                         VALUES ($1, $4, $4, 'Europe/Stockholm', '#0b5fa5', '{}', now()) RETURNING id),
              host AS (INSERT INTO kernel.host SELECT $4 || '.localhost', id FROM tenant),
              other_name AS (INSERT INTO kernel.host SELECT 'www.' || $4 || '.localhost', id FROM tenant),
              board AS (INSERT INTO kernel.authority SELECT id, $2, 'namnden', 'Nämnden' FROM tenant)
         INSERT INTO facilities.facility (tenant_id, id, authority_id, slug, name, time_zone)
         SELECT id, facility, $2, facility::text, 'Plats', 'Europe/Stockholm' FROM tenant, unnest($3::uuid[]) facility",
    )
    .bind(id(0))
    .bind(id(1))
    .bind(&[id(2), id(3)][..])
    .bind(slug)
    .execute(&mut earlier.superuser)
    .await
    .unwrap();
}

/// A resource as releases before the layers wrote it.
async fn resource(earlier: &mut Earlier, tenant: u128, facility: u128, resource: u128, told: Told) {
    let [step, shortest, longest, lead, horizon] = told;
    sqlx::query(
        "INSERT INTO facilities.resource (tenant_id, id, facility_id, slug, name, position, step_minutes, minutes_min,
                                          minutes_max, lead_minutes, horizon_minutes)
         VALUES ($1, $2, $3, 'r' || right($2::text, 2), 'Sak', 0, $4, $5, $6, $7, $8)",
    )
    .bind(Uuid::from_u128(tenant * 0x100))
    .bind(Uuid::from_u128(resource))
    .bind(Uuid::from_u128(tenant * 0x100 + facility))
    .bind(step)
    .bind(shortest)
    .bind(longest)
    .bind(lead)
    .bind(horizon)
    .execute(&mut earlier.superuser)
    .await
    .unwrap();
}

async fn layer(
    earlier: &mut Earlier,
    scope: &str,
    id: u128,
    (first, last): (&str, Option<&str>),
    says: &str,
) {
    sqlx::query(
        "INSERT INTO booking.rule_set (tenant_id, id, scope, scope_id, first_day, last_day, parameters, changed_at)
         VALUES ($1, gen_random_uuid(), $2, $3, $4::date, $5::date, $6::jsonb, now())",
    )
    .bind(Uuid::from_u128(0x100))
    .bind(scope)
    .bind(Uuid::from_u128(id))
    .bind(first)
    .bind(last)
    .bind(says)
    .execute(&mut earlier.superuser)
    .await
    .unwrap();
}

/// Two municipalities as they were just before the migration, and then after it.
async fn migrated() -> Earlier {
    let mut earlier = Earlier::at(22).await;
    municipality(&mut earlier, 1, "alfa").await;
    municipality(&mut earlier, 2, "beta").await;
    municipality(&mut earlier, 3, "gamma").await;
    resource(&mut earlier, 1, 2, HALL, USUAL).await;
    resource(&mut earlier, 1, 2, HALF, USUAL).await;
    resource(&mut earlier, 1, 2, PITCH, [60, 60, 300, 120, 86_401]).await;
    resource(&mut earlier, 1, 3, SPOKEN_FOR, [60, 120, 240, 0, 86_400]).await;
    resource(&mut earlier, 1, 2, OWN_LAYER, [15, 15, 240, 0, 86_400]).await;
    resource(&mut earlier, 2, 2, COTTAGE, OF_BETA).await;
    // The second facility already says a step of its own, and one of the resources a shortest span for a summer.
    layer(&mut earlier, "facility", 0x103, ("2026-01-01", None), r#"{ "step_minutes": 20 }"#).await;
    let summer = ("2026-06-01", Some("2026-08-31"));
    layer(&mut earlier, "resource", OWN_LAYER, summer, r#"{ "shortest_minutes": 45 }"#).await;
    earlier.migrate(23).await;
    earlier
}

/// The layers of a municipality.
async fn layers(earlier: &mut Earlier, tenant: u128) -> Vec<Layer> {
    type Row = (String, Option<Uuid>, jiff_sqlx::Date, Option<jiff_sqlx::Date>, Json<Parameters>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT scope, scope_id, first_day, last_day, parameters FROM booking.rule_set WHERE tenant_id = $1",
    )
    .bind(Uuid::from_u128(tenant * 0x100))
    .fetch_all(&mut earlier.superuser)
    .await
    .unwrap();
    let layer = |(scope, id, first, last, Json(parameters)): (
        String,
        Option<Uuid>,
        jiff_sqlx::Date,
        Option<jiff_sqlx::Date>,
        Json<Parameters>,
    )| {
        let scope = match (scope.as_str(), id) {
            ("tenant", None) => Scope::Tenant,
            ("facility", Some(id)) => Scope::Facility(id.into()),
            ("resource", Some(id)) => Scope::Resource(id.into()),
            other => panic!("a layer about {other:?}"),
        };
        let (first, last) = (first.to_jiff(), last.map(jiff_sqlx::Date::to_jiff));
        Layer { scope, first, last, parameters }
    };
    rows.into_iter().map(layer).collect()
}

/// What holds for a resource on a date by its layers, in the order of the old columns.
async fn holds(earlier: &mut Earlier, tenant: u128, facility: u128, resource: u128, date: &str) -> [u32; 5] {
    let mut all = layers(earlier, tenant).await;
    all.retain(|layer| match layer.scope {
        Scope::Facility(id) => id.uuid() == Uuid::from_u128(tenant * 0x100 + facility),
        Scope::Resource(id) => id.uuid() == Uuid::from_u128(resource),
        Scope::Tenant | Scope::Authority(_) => true,
    });
    let date: Date = date.parse().unwrap();
    let book = RuleBook::new(&all);
    let rules = book.on(date);
    let span = (rules.shortest_minutes, rules.longest_minutes);
    [rules.step_minutes, span.0, span.1, rules.lead_minutes, rules.horizon_minutes]
}

#[tokio::test]
async fn what_the_register_told_of_each_resource_holds_by_layers() {
    let mut earlier = migrated().await;
    let usual = USUAL.map(i32::unsigned_abs);
    assert_eq!(holds(&mut earlier, 1, 2, HALL, "2026-01-01").await, usual);
    assert_eq!(holds(&mut earlier, 1, 2, HALF, "2031-12-31").await, usual, "until further notice");
    // A horizon is told in days now: the day that had begun is whole.
    assert_eq!(holds(&mut earlier, 1, 2, PITCH, "2026-07-01").await, [60, 60, 300, 120, 61 * 1_440]);
    assert_eq!(holds(&mut earlier, 2, 2, COTTAGE, "2026-07-01").await, OF_BETA.map(i32::unsigned_abs));
}

#[tokio::test]
async fn a_resource_that_told_what_most_did_has_no_layer_of_its_own() {
    let mut earlier = migrated().await;
    let alfa = layers(&mut earlier, 1).await;
    let of = |wanted: u128| {
        let scope = Scope::Resource(Uuid::from_u128(wanted).into());
        alfa.iter().filter(|layer| layer.scope == scope).collect::<Vec<&Layer>>()
    };
    assert!(of(HALL).is_empty() && of(HALF).is_empty());
    assert_eq!(alfa.iter().filter(|layer| layer.scope == Scope::Tenant).count(), 1, "they share one");
    let [pitch] = of(PITCH)[..] else { panic!("one layer, of what is different") };
    let different = Parameters {
        step_minutes: Some(60),
        longest_minutes: Some(300),
        lead_minutes: Some(120),
        horizon_days: Some(61),
        ..Parameters::default()
    };
    assert_eq!(pitch.parameters, different);
    let beta = layers(&mut earlier, 2).await;
    assert_eq!(beta.iter().map(|layer| layer.scope).collect::<Vec<Scope>>(), [Scope::Tenant]);
    assert_eq!(layers(&mut earlier, 3).await, [], "nothing was told, and nothing is said");
}

#[tokio::test]
async fn what_a_layer_said_already_still_holds() {
    let mut earlier = migrated().await;
    // The facility's step stood nearer than the register; the register's shortest span stood alone.
    let said = [20, 120, 240, 0, 86_400];
    assert_eq!(holds(&mut earlier, 1, 3, SPOKEN_FOR, "2026-07-01").await, said);
    assert_eq!(holds(&mut earlier, 1, 2, OWN_LAYER, "2026-07-01").await[..2], [15, 45], "in its summer");
    for date in ["2026-05-31", "2026-09-01"] {
        assert_eq!(holds(&mut earlier, 1, 2, OWN_LAYER, date).await[..2], [15, 15], "around it: {date}");
    }
}

#[tokio::test]
async fn every_layer_of_that_day_can_be_brought_back_later() {
    let mut earlier = migrated().await;
    let kept: bool = sqlx::query_scalar(
        "SELECT count(*) > 0 AND bool_and(version.parameters = layer.parameters)
           FROM booking.rule_set layer LEFT JOIN booking.rule_set_version version
             ON version.tenant_id = layer.tenant_id AND version.rule_set_id = layer.id",
    )
    .fetch_one(&mut earlier.superuser)
    .await
    .unwrap();
    assert!(kept);
}
