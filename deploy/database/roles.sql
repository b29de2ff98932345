-- The three roles of the database. Run once by an administrator of the cluster, before the migrations.
-- The owner changes the schema; the application reads and writes one tenant at a time; the worker finds
-- out which tenant has something waiting. None of them bypasses row level security.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hallport_owner') THEN
    CREATE ROLE hallport_owner LOGIN NOBYPASSRLS NOSUPERUSER NOCREATEROLE;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hallport_application') THEN
    CREATE ROLE hallport_application LOGIN NOBYPASSRLS NOSUPERUSER NOCREATEROLE NOCREATEDB;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hallport_worker') THEN
    CREATE ROLE hallport_worker LOGIN NOBYPASSRLS NOSUPERUSER NOCREATEROLE NOCREATEDB;
  END IF;
END
$$;
