-- All tables of lockkeeper. ARCHITECTURE.md explains the words; R and I are the numbers of its rules and invariants.
--
-- No column lists the words that it may hold: a newer program may write a new one without a change of its table. A check
-- that names words holds for every word that it does not name. `lockkeeper doctor` finds words that it does not know (I9).

CREATE TABLE token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 63),
    role TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT;

CREATE TABLE service (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 63 AND name NOT GLOB '*[^a-z0-9-]*' AND name NOT GLOB '-*'),
    language TEXT NOT NULL CHECK (length(language) <= 63),
    description TEXT NOT NULL CHECK (length(description) <= 1000),
    executor TEXT NOT NULL CHECK (length(executor) BETWEEN 1 AND 63),
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    removed_at INTEGER
) STRICT;
-- R3: a name is free again once its service was removed.
CREATE UNIQUE INDEX service_name ON service (name) WHERE removed_at IS NULL;
CREATE INDEX service_list ON service (name, id);

CREATE TABLE host (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hostname TEXT NOT NULL CHECK (length(hostname) BETWEEN 1 AND 253 AND hostname NOT GLOB '*[^A-Za-z0-9._-]*' AND hostname GLOB '[A-Za-z0-9]*'),
    address TEXT NOT NULL CHECK (length(address) BETWEEN 1 AND 253 AND address NOT GLOB '*[^A-Za-z0-9.:_-]*' AND address GLOB '[A-Za-z0-9:]*'),
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    removed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX host_hostname ON host (hostname) WHERE removed_at IS NULL;
CREATE INDEX host_list ON host (hostname, id);

CREATE TABLE host_label (
    host_id INTEGER NOT NULL REFERENCES host,
    key TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 63),
    value TEXT NOT NULL CHECK (length(value) <= 63),
    PRIMARY KEY (host_id, key)
) STRICT;
CREATE INDEX host_label_value ON host_label (key, value, host_id);

-- Within a service, a version with a greater id is newer: ids are assigned while the service is locked.
CREATE TABLE version (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service_id INTEGER NOT NULL REFERENCES service,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 128 AND name NOT GLOB '*[^A-Za-z0-9._+-]*' AND name GLOB '[A-Za-z0-9]*'),
    ref TEXT NOT NULL CHECK (length(ref) <= 255),
    description TEXT NOT NULL CHECK (length(description) <= 1000),
    build_status TEXT NOT NULL,
    artifact TEXT CHECK (length(artifact) BETWEEN 1 AND 1000),
    build_message TEXT CHECK (length(build_message) <= 1000),
    built_at INTEGER,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    withdrawn_at INTEGER,
    withdrawn_by TEXT,
    withdrawn_reason TEXT CHECK (length(withdrawn_reason) BETWEEN 1 AND 1000),
    removed_at INTEGER,
    UNIQUE (id, service_id),
    -- R1
    CHECK (CASE build_status
        WHEN 'PENDING' THEN artifact IS NULL AND built_at IS NULL
        WHEN 'BUILDING' THEN artifact IS NULL AND built_at IS NULL
        WHEN 'SUCCEEDED' THEN artifact IS NOT NULL AND built_at IS NOT NULL
        WHEN 'FAILED' THEN artifact IS NULL AND built_at IS NOT NULL
        WHEN 'TIMED_OUT' THEN artifact IS NULL AND built_at IS NOT NULL
        WHEN 'DUPLICATE' THEN artifact IS NULL AND built_at IS NOT NULL
        ELSE true END),
    CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_reason IS NULL))
) STRICT;
CREATE UNIQUE INDEX version_name ON version (service_id, name) WHERE removed_at IS NULL;
CREATE INDEX version_list ON version (service_id, id);
CREATE INDEX version_by_name ON version (service_id, name, id);

