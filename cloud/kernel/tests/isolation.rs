//! No tenant sees or touches another's rows: asked of every table and view in the catalogue, so that a new
//! table is asked too.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up ends here")]

use cloud_kernel::testing::Bench;
use protocols_ids::TenantId;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Row};

/// What stands outside row level security, with its columns. Everybody may read these.
const PUBLIC: [(&str, &[&str]); 2] =
    [("access.gateway_directory", &["gateway_id", "tenant_id"]), ("kernel.host", &["host", "tenant_id"])];

struct Relation {
    name: String,
    is_view: bool,
    secured: bool,
    tenant_column: &'static str,
}

async fn relations(conn: &mut PgConnection) -> Vec<Relation> {
    let rows = sqlx::query(
        "SELECT n.nspname || '.' || c.relname AS name, c.relkind = 'v' AS is_view,
                CASE WHEN c.relkind = 'v' THEN coalesce('security_invoker=true' = any(c.reloptions), false)
                     ELSE c.relrowsecurity AND c.relforcerowsecurity END AS secured
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
            AND c.relname <> '_sqlx_migrations'
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
          ORDER BY 1",
    )
    .fetch_all(conn)
    .await
    .unwrap();
    rows.iter()
        .map(|row| {
            let name: String = row.get("name");
            let tenant_column = if name == "kernel.tenant" { "id" } else { "tenant_id" };
            Relation { is_view: row.get("is_view"), secured: row.get("secured"), tenant_column, name }
        })
        .collect()
}

fn is_public(name: &str) -> bool {
    PUBLIC.iter().any(|(public, _)| *public == name)
}

/// One row for the tenant in every table. Constraints other than policies are taken away first in this copy
/// of the database: they are not what is tested, and made-up values break them.
async fn fill(conn: &mut PgConnection, relations: &[Relation], tenant: TenantId) {
    for relation in relations.iter().filter(|relation| !relation.is_view) {
        let columns = sqlx::query(
            "SELECT column_name AS name, data_type AS type FROM information_schema.columns
              WHERE table_schema || '.' || table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position",
        )
        .bind(&relation.name)
        .fetch_all(&mut *conn)
        .await
        .unwrap();
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for column in &columns {
            let name: String = column.get("name");
            let kind: String = column.get("type");
            values.push(if name == relation.tenant_column {
                format!("'{tenant}'")
            } else {
                match kind.as_str() {
                    "uuid" => "gen_random_uuid()".to_owned(),
                    "text" | "character varying" => "gen_random_uuid()::text".to_owned(),
                    "bigint" | "integer" => "(random() * 1000000)::int".to_owned(),
                    "smallint" => "1".to_owned(),
                    "boolean" => "false".to_owned(),
                    "double precision" => "1.5".to_owned(),
                    "date" => "date '2026-01-01'".to_owned(),
                    "timestamp with time zone" => "now()".to_owned(),
                    "bytea" => "decode(md5(random()::text), 'hex')".to_owned(),
                    "jsonb" | "ARRAY" => "'{}'".to_owned(),
                    other => panic!("{}.{name}: no made-up value for {other}", relation.name),
                }
            });
            names.push(name);
        }
        let sql = format!(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({}) ON CONFLICT DO NOTHING",
            relation.name,
            names.join(", "),
            values.join(", ")
        );
        sqlx::raw_sql(AssertSqlSafe(sql.clone()))
            .execute(&mut *conn)
            .await
            .unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
}

async fn without_constraints(conn: &mut PgConnection) {
    let statements: Vec<String> = sqlx::query_scalar(
        "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname)
           FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
          WHERE contype IN ('c', 'f', 'x') AND conrelid <> 0
            AND n.nspname NOT IN ('pg_catalog', 'information_schema')
          ORDER BY contype DESC",
    )
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    for statement in statements {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *conn).await.unwrap();
    }
}

async fn rows_seen(conn: &mut PgConnection, relation: &Relation, of: TenantId) -> Result<i64, sqlx::Error> {
    let sql = format!("SELECT count(*) FROM {} WHERE {} = '{of}'", relation.name, relation.tenant_column);
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(conn).await
}

/// Runs a statement in a transaction that is rolled back: how many rows it touched, or that it was refused.
async fn touched(conn: &mut PgConnection, setting: &str, sql: String) -> Result<u64, sqlx::Error> {
    let mut tx = conn.begin().await.unwrap();
    sqlx::query("SELECT set_config('app.tenant', $1, true)").bind(setting).execute(&mut *tx).await.unwrap();
    let outcome = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *tx).await;
    tx.rollback().await.unwrap();
    outcome.map(|done| done.rows_affected())
}

