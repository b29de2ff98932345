//! What the application's role can do to get past the walls between tenants, when whoever holds it means
//! harm: try every setting, every way to keep one, every way to become somebody else. And the worker's role.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up ends here")]

mod catalogue;

use catalogue::{PUBLIC, Relation, fill, is_public, refused, relations, rows_seen, without_constraints};
use cloud_kernel::testing::Bench;
use protocols_ids::TenantId;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor as _};

/// A filled copy of the whole schema.
struct Halls {
    bench: Bench,
    superuser: PgConnection,
    relations: Vec<Relation>,
}

impl Halls {
    async fn new() -> Self {
        let bench = Bench::new().await;
        let mut superuser = PgConnection::connect_with(&bench.superuser).await.unwrap();
        without_constraints(&mut superuser).await;
        let relations = relations(&mut superuser).await;
        for tenant in [bench.alfa, bench.beta] {
            fill(&mut superuser, &relations, tenant).await;
        }
        Self { bench, superuser, relations }
    }

    /// Every table and view that belongs to tenants.
    fn walls(&self) -> impl Iterator<Item = &Relation> {
        self.relations.iter().filter(|relation| !is_public(&relation.name))
    }

    async fn application(&self) -> PgConnection {
        PgConnection::connect_with(&self.bench.application).await.unwrap()
    }

    async fn worker(&self) -> PgConnection {
        PgConnection::connect_with(&self.bench.worker).await.unwrap()
    }
}

async fn run(conn: &mut PgConnection, sql: &str) -> Result<u64, sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(conn).await.map(|done| done.rows_affected())
}

async fn settle_as(conn: &mut PgConnection, setting: &str, local: bool) {
    sqlx::query("SELECT set_config('app.tenant', $1, $2)")
        .bind(setting)
        .bind(local)
        .execute(conn)
        .await
        .unwrap();
}

/// Whether the server refused, for want of a right or because the setting is no tenant's id at all.
fn kept_out(error: &sqlx::Error) -> bool {
    refused(error)
        || matches!(error, sqlx::Error::Database(refusal) if refusal.code().as_deref() == Some("22P02"))
}

/// Whether the server refused to write: for want of a right, because the setting is no tenant's id, because
/// the row that would be given away is there already, or because its key is the server's own to give.
fn stopped(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(refusal) = error else { return false };
    ["42501", "22P02", "23505", "428C9"].contains(&refusal.code().as_deref().unwrap_or(""))
}

/// Asserts that the relation shows nothing of the tenant on this connection as it stands.
async fn sees_nothing(conn: &mut PgConnection, relation: &Relation, of: TenantId, when: &str) {
    match rows_seen(conn, relation, of).await {
        Ok(seen) => assert_eq!(seen, 0, "{} shows another tenant's rows {when}", relation.name),
        Err(error) => assert!(kept_out(&error), "{} {when}: {error}", relation.name),
    }
}

/// Statements that would change or take over rows of `victim`.
fn attacks(relation: &Relation, victim: TenantId, own: TenantId) -> Vec<String> {
    let (name, column) = (&relation.name, relation.tenant_column);
    vec![
        format!("UPDATE {name} SET {column} = '{own}' WHERE {column} = '{victim}'"),
        format!("UPDATE {name} SET {column} = '{victim}'"),
        format!("DELETE FROM {name} WHERE {column} = '{victim}'"),
        format!("INSERT INTO {name} SELECT * FROM {name} WHERE {column} = '{victim}'"),
        format!("INSERT INTO {name} ({column}) VALUES ('{victim}')"),
    ]
}

