//! No tenant sees or touches another's rows: asked of every table and view in the catalogue, so that a new
//! table is asked too.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up ends here")]

mod catalogue;

use catalogue::{PUBLIC, fill, is_public, refused, relations, rows_seen, without_constraints};
use cloud_kernel::testing::Bench;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

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
            for tenant in [bench.alfa, bench.beta] {
                assert!(rows_seen(&mut superuser, relation, tenant).await.unwrap() > 0, "{name} has no row");
            }
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