#[tokio::test]
async fn no_tenant_reads_or_writes_another_tenants_rows_in_any_table_or_view() {
    let bench = Bench::new().await;
    let mut superuser = PgConnection::connect_with(&bench.superuser).await.unwrap();
    without_constraints(&mut superuser).await;
    let relations = relations(&mut superuser).await;
    assert!(relations.len() > 20, "the catalogue was read");
    for tenant in [bench.alfa, bench.beta] {
        fill(&mut superuser, &relations, tenant).await;
    }

    let mut application = PgConnection::connect_with(&bench.application).await.unwrap();
    let mut worker = PgConnection::connect_with(&bench.worker).await.unwrap();
    for relation in &relations {
        let name = &relation.name;
        if is_public(name) {
            continue;
        }
        assert!(relation.secured, "{name} is not shut by row level security");
        if !relation.is_view {
            assert!(rows_seen(&mut superuser, relation, bench.alfa).await.unwrap() > 0, "{name} was filled");
        }
        // Own rows are seen, another's never: with the other tenant's setting, with none, with an empty one,
        // and with rubbish left on a reused connection.
        for setting in [bench.beta.to_string(), String::new()] {
            let mut tx = application.begin().await.unwrap();
            sqlx::query("SELECT set_config('app.tenant', $1, true)")
                .bind(&setting)
                .execute(&mut *tx)
                .await
                .unwrap();
            match rows_seen(&mut tx, relation, bench.alfa).await {
                Ok(seen) => assert_eq!(seen, 0, "{name} shows another tenant's rows to {setting:?}"),
                Err(error) => assert!(refused(&error), "{name}: {error}"),
            }
            tx.rollback().await.unwrap();
        }
        match rows_seen(&mut application, relation, bench.alfa).await {
            Ok(seen) => assert_eq!(seen, 0, "{name} shows rows on a reused connection without a tenant"),
            Err(error) => assert!(refused(&error), "{name}: {error}"),
        }
        if relation.is_view {
            continue;
        }
        let column = relation.tenant_column;
        for setting in [bench.beta.to_string(), String::new()] {
            for sql in [
                format!("UPDATE {name} SET {column} = {column} WHERE {column} = '{}'", bench.alfa),
                format!("UPDATE {name} SET {column} = '{}' WHERE {column} = '{}'", bench.alfa, bench.beta),
                format!("DELETE FROM {name} WHERE {column} = '{}'", bench.alfa),
                format!("INSERT INTO {name} ({column}) VALUES ('{}')", bench.alfa),
            ] {
                match touched(&mut application, &setting, sql.clone()).await {
                    Ok(rows) => assert_eq!(rows, 0, "{sql} as {setting:?}"),
                    Err(error) => assert!(refused(&error), "{sql}: {error}"),
                }
            }
        }
        // The worker finds out that something waits, and reads nothing else.
        match rows_seen(&mut worker, relation, bench.alfa).await {
            Ok(seen) => assert!(
                seen == 0 || ["kernel.outbox", "kernel.job"].contains(&name.as_str()),
                "{name} is open to the worker"
            ),
            Err(error) => assert!(refused(&error), "{name}: {error}"),
        }
        let all = format!("SELECT * FROM {name}");
        let error = sqlx::raw_sql(AssertSqlSafe(all)).execute(&mut worker).await.unwrap_err();
        assert!(refused(&error), "{name}: {error}");
    }
}

/// Refused by right or by policy. A row that a policy refuses is SQLSTATE 42501, the same as a missing right.
fn refused(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(refusal) if refusal.code().as_deref() == Some("42501"))
}

#[tokio::test]
async fn the_public_tables_are_these_and_nobody_writes_another_tenants_row_there() {
    let bench = Bench::new().await;
    let mut superuser = PgConnection::connect_with(&bench.superuser).await.unwrap();
    without_constraints(&mut superuser).await;
    let relations = relations(&mut superuser).await;
    for tenant in [bench.alfa, bench.beta] {
        fill(&mut superuser, &relations, tenant).await;
    }
    let mut application = PgConnection::connect_with(&bench.application).await.unwrap();
    for (name, columns) in PUBLIC {
        let found: Vec<String> = sqlx::query_scalar(
            "SELECT column_name::text FROM information_schema.columns
              WHERE table_schema || '.' || table_name = $1 ORDER BY 1",
        )
        .bind(name)
        .fetch_all(&mut superuser)
        .await
        .unwrap();
        assert_eq!(found, columns, "columns of {name}");
        let seen: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {name}")))
            .fetch_one(&mut application)
            .await
            .unwrap();
        assert!(seen >= 2, "{name} is public");
        for sql in [
            format!("UPDATE {name} SET tenant_id = '{}' WHERE tenant_id = '{}'", bench.beta, bench.alfa),
            format!("DELETE FROM {name} WHERE tenant_id = '{}'", bench.alfa),
            format!("INSERT INTO {name} (tenant_id) VALUES ('{}')", bench.alfa),
        ] {
            match touched(&mut application, &bench.beta.to_string(), sql.clone()).await {
                Ok(rows) => assert_eq!(rows, 0, "{sql}"),
                Err(error) => assert!(refused(&error), "{sql}: {error}"),
            }
        }
    }
}