#[tokio::test]
async fn no_setting_however_it_was_made_shows_or_changes_another_tenants_rows() {
    let halls = Halls::new().await;
    let (victim, own) = (halls.bench.alfa, halls.bench.beta);
    let mut conn = halls.application().await;
    let settings = [
        own.to_string(),
        String::new(),
        " ".to_owned(),
        "not a tenant".to_owned(),
        "00000000-0000-0000-0000-000000000000".to_owned(),
        format!("{own}' OR '1'='1"),
        format!("{own},{victim}"),
        "ffffffff-ffff-ffff-ffff-ffffffffffff".to_owned(),
    ];
    for relation in halls.walls() {
        assert!(relation.secured, "{} is not shut by row level security", relation.name);
        for setting in &settings {
            let mut tx = conn.begin().await.unwrap();
            settle_as(&mut tx, setting, true).await;
            sees_nothing(&mut tx, relation, victim, &format!("to the setting {setting:?}")).await;
            tx.rollback().await.unwrap();
            if relation.is_view {
                continue;
            }
            for sql in attacks(relation, victim, own) {
                let mut tx = conn.begin().await.unwrap();
                settle_as(&mut tx, setting, true).await;
                let outcome = run(&mut tx, &sql).await;
                tx.rollback().await.unwrap();
                match outcome {
                    Ok(rows) => assert_eq!(rows, 0, "{sql} as {setting:?}"),
                    Err(error) => assert!(stopped(&error), "{sql} as {setting:?}: {error}"),
                }
            }
        }
    }
    let mut superuser = halls.superuser;
    for relation in halls.relations.iter().filter(|relation| !relation.is_view) {
        for tenant in [victim, own] {
            let left = rows_seen(&mut superuser, relation, tenant).await.unwrap();
            assert!(left > 0, "{} lost a row of {tenant}", relation.name);
        }
    }
}

#[tokio::test]
async fn a_setting_that_was_left_behind_or_changed_underway_shows_one_tenant_only() {
    let halls = Halls::new().await;
    let (alfa, beta) = (halls.bench.alfa, halls.bench.beta);
    let mut conn = halls.application().await;
    for relation in halls.walls() {
        // The last of several settings in one transaction counts, also for a statement prepared before it.
        let count = format!(
            "SELECT count(*) FROM {} WHERE {} <> nullif(current_setting('app.tenant', true), '')::uuid",
            relation.name, relation.tenant_column
        );
        let mut tx = conn.begin().await.unwrap();
        let mut readable = true;
        for tenant in [alfa, beta, alfa, beta] {
            settle_as(&mut tx, &tenant.to_string(), true).await;
            // The same text each time: sqlx prepares it once and uses it again.
            match sqlx::query_scalar::<_, i64>(AssertSqlSafe(count.clone())).fetch_one(&mut *tx).await {
                Ok(strangers) => assert_eq!(strangers, 0, "{} after a change of tenant", relation.name),
                Err(error) => {
                    assert!(refused(&error), "{}: {error}", relation.name);
                    readable = false;
                    break;
                }
            }
        }
        tx.rollback().await.unwrap();
        if !readable {
            continue;
        }
        // Prepared by name under one tenant, run under another and under none.
        let prepare =
            format!("PREPARE look AS SELECT 1 FROM {} WHERE {} = $1", relation.name, relation.tenant_column);
        settle_as(&mut conn, &alfa.to_string(), false).await;
        run(&mut conn, &prepare).await.unwrap();
        let look = format!("EXECUTE look('{alfa}')");
        // Often enough for a generic plan.
        for _ in 0..6 {
            run(&mut conn, &look).await.unwrap();
        }
        for setting in [beta.to_string(), String::new()] {
            settle_as(&mut conn, &setting, false).await;
            let rows = sqlx::raw_sql(AssertSqlSafe(look.clone())).fetch_all(&mut conn).await.unwrap();
            assert!(rows.is_empty(), "{} through a prepared statement", relation.name);
        }
        run(&mut conn, "DEALLOCATE look; RESET app.tenant").await.unwrap();

        // `SET LOCAL` is gone after the commit, and after a rollback to a savepoint.
        let mut tx = conn.begin().await.unwrap();
        run(&mut tx, &format!("SET LOCAL app.tenant = '{alfa}'")).await.unwrap();
        tx.commit().await.unwrap();
        sees_nothing(&mut conn, relation, alfa, "after the commit").await;
        let mut tx = conn.begin().await.unwrap();
        settle_as(&mut tx, &beta.to_string(), true).await;
        run(&mut tx, &format!("SAVEPOINT a; SET LOCAL app.tenant = '{alfa}'; ROLLBACK TO a")).await.unwrap();
        sees_nothing(&mut tx, relation, alfa, "after a rollback to a savepoint").await;
        tx.rollback().await.unwrap();

        // Outside a transaction `SET LOCAL` does nothing.
        run(&mut conn, &format!("SET LOCAL app.tenant = '{alfa}'")).await.unwrap();
        sees_nothing(&mut conn, relation, alfa, "after a setting outside any transaction").await;
    }
}

