-- What the gateway keeps besides rows: one value a row, CBOR. `proof` covers name and content, so that a flipped
-- byte is seen whatever it hits. All of them are there from the first moment on: a missing one was lost.
CREATE TABLE kept (
  what    TEXT PRIMARY KEY,
  content BLOB NOT NULL,
  proof   BLOB NOT NULL CHECK (length(proof) = 32)
) STRICT, WITHOUT ROWID;

-- The grant table. The row itself is the wire's CBOR, so that what was signed and what is kept never differ. The
-- sum of the proofs is kept with the table's position.
CREATE TABLE grant_row (
  id         BLOB PRIMARY KEY CHECK (length(id) = 16),
  ends_at_ms INTEGER NOT NULL,                             -- the end of the last of its windows
  content    BLOB NOT NULL,                                -- Grant, CBOR
  proof      BLOB NOT NULL CHECK (length(proof) = 32)      -- SHA-256 of the content
) STRICT, WITHOUT ROWID;
CREATE INDEX grant_row_ends ON grant_row (ends_at_ms);

-- Grants that were taken back, and until when that is remembered. The sum of their proofs is kept as well.
CREATE TABLE taken_back (
  id       BLOB PRIMARY KEY CHECK (length(id) = 16),
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX taken_back_until ON taken_back (until_ms);

-- The journal: entries that wait for the cloud, and those that it has and that stay for a time.
CREATE TABLE journal_entry (
  sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
  at_ms    INTEGER NOT NULL,                               -- the entry's own time
  entry    BLOB NOT NULL,                                  -- JournalEntry, CBOR, as it was written
  chain    BLOB NOT NULL CHECK (length(chain) = 32)        -- SHA-256 chain up to and including this entry
) STRICT;