-- The hostname is repeated here, so that one index orders lists by it.
CREATE TABLE instance (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service_id INTEGER NOT NULL REFERENCES service,
    host_id INTEGER NOT NULL REFERENCES host,
    hostname TEXT NOT NULL,
    version_id INTEGER,
    port INTEGER CHECK (port BETWEEN 1 AND 65535),
    tag TEXT CHECK (length(tag) BETWEEN 1 AND 63),
    weight INTEGER NOT NULL CHECK (weight BETWEEN 0 AND 1000),
    description TEXT NOT NULL CHECK (length(description) <= 1000),
    maintenance INTEGER NOT NULL DEFAULT 0 CHECK (maintenance IN (0, 1)),
    status TEXT NOT NULL,
    -- The revision of its newest event (I5), and the fence of its newest claim (I3).
    revision INTEGER NOT NULL CHECK (revision > 0),
    fence INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    FOREIGN KEY (version_id, service_id) REFERENCES version (id, service_id),
    CHECK (version_id IS NOT NULL OR status NOT IN ('RUNNING', 'UPGRADING', 'UPGRADE_FAILED', 'REVERTING', 'REVERT_FAILED'))
) STRICT;
CREATE UNIQUE INDEX instance_place ON instance (service_id, host_id) WHERE status <> 'REMOVED';
CREATE INDEX instance_list ON instance (hostname, id);
CREATE INDEX instance_updated ON instance (updated_at, id);
CREATE INDEX instance_of_service ON instance (service_id, hostname, id);
CREATE INDEX instance_of_service_updated ON instance (service_id, updated_at, id);
CREATE INDEX instance_of_service_status ON instance (service_id, status, version_id);
CREATE INDEX instance_of_host ON instance (host_id, hostname, id);
CREATE INDEX instance_of_version ON instance (version_id, hostname, id);
CREATE INDEX instance_status ON instance (status, hostname, id);

CREATE TABLE hold (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service_id INTEGER NOT NULL REFERENCES service,
    -- Null for a freeze, which is on the whole service.
    instance_id INTEGER REFERENCES instance,
    reason TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    includes_reverts INTEGER NOT NULL DEFAULT 0 CHECK (includes_reverts IN (0, 1)) CHECK (NOT includes_reverts OR instance_id IS NULL),
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    until INTEGER,
    ended_at INTEGER,
    ended_by TEXT,
    CHECK (ended_by IS NULL OR ended_at IS NOT NULL)
) STRICT;
CREATE INDEX hold_of_instance ON hold (instance_id, id) WHERE ended_at IS NULL;
CREATE INDEX hold_of_service ON hold (service_id, id);
CREATE INDEX freeze_of_service ON hold (service_id, id) WHERE ended_at IS NULL AND instance_id IS NULL;
CREATE INDEX hold_by_instance ON hold (instance_id, id);
CREATE INDEX hold_due ON hold (until) WHERE ended_at IS NULL AND until IS NOT NULL;