/// Asserts that each statement is refused for want of a right.
async fn may_not(conn: &mut PgConnection, statements: &[&str]) {
    for sql in statements {
        let error = run(conn, sql).await.expect_err(sql);
        assert!(refused(&error), "{sql}: {error}");
    }
}

#[tokio::test]
async fn neither_role_becomes_another_makes_anything_or_takes_the_walls_down() {
    let halls = Halls::new().await;
    for mut conn in [halls.application().await, halls.worker().await] {
        let statements = [
            "SET ROLE hallport_owner",
            "SET ROLE postgres",
            "SET SESSION AUTHORIZATION postgres",
            "SET SESSION AUTHORIZATION hallport_owner",
            "ALTER ROLE CURRENT_USER BYPASSRLS",
            "ALTER ROLE CURRENT_USER SUPERUSER",
            "CREATE ROLE intruder LOGIN",
            "CREATE DATABASE elsewhere",
            "CREATE SCHEMA intruder",
            "CREATE EXTENSION pg_trgm",
            "CREATE TABLE public.t (a int)",
            "CREATE TABLE kernel.t (a int)",
            "CREATE VIEW kernel.v AS SELECT 1",
            "CREATE VIEW pub.v AS SELECT 1",
            "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE FUNCTION kernel.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
            "ALTER TABLE kernel.person DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE kernel.person NO FORCE ROW LEVEL SECURITY",
            "DROP POLICY tenant ON kernel.person",
            "CREATE POLICY all_of_it ON kernel.person USING (true)",
            "TRUNCATE kernel.person CASCADE",
            "DROP TABLE kernel.outbox",
            "CALL kernel.isolate('kernel.person', 'tenant_id', 'SELECT')",
            "COPY kernel.person TO '/tmp/person'",
            "COPY kernel.outbox TO PROGRAM 'cat'",
            "SELECT pg_read_file('postgresql.conf')",
            "SELECT pg_ls_dir('.')",
            "SELECT * FROM pg_authid",
            "SELECT * FROM pg_statistic",
            "SET session_replication_role = replica",
        ];
        may_not(&mut conn, &statements).await;

        // Without row level security nothing is read rather than everything.
        run(&mut conn, "SET row_security = off").await.unwrap();
        let error = run(&mut conn, "SELECT tenant_id FROM kernel.outbox").await.unwrap_err();
        assert!(refused(&error), "{error}");
        run(&mut conn, "RESET row_security").await.unwrap();
    }
}

#[tokio::test]
async fn what_it_makes_for_itself_sees_no_more_than_it_does() {
    let halls = Halls::new().await;
    let (alfa, beta) = (halls.bench.alfa, halls.bench.beta);
    let mut conn = halls.application().await;
    settle_as(&mut conn, &beta.to_string(), false).await;
    run(&mut conn, "CREATE TEMP VIEW peek AS SELECT tenant_id FROM kernel.person").await.unwrap();
    run(
        &mut conn,
        "CREATE FUNCTION pg_temp.peek() RETURNS SETOF uuid LANGUAGE sql SECURITY DEFINER
           AS 'SELECT tenant_id FROM kernel.person'",
    )
    .await
    .unwrap();
    for sql in ["SELECT tenant_id FROM peek", "SELECT pg_temp.peek()"] {
        let seen: Vec<sqlx::types::Uuid> =
            sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_all(&mut conn).await.unwrap();
        assert!(seen.contains(&beta.uuid()) && !seen.contains(&alfa.uuid()), "{sql}");
    }
}

