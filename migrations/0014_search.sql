-- Search: what is published of what can be booked, as text to be found by. Made from the register, and made anew
-- whenever that changes.
CREATE SCHEMA search;
GRANT USAGE ON SCHEMA search TO hallport_application;
-- A tenant's rows and a text in one index; letters without their marks, for those who type without them. Both are
-- among the extensions that come with Postgres.
CREATE EXTENSION IF NOT EXISTS btree_gin;
CREATE EXTENSION IF NOT EXISTS unaccent;

CREATE TEXT SEARCH CONFIGURATION search.swedish (COPY = pg_catalog.swedish);
ALTER TEXT SEARCH CONFIGURATION search.swedish
  ALTER MAPPING FOR hword, hword_part, word WITH unaccent, swedish_stem;
-- Words as they stand. The stem of a word that was typed begins them, also where the two are stemmed apart:
-- 'idrottsplatser' to 'idrottsplats', 'idrottsplats' to 'idrottsplat'.
CREATE TEXT SEARCH CONFIGURATION search.plain (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION search.plain ALTER MAPPING FOR hword, hword_part, word WITH unaccent, simple;

-- Public: `@@` is not leakproof, so row level security would keep it out of the index. Nothing stands here that is
-- not on the public pages. Everybody reads it, each tenant writes its own.
CREATE TABLE search.entry (
  tenant_id    uuid NOT NULL REFERENCES kernel.tenant,
  resource_id  uuid NOT NULL,
  facility_id  uuid NOT NULL,
  -- What it is called, its facility first.
  name         text NOT NULL,
  -- What it is for, in Swedish and in English: activities and kind.
  words_sv     text NOT NULL,
  words_en     text NOT NULL,
  -- What else is told of it: the address, what can be had with it.
  more         text NOT NULL,
  document     tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector('search.swedish', name) || to_tsvector('search.plain', name), 'A')
    || setweight(to_tsvector('search.swedish', words_sv) || to_tsvector('search.plain', words_sv), 'B')
    || setweight(to_tsvector('pg_catalog.english', words_en) || to_tsvector('search.plain', words_en), 'B')
    || setweight(to_tsvector('search.swedish', more) || to_tsvector('search.plain', more), 'D')) STORED,
  PRIMARY KEY (tenant_id, resource_id)
);
CREATE INDEX entry_document ON search.entry USING gin (tenant_id, document);
ALTER TABLE search.entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE search.entry FORCE ROW LEVEL SECURITY;
CREATE POLICY everyone ON search.entry FOR SELECT USING (true);
CREATE POLICY own_new ON search.entry FOR INSERT
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY own_gone ON search.entry FOR DELETE
  USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, DELETE ON search.entry TO hallport_application;