CREATE TABLE release (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service_id INTEGER NOT NULL REFERENCES service,
    action TEXT NOT NULL,
    target_version_id INTEGER,
    origin TEXT NOT NULL,
    parent_id INTEGER REFERENCES release,
    -- The executor and the rollout as they were when the release was accepted (R16).
    executor TEXT NOT NULL,
    max_parallel INTEGER NOT NULL CHECK (max_parallel >= 1),
    max_failures INTEGER NOT NULL CHECK (max_failures >= 0),
    on_failure TEXT NOT NULL,
    timeout_seconds INTEGER NOT NULL CHECK (timeout_seconds BETWEEN 1 AND 86400),
    status TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (length(reason) <= 1000),
    idempotency_key TEXT,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    started_at INTEGER,
    cancel_requested_at INTEGER,
    cancel_reason TEXT CHECK (length(cancel_reason) <= 1000),
    stop_running INTEGER NOT NULL DEFAULT 0 CHECK (stop_running IN (0, 1)),
    stopped_at INTEGER,
    finished_at INTEGER,
    revision INTEGER NOT NULL CHECK (revision > 0),
    -- The position of the newest event before it was accepted.
    position INTEGER NOT NULL,
    total INTEGER NOT NULL CHECK (total > 0),
    queued INTEGER NOT NULL CHECK (queued >= 0),
    running INTEGER NOT NULL CHECK (running >= 0),
    succeeded INTEGER NOT NULL CHECK (succeeded >= 0),
    failed INTEGER NOT NULL CHECK (failed >= 0),
    canceled INTEGER NOT NULL CHECK (canceled >= 0),
    unknown INTEGER NOT NULL CHECK (unknown >= 0),
    skipped INTEGER NOT NULL CHECK (skipped >= 0),
    FOREIGN KEY (target_version_id, service_id) REFERENCES version (id, service_id),
    -- Targets in a state without a column here are only part of the total.
    CHECK (total >= queued + running + succeeded + failed + canceled + unknown),
    -- R14
    CHECK (CASE status
        WHEN 'PENDING' THEN finished_at IS NULL AND queued > 0 AND running + succeeded + failed + unknown = 0
        WHEN 'RUNNING' THEN finished_at IS NULL AND queued + running > 0
        WHEN 'PAUSED' THEN finished_at IS NULL AND queued + running > 0
        WHEN 'SUCCEEDED' THEN finished_at IS NOT NULL AND succeeded = total
        WHEN 'FAILED' THEN finished_at IS NOT NULL AND queued + running = 0 AND failed + unknown > 0
        WHEN 'CANCELED' THEN finished_at IS NOT NULL AND queued + running + failed + unknown = 0 AND canceled > 0
        ELSE true END)
) STRICT;
CREATE INDEX release_of_service ON release (service_id, id);
CREATE INDEX release_of_parent ON release (parent_id, id) WHERE parent_id IS NOT NULL;
CREATE INDEX release_of_version ON release (target_version_id, id);
CREATE INDEX release_by_caller ON release (created_by, id);
CREATE INDEX release_by_key ON release (created_by, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX release_open ON release (id) WHERE finished_at IS NULL;
CREATE INDEX release_created ON release (created_at, id);

CREATE TABLE worker (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    -- The state directory it works in: only a worker with the same one can see what its commands did.
    state_dir TEXT NOT NULL,
    -- The lease: a worker is dead when another one saw its beat unchanged for too long, by its own clock.
    beat INTEGER NOT NULL DEFAULT 0,
    -- How long the beat may stay unchanged, and how long its commands may take to end after that. Each worker states
    -- both, since the processes that watch it may have other settings.
    lease_ms INTEGER NOT NULL CHECK (lease_ms > 0),
    grace_ms INTEGER NOT NULL CHECK (grace_ms >= 0),
    started_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE INDEX worker_live ON worker (id) WHERE ended_at IS NULL;

CREATE TABLE release_target (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    release_id INTEGER NOT NULL REFERENCES release,
    -- The place in the order in which the release moves its targets, from 1.
    ordinal INTEGER NOT NULL CHECK (ordinal > 0),
    instance_id INTEGER NOT NULL REFERENCES instance,
    host_id INTEGER NOT NULL REFERENCES host,
    from_version_id INTEGER REFERENCES version,
    to_version_id INTEGER REFERENCES version,
    -- The status of the instance before: it returns to that if the target is canceled (R13).
    from_status TEXT NOT NULL,
    executor TEXT NOT NULL,
    shares_host INTEGER NOT NULL CHECK (shares_host IN (0, 1)),
    status TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    -- The step that the last start has reached.
    step TEXT,
    fence INTEGER NOT NULL DEFAULT 0,
    worker_id INTEGER REFERENCES worker,
    -- The worker that made the last start, and the fence of that start; another one may run the target now. Only the state
    -- directory of the former shows that the command never began, and only for this fence: a restore raises fences.
    begun_by INTEGER REFERENCES worker,
    begun_fence INTEGER,
    failure TEXT,
    message TEXT CHECK (length(message) <= 1000),
    exit_status INTEGER,
    started_at INTEGER,
    finished_at INTEGER,
    UNIQUE (release_id, ordinal),
    UNIQUE (release_id, instance_id),
    -- R13
    CHECK (CASE status
        WHEN 'QUEUED' THEN attempt = 0 AND finished_at IS NULL AND failure IS NULL
        WHEN 'RUNNING' THEN attempt > 0 AND finished_at IS NULL AND failure IS NULL
        WHEN 'SUCCEEDED' THEN attempt > 0 AND finished_at IS NOT NULL AND failure IS NULL
        WHEN 'FAILED' THEN attempt > 0 AND finished_at IS NOT NULL AND failure IS NOT NULL
        WHEN 'CANCELED' THEN attempt = 0 AND finished_at IS NOT NULL AND failure IS NULL
        WHEN 'UNKNOWN' THEN attempt > 0 AND finished_at IS NOT NULL AND failure IS NULL
        ELSE true END),
    CHECK ((attempt = 0) = (started_at IS NULL)),
    CHECK ((attempt = 0) = (step IS NULL))
) STRICT;
-- I1: an instance is locked by a release exactly while it has an open target.
CREATE UNIQUE INDEX release_target_open ON release_target (instance_id) WHERE status IN ('QUEUED', 'RUNNING');
-- R18: one command at a time on a host.
CREATE UNIQUE INDEX release_target_busy ON release_target (host_id) WHERE status = 'RUNNING' AND NOT shares_host;
CREATE INDEX release_target_queue ON release_target (release_id, ordinal) WHERE status = 'QUEUED';
CREATE INDEX release_target_of_worker ON release_target (worker_id) WHERE status = 'RUNNING';
CREATE INDEX release_target_of_instance ON release_target (instance_id, id);
CREATE INDEX release_target_of_host ON release_target (host_id, release_id);
CREATE INDEX release_target_by_status ON release_target (release_id, status, ordinal);

CREATE TABLE release_skip (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    release_id INTEGER NOT NULL REFERENCES release,
    instance_id INTEGER NOT NULL REFERENCES instance,
    reason TEXT NOT NULL,
    UNIQUE (release_id, instance_id)
) STRICT;
CREATE INDEX release_skip_list ON release_skip (release_id, id);

-- R9: what locked a skipped instance when it was skipped.
CREATE TABLE release_skip_lock (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    release_skip_id INTEGER NOT NULL REFERENCES release_skip,
    holder_release_id INTEGER REFERENCES release,
    holder_hold_id INTEGER REFERENCES hold,
    CHECK ((holder_release_id IS NULL) <> (holder_hold_id IS NULL))
) STRICT;
CREATE INDEX release_skip_lock_list ON release_skip_lock (release_skip_id, id);

-- R17: the holds and freezes through which a release was let.
CREATE TABLE release_through (
    release_id INTEGER NOT NULL REFERENCES release,
    hold_id INTEGER NOT NULL REFERENCES hold,
    PRIMARY KEY (release_id, hold_id)
) STRICT;

-- The output of commands. A line's place comes from its release's counter, so that places are in the order of commits.
CREATE TABLE release_output (
    release_id INTEGER PRIMARY KEY REFERENCES release,
    place INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE output_line (
    release_id INTEGER NOT NULL REFERENCES release,
    place INTEGER NOT NULL,
    target_id INTEGER NOT NULL REFERENCES release_target,
    hostname TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    stream TEXT NOT NULL,
    text TEXT NOT NULL CHECK (octet_length(text) <= 8192),
    at INTEGER NOT NULL,
    PRIMARY KEY (release_id, place)
) STRICT;
CREATE INDEX output_line_of_target ON output_line (target_id, place);

-- The event log. `id` names this log in cursors; `position` is that of the newest event, `floor` that of the newest
-- expired one.
CREATE TABLE event_log (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    position INTEGER NOT NULL,
    floor INTEGER NOT NULL,
    CHECK (floor <= position)
) STRICT;

-- No foreign keys: an event records the past, and inserting it is the last statement of a transaction.
CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    caused_by TEXT NOT NULL,
    -- Both null for an event that is not about a service.
    service_id INTEGER,
    service_name TEXT,
    instance_id INTEGER,
    host_id INTEGER,
    hostname TEXT,
    release_id INTEGER,
    target_id INTEGER,
    version_id INTEGER,
    previous_version_id INTEGER,
    hold_id INTEGER,
    revision INTEGER,
    previous_status TEXT,
    status TEXT,
    locked INTEGER CHECK (locked IN (0, 1)),
    action TEXT,
    total INTEGER,
    queued INTEGER,
    running INTEGER,
    succeeded INTEGER,
    failed INTEGER,
    canceled INTEGER,
    unknown INTEGER,
    skipped INTEGER,
    CHECK ((service_id IS NULL) = (service_name IS NULL)),
    CHECK (CASE subject
        WHEN 'INSTANCE' THEN service_id IS NOT NULL AND revision IS NOT NULL AND instance_id IS NOT NULL
            AND host_id IS NOT NULL AND hostname IS NOT NULL AND status IS NOT NULL AND locked IS NOT NULL
        WHEN 'RELEASE' THEN service_id IS NOT NULL AND revision IS NOT NULL AND release_id IS NOT NULL
            AND status IS NOT NULL AND action IS NOT NULL AND total IS NOT NULL
        WHEN 'SERVICE' THEN service_id IS NOT NULL
        ELSE true END)
) STRICT;
CREATE UNIQUE INDEX event_of_instance ON event (instance_id, revision) WHERE subject = 'INSTANCE';
CREATE UNIQUE INDEX event_of_release ON event (release_id, revision) WHERE subject = 'RELEASE';
CREATE INDEX event_by_subject ON event (subject, position);
CREATE INDEX event_by_instance ON event (instance_id, position) WHERE subject = 'INSTANCE';
CREATE INDEX event_by_host ON event (host_id, position) WHERE subject = 'INSTANCE';
CREATE INDEX event_by_service ON event (service_id, subject, position);
CREATE INDEX event_by_release ON event (release_id, subject, position);
CREATE INDEX event_at ON event (at);

CREATE TABLE idempotency (
    caller TEXT NOT NULL,
    key TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    operation TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    -- Ids of what the first request created: a release, a version, or holds in order.
    result TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (caller, key)
) STRICT;
CREATE INDEX idempotency_age ON idempotency (created_at);

-- The audit log. Caller, credential and outcome are plain texts: entries outlive tokens, and programs of other versions
-- have other words. Entries from before `kept_from` have expired.
CREATE TABLE audit_log (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    kept_from INTEGER NOT NULL
) STRICT;
INSERT INTO audit_log (one, kept_from) VALUES (1, 0);
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    caller TEXT NOT NULL,
    credential TEXT NOT NULL,
    address TEXT,
    -- Null for commands that open the database themselves.
    request_id TEXT,
    operation TEXT NOT NULL,
    outcome TEXT NOT NULL,
    input TEXT NOT NULL,
    -- Ids of what was created or changed, or codes of the problems.
    result TEXT NOT NULL,
    -- The number of attempts that it stands for.
    count INTEGER NOT NULL DEFAULT 1 CHECK (count > 0)
) STRICT;
CREATE INDEX audit_list ON audit (at, id);
CREATE INDEX audit_by_caller ON audit (caller, at, id);

-- What locks an instance now: the release with an open target of it, and the holds in force.
CREATE VIEW instance_lock AS
    SELECT t.instance_id, 0 AS rank, r.id, r.id AS holder_release_id, CAST(NULL AS INTEGER) AS holder_hold_id,
        r.reason, r.created_by, r.created_at AS since, CAST(NULL AS INTEGER) AS until
    FROM release_target t JOIN release r ON r.id = t.release_id
    WHERE t.status IN ('QUEUED', 'RUNNING')
    UNION ALL
    SELECT h.instance_id, 1, h.id, NULL, h.id, h.reason, h.created_by, h.created_at, h.until
    FROM hold h
    WHERE h.instance_id IS NOT NULL AND h.ended_at IS NULL AND (h.until IS NULL OR h.until > CAST(unixepoch('subsec') * 1000 AS INTEGER));

-- What locked a skipped instance, in the same columns.
CREATE VIEW skip_lock AS
    SELECT s.release_skip_id, s.id, s.holder_release_id, s.holder_hold_id,
        COALESCE(h.reason, r.reason) AS reason, COALESCE(h.created_by, r.created_by) AS created_by,
        COALESCE(h.created_at, r.created_at) AS since, h.until
    FROM release_skip_lock s
    LEFT JOIN release r ON r.id = s.holder_release_id
    LEFT JOIN hold h ON h.id = s.holder_hold_id;

-- I2: final states are never left; R13: what has started is never queued again; I3: fences only rise.
CREATE TRIGGER release_target_final BEFORE UPDATE ON release_target WHEN OLD.finished_at IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a final target never changes'); END;
CREATE TRIGGER release_target_begun BEFORE UPDATE ON release_target
    WHEN OLD.status = 'RUNNING' AND NEW.status IN ('QUEUED', 'CANCELED')
    BEGIN SELECT RAISE(ABORT, 'a target that has started cannot be queued or canceled'); END;
CREATE TRIGGER release_target_kept BEFORE DELETE ON release_target BEGIN SELECT RAISE(ABORT, 'targets are never deleted'); END;
CREATE TRIGGER release_final BEFORE UPDATE ON release WHEN OLD.finished_at IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a finished release never changes'); END;
CREATE TRIGGER instance_numbers BEFORE UPDATE ON instance WHEN NEW.fence < OLD.fence OR NEW.revision < OLD.revision
    BEGIN SELECT RAISE(ABORT, 'fences and revisions only rise'); END;
-- I4, I5: a change of version or status has an event, with the next revision.
CREATE TRIGGER instance_has_event BEFORE UPDATE ON instance
    WHEN (NEW.version_id IS NOT OLD.version_id OR NEW.status <> OLD.status) AND NEW.revision = OLD.revision
    BEGIN SELECT RAISE(ABORT, 'a change of version or status needs an event'); END;

-- I5: positions are consecutive, and so are the revisions of each instance and release.
CREATE TRIGGER event_follows BEFORE INSERT ON event BEGIN
    SELECT RAISE(ABORT, 'event positions are consecutive')
        WHERE NEW.position <> COALESCE((SELECT max(position) FROM event), 0) + 1;
    SELECT RAISE(ABORT, 'event revisions are consecutive') WHERE NEW.subject = 'INSTANCE' AND NEW.revision
        <> (SELECT max(revision) FROM event WHERE instance_id = NEW.instance_id AND subject = 'INSTANCE') + 1;
    SELECT RAISE(ABORT, 'event revisions are consecutive') WHERE NEW.subject = 'RELEASE' AND NEW.revision
        <> (SELECT max(revision) FROM event WHERE release_id = NEW.release_id AND subject = 'RELEASE') + 1;
END;
CREATE TRIGGER event_kept BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events never change'); END;
CREATE TRIGGER event_expires BEFORE DELETE ON event
    WHEN OLD.position > (SELECT floor FROM event_log) OR OLD.position = (SELECT position FROM event_log)
    BEGIN SELECT RAISE(ABORT, 'an event above the floor cannot be deleted'); END;
-- I7: entries are kept until they expire, and only the count of denials changes.
CREATE TRIGGER audit_kept BEFORE UPDATE OF id, at, caller, credential, address, request_id, operation, outcome, input, result
    ON audit BEGIN SELECT RAISE(ABORT, 'audit entries never change'); END;
CREATE TRIGGER audit_counted BEFORE UPDATE OF count ON audit WHEN OLD.outcome <> 'DENIED' OR NEW.count < OLD.count
    BEGIN SELECT RAISE(ABORT, 'audit entries never change'); END;
CREATE TRIGGER audit_expires BEFORE DELETE ON audit WHEN OLD.at >= (SELECT kept_from FROM audit_log)
    BEGIN SELECT RAISE(ABORT, 'an audit entry cannot be deleted before it expires'); END;
