//! The tables and views of the catalogue, with a row of each tenant in every table.

use protocols_ids::TenantId;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};

/// What stands outside row level security, with its columns. Everybody may read these.
pub const PUBLIC: [(&str, &[&str]); 3] = [
    ("access.gateway_directory", &["gateway_id", "tenant_id"]),
    ("kernel.host", &["host", "tenant_id"]),
    (
        "search.entry",
        &["document", "facility_id", "more", "name", "resource_id", "tenant_id", "words_en", "words_sv"],
    ),
];

pub struct Relation {
    pub name: String,
    pub is_view: bool,
    pub secured: bool,
    pub tenant_column: &'static str,
}

pub async fn relations(conn: &mut PgConnection) -> Vec<Relation> {
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

pub fn is_public(name: &str) -> bool {
    PUBLIC.iter().any(|(public, _)| *public == name)
}

/// One row for the tenant in every table. Constraints other than policies are taken away first in this copy
/// of the database: they are not what is tested, and made-up values break them.
pub async fn fill(conn: &mut PgConnection, relations: &[Relation], tenant: TenantId) {
    for relation in relations.iter().filter(|relation| !relation.is_view) {
        let columns = sqlx::query(
            "SELECT column_name AS name, data_type AS type FROM information_schema.columns
              WHERE table_schema || '.' || table_name = $1 AND is_generated = 'NEVER'
              ORDER BY ordinal_position",
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

pub async fn without_constraints(conn: &mut PgConnection) {
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

pub async fn rows_seen(
    conn: &mut PgConnection,
    relation: &Relation,
    of: TenantId,
) -> Result<i64, sqlx::Error> {
    let sql = format!("SELECT count(*) FROM {} WHERE {} = '{of}'", relation.name, relation.tenant_column);
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(conn).await
}

/// Refused by right or by policy. A row that a policy refuses is SQLSTATE 42501, the same as a missing right.
pub fn refused(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(refusal) if refusal.code().as_deref() == Some("42501"))
}
