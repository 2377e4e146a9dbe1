import type { Migrations } from "../../sql-migrations.ts";

/**
 * One shard's tables; `docs/storage.md` explains them.
 *
 * `object` holds narrow rows, since lookups and listings read them; inline bodies lie apart, in a rowid table.
 * `headers` comes last, as long as no column is added: when metadata is long, it is what overflows the page. So columns
 * that are decided stand here already, NULL until something writes them.
 */
export const MIGRATIONS: Migrations = [
  `
  CREATE TABLE shard (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    name TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    seal TEXT,
    sweep_fence TEXT NOT NULL,
    sweep_cursor TEXT NOT NULL
  );
  INSERT INTO shard (id, name, sequence, sweep_fence, sweep_cursor) VALUES (0, '', 0, '', '');

  CREATE TABLE setting (
    part TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    body TEXT
  ) WITHOUT ROWID;

  -- The current version of each key, unless that is a delete marker. The others are in "version".
  CREATE TABLE object (
    key TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    etag TEXT NOT NULL,
    storage_class TEXT NOT NULL,
    checksum TEXT,
    content_id TEXT,
    part_count INTEGER,
    version_id TEXT,
    is_foreign INTEGER,
    access TEXT,
    encryption TEXT,
    sealed_key BLOB,
    attributes TEXT,
    headers TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE version (
    key TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    is_marker INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    etag TEXT NOT NULL,
    storage_class TEXT NOT NULL,
    checksum TEXT,
    content_id TEXT,
    part_count INTEGER,
    version_id TEXT,
    is_foreign INTEGER,
    access TEXT,
    encryption TEXT,
    sealed_key BLOB,
    attributes TEXT,
    headers TEXT NOT NULL,
    PRIMARY KEY (key, sequence DESC)
  ) WITHOUT ROWID;
  CREATE INDEX version_null ON version (key) WHERE version_id IS NULL;

  CREATE TABLE inline_body (
    sequence INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
  );

  -- Of the version with this sequence. The payload comes last: listings do not read it.
  CREATE TABLE annotation (
    sequence INTEGER NOT NULL,
    name TEXT NOT NULL,
    modified_ms INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    etag TEXT NOT NULL,
    checksum TEXT,
    payload BLOB NOT NULL,
    PRIMARY KEY (sequence, name)
  );

  -- A content is a blob, or a list of segments of blobs; rows, parts, segments, and other shards (by holds) refer to it.
  CREATE TABLE content (
    content_id TEXT PRIMARY KEY,
    reference_count INTEGER NOT NULL,
    garbage_due_ms INTEGER,
    hold_token TEXT
  ) WITHOUT ROWID;
  CREATE INDEX content_garbage ON content (garbage_due_ms) WHERE garbage_due_ms IS NOT NULL;
  CREATE INDEX content_hold ON content (hold_token) WHERE hold_token IS NOT NULL;

  -- The size of the whole blob is kept, so that one which was cut or made longer is seen before it is read from.
  CREATE TABLE segment (
    content_id TEXT NOT NULL,
    offset_bytes INTEGER NOT NULL,
    part_number INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    blob_id TEXT NOT NULL,
    blob_offset_bytes INTEGER NOT NULL,
    blob_size_bytes INTEGER NOT NULL,
    keeper_id TEXT NOT NULL,
    checksum TEXT,
    sealed_key BLOB,
    PRIMARY KEY (content_id, offset_bytes)
  ) WITHOUT ROWID;
  CREATE INDEX segment_part ON segment (content_id, part_number);

  CREATE TABLE upload (
    key TEXT NOT NULL,
    upload_id TEXT NOT NULL,
    initiated_ms INTEGER NOT NULL,
    object_sequence INTEGER,
    storage_class TEXT NOT NULL,
    checksum_algorithm TEXT,
    checksum_type TEXT,
    version_id TEXT,
    access TEXT,
    encryption TEXT,
    attributes TEXT,
    headers TEXT NOT NULL,
    PRIMARY KEY (key, upload_id)
  ) WITHOUT ROWID;
  CREATE INDEX upload_initiated ON upload (initiated_ms);

  CREATE TABLE part (
    upload_id TEXT NOT NULL,
    part_number INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    etag TEXT NOT NULL,
    checksum TEXT,
    content_id TEXT NOT NULL,
    sealed_key BLOB,
    PRIMARY KEY (upload_id, part_number)
  ) WITHOUT ROWID;

  CREATE TABLE completed_upload (
    upload_id TEXT PRIMARY KEY,
    completed_ms INTEGER NOT NULL,
    request_sha256 TEXT NOT NULL,
    etag TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    checksum TEXT,
    version_id TEXT
  ) WITHOUT ROWID;
  CREATE INDEX completed_upload_time ON completed_upload (completed_ms);

  CREATE TABLE hold (
    token TEXT PRIMARY KEY,
    content_id TEXT NOT NULL,
    is_confirmed INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX hold_unconfirmed ON hold (token) WHERE is_confirmed = 0;

  CREATE TABLE released_hold (
    token TEXT PRIMARY KEY,
    content_id TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE job (
    kind TEXT PRIMARY KEY,
    due_ms INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
  `
  -- Those whose id does not tell where they are.
  CREATE INDEX version_foreign ON version (key, version_id) WHERE is_foreign = 1;
  `,
  `
  CREATE TABLE lifecycle_scan (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    cursor TEXT NOT NULL
  );

  -- Stretches of keys, each up to the next one, and before when nothing in it is due.
  CREATE TABLE lifecycle_zone (
    first_key TEXT PRIMARY KEY,
    next_due_ms INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
  `
  -- What happened, for whoever is to be notified; of each target in the order in which it did.
  CREATE TABLE outbox (
    target TEXT NOT NULL,
    id INTEGER NOT NULL,
    key TEXT NOT NULL,
    emitted_ms INTEGER NOT NULL,
    due_ms INTEGER,
    attempts INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (target, id)
  ) WITHOUT ROWID;

  -- The targets that fail.
  CREATE TABLE outbox_target (
    target TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    due_ms INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE dead_letter (
    id INTEGER PRIMARY KEY,
    target TEXT NOT NULL,
    key TEXT NOT NULL,
    emitted_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    record TEXT NOT NULL
  );
  `,
  `
  -- A row: ids of versions may tell sequences of other shards.
  CREATE TABLE foreign_ids (
    id INTEGER PRIMARY KEY CHECK (id = 0)
  );

  -- Of the destinations of replication what concerns none of their rows in the outbox alone.
  CREATE TABLE replication_target (
    target TEXT PRIMARY KEY,
    failed_count INTEGER NOT NULL,
    scan TEXT
  ) WITHOUT ROWID;
  `,
  `
  -- Lines of access logs that wait to become objects. Those come last, so that what is counted is read without them.
  CREATE TABLE log_batch (
    id INTEGER PRIMARY KEY,
    destination TEXT NOT NULL,
    first_ms INTEGER NOT NULL,
    unique_name TEXT NOT NULL,
    count INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    lines TEXT NOT NULL
  );
  `,
  `
  -- One row, JSON of how many rows there are; none: that was not written down since they last changed.
  CREATE TABLE row_counts (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    counts TEXT NOT NULL
  );

  -- Of what has lost a reference, for the figures.
  ALTER TABLE content ADD COLUMN size_bytes INTEGER;
  `,
  `
  -- The bucket grows, or has grown. Of a shard that gives keys away: those up to "moved_up_to" that move have moved, and those up to
  -- "under_way_up_to" do so now. Of one that gets them: "arrived" is the last record that has, as JSON.
  CREATE TABLE growth (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    epoch INTEGER NOT NULL,
    shards_before INTEGER NOT NULL,
    shards_after INTEGER NOT NULL,
    moved_up_to TEXT NOT NULL,
    under_way_up_to TEXT,
    is_handed_over INTEGER NOT NULL,
    is_done INTEGER NOT NULL,
    moved_keys INTEGER NOT NULL,
    arrived TEXT
  );

  -- The key, while it is one that is going to move. The indexes are empty otherwise.
  ALTER TABLE outbox ADD COLUMN moving_key TEXT;
  CREATE INDEX outbox_moving ON outbox (moving_key) WHERE moving_key IS NOT NULL;
  ALTER TABLE completed_upload ADD COLUMN moving_key TEXT;
  CREATE INDEX completed_upload_moving ON completed_upload (moving_key) WHERE moving_key IS NOT NULL;
  `,
  `
  -- In shard 0: when each report of the bucket's inventory is due, and how far the one is that is being made.
  CREATE TABLE inventory (
    id TEXT PRIMARY KEY,
    due_ms INTEGER NOT NULL,
    document TEXT,
    started_ms INTEGER,
    shard INTEGER NOT NULL,
    after TEXT NOT NULL
  ) WITHOUT ROWID;

  -- Its files so far.
  CREATE TABLE inventory_file (
    id TEXT NOT NULL,
    file TEXT NOT NULL
  );
  `,
  `
  -- When a dead letter was delivered anew; what it is about happened at "emitted_ms".
  ALTER TABLE outbox ADD COLUMN redriven_ms INTEGER;

  -- Rows that were tried, of each key the first. The indexes are empty as long as all that is sent is taken.
  CREATE INDEX outbox_tried ON outbox (target, key) WHERE due_ms IS NOT NULL;
  CREATE INDEX outbox_due ON outbox (target, due_ms) WHERE due_ms IS NOT NULL;

  -- The targets for which much waits: how many rows, up to which of them they are counted, and up to which all are of keys that wait.
  CREATE TABLE outbox_backlog (
    target TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    counted_up_to INTEGER NOT NULL,
    passed_up_to INTEGER NOT NULL
  ) WITHOUT ROWID;

  -- What lifecycle rules have done since the bucket was made.
  CREATE TABLE lifecycle_total (
    action TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
  `
  -- Of the first row of a log object that was begun: up to which row its lines are.
  ALTER TABLE log_batch ADD COLUMN last_id INTEGER;
  `,
];
