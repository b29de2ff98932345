-- One row: where the gateway stands.
CREATE TABLE standing (
  only_row                   INTEGER PRIMARY KEY CHECK (only_row = 1),
  epoch                      INTEGER NOT NULL DEFAULT 0,
  revision                   INTEGER NOT NULL DEFAULT 0,
  seal_id                    INTEGER NOT NULL DEFAULT 0,
  lease_until_ms             INTEGER,
  heartbeat_at_ms            INTEGER,
  time_floor_ms              INTEGER NOT NULL DEFAULT 0,
  config                     BLOB, -- SiteConfig, CBOR
  posture                    BLOB, -- Posture, CBOR
  throttle                   BLOB, -- Throttle, CBOR
  journal_generation         INTEGER NOT NULL,
  journal_head               INTEGER NOT NULL DEFAULT 0,
  journal_chain              BLOB NOT NULL DEFAULT (zeroblob(32)) CHECK (length(journal_chain) = 32),
  journal_acknowledged       INTEGER NOT NULL DEFAULT 0,
  journal_acknowledged_chain BLOB NOT NULL DEFAULT (zeroblob(32)) CHECK (length(journal_acknowledged_chain) = 32),
  CHECK (journal_acknowledged <= journal_head)
) STRICT;

-- The grant table. The row itself is the wire's CBOR, so that what was signed and what is kept never differ.
CREATE TABLE access_grant (
  id         BLOB PRIMARY KEY CHECK (length(id) = 16),
  ends_at_ms INTEGER NOT NULL, -- the end of the last of its windows
  content    BLOB NOT NULL     -- Grant, CBOR
) STRICT, WITHOUT ROWID;
CREATE INDEX access_grant_ends ON access_grant (ends_at_ms);

-- Entries that the cloud has not acknowledged.
CREATE TABLE journal (
  sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
  entry    BLOB NOT NULL,                             -- JournalEntry, CBOR
  chain    BLOB NOT NULL CHECK (length(chain) = 32)   -- SHA-256 chain up to and including this entry
) STRICT;

-- Zones that are lit.
CREATE TABLE lit (
  zone     BLOB PRIMARY KEY CHECK (length(zone) = 16),
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