#[tokio::test]
async fn the_servers_own_tables_tell_no_tenants_data() {
    let mut halls = Halls::new().await;
    halls.superuser.execute("ANALYZE").await.unwrap();
    let mut superuser_busy = PgConnection::connect_with(&halls.bench.superuser).await.unwrap();
    let canary = "SELECT 'canary of the owner'";
    run(&mut superuser_busy, canary).await.unwrap();
    // Another connection of the same role: its text is there to read, with places where the values were.
    let mut neighbour = halls.application().await;
    sqlx::query("SELECT $1::text").bind("canary of a neighbour").execute(&mut neighbour).await.unwrap();

    for mut conn in [halls.application().await, halls.worker().await] {
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT schemaname || '.' || tablename FROM pg_stats
              WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
             UNION SELECT schemaname || '.' || tablename FROM pg_stats_ext",
        )
        .fetch_all(&mut conn)
        .await
        .unwrap();
        let public: Vec<&str> = PUBLIC.iter().map(|(name, _)| *name).collect();
        assert!(tables.iter().all(|table| public.contains(&table.as_str())), "statistics of {tables:?}");

        let told: Vec<String> = sqlx::query_scalar(
            "SELECT coalesce(query, '') FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
        )
        .fetch_all(&mut conn)
        .await
        .unwrap();
        assert!(told.iter().any(|query| query == "<insufficient privilege>"), "{told:?}");
        // In the making of this test its own text stands in no other connection.
        assert!(told.iter().all(|query| !query.contains("canary")), "{told:?}");
    }

    // Nothing of ours runs with its owner's rights, and no sequence tells how much others do.
    let definers: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
          WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')",
    )
    .fetch_one(&mut halls.superuser)
    .await
    .unwrap();
    assert_eq!(definers, 0);
    let open_sequences: Vec<String> = sqlx::query_scalar(
        "SELECT c.oid::regclass::text
           FROM pg_class c, unnest(ARRAY['hallport_application', 'hallport_worker']) role
          WHERE c.relkind = 'S' AND has_sequence_privilege(role, c.oid, 'SELECT, UPDATE')",
    )
    .fetch_all(&mut halls.superuser)
    .await
    .unwrap();
    assert!(open_sequences.is_empty(), "{open_sequences:?}");
}

#[tokio::test]
async fn the_worker_reads_these_columns_and_writes_nothing() {
    let mut halls = Halls::new().await;
    let rights: Vec<String> = sqlx::query_scalar(
        "SELECT table_schema || '.' || table_name || '.' || column_name || ' ' || privilege_type
           FROM information_schema.column_privileges WHERE grantee = 'hallport_worker' ORDER BY 1",
    )
    .fetch_all(&mut halls.superuser)
    .await
    .unwrap();
    let expected = [
        "kernel.job.due_at SELECT",
        "kernel.job.key SELECT",
        "kernel.job.kind SELECT",
        "kernel.job.parked_at SELECT",
        "kernel.job.tenant_id SELECT",
        "kernel.outbox.created_at SELECT",
        "kernel.outbox.due_at SELECT",
        "kernel.outbox.id SELECT",
        "kernel.outbox.kind SELECT",
        "kernel.outbox.parked_at SELECT",
        "kernel.outbox.stream SELECT",
        "kernel.outbox.tenant_id SELECT",
    ];
    assert_eq!(rights, expected);
    let mut worker = halls.worker().await;
    for relation in halls.relations.iter().filter(|relation| !relation.is_view) {
        for sql in attacks(relation, halls.bench.alfa, halls.bench.beta) {
            let error = run(&mut worker, &sql).await.expect_err(&sql);
            assert!(stopped(&error), "{sql}: {error}");
        }
    }
}
