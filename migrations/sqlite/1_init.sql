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
    version_scheme TEXT NOT NULL DEFAULT 'REGISTRATION',
    -- What the rollouts of its releases have where a request says nothing: a JSON object, or null.
    rollout_defaults TEXT,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    removed_at INTEGER
) STRICT;
-- R3: a name is free again once its service was removed.
CREATE UNIQUE INDEX service_name ON service (name) WHERE removed_at IS NULL;
CREATE INDEX service_list ON service (name, id);
CREATE INDEX service_created ON service (created_at, id);
CREATE INDEX service_updated ON service (updated_at, id);

CREATE TABLE host (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hostname TEXT NOT NULL CHECK (length(hostname) BETWEEN 1 AND 253 AND hostname NOT GLOB '*[^A-Za-z0-9._-]*' AND hostname GLOB '[A-Za-z0-9]*'),
    -- The hostname as hostnames are compared (RFC 4343): ASCII letters in lower case, one trailing dot less.
    folded_hostname TEXT NOT NULL GENERATED ALWAYS AS
        (lower(CASE WHEN hostname GLOB '*.' THEN substr(hostname, 1, length(hostname) - 1) ELSE hostname END)) STORED,
    address TEXT NOT NULL CHECK (length(address) BETWEEN 1 AND 253 AND address NOT GLOB '*[^A-Za-z0-9.:_-]*' AND address GLOB '[A-Za-z0-9:]*'),
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    removed_at INTEGER
) STRICT;
-- R6: a host is one machine, in whatever spelling it is named.
CREATE UNIQUE INDEX host_hostname ON host (folded_hostname) WHERE removed_at IS NULL;
CREATE INDEX host_list ON host (folded_hostname, id);
CREATE INDEX host_created ON host (created_at, id);

CREATE TABLE host_label (
    host_id INTEGER NOT NULL REFERENCES host,
    key TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 63),
    value TEXT NOT NULL CHECK (length(value) <= 63),
    PRIMARY KEY (host_id, key)
) STRICT;
CREATE INDEX host_label_value ON host_label (key, value, host_id);

-- Within a service, ids have the order of registration: they are assigned while the service is locked.
CREATE TABLE version (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service_id INTEGER NOT NULL REFERENCES service,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 128 AND name NOT GLOB '*[^A-Za-z0-9._+~:-]*' AND name GLOB '[A-Za-z0-9]*'),
    -- What orders the versions of the service, byte by byte, then id; empty where registration alone does.
    precedence TEXT NOT NULL DEFAULT '',
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
CREATE INDEX version_by_precedence ON version (service_id, precedence, id);
CREATE INDEX version_by_name ON version (service_id, name, id);
CREATE INDEX version_named ON version (name);

-- The hostname is repeated here, so that one index orders lists by it.
CREATE TABLE instance (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service_id INTEGER NOT NULL REFERENCES service,
    host_id INTEGER NOT NULL REFERENCES host,
    hostname TEXT NOT NULL,
    folded_hostname TEXT NOT NULL GENERATED ALWAYS AS
        (lower(CASE WHEN hostname GLOB '*.' THEN substr(hostname, 1, length(hostname) - 1) ELSE hostname END)) STORED,
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
    -- Since when it is out of service: a target drained it and has not put it back.
    drained_since INTEGER,
    -- When a caller asked to put it back into service, and the worker that does so.
    undrain_requested_at INTEGER,
    undrain_worker_id INTEGER,
    -- What the probe saw last, how often in a row that differed from the record, and since when it is a drift.
    observed_version TEXT,
    observed_at INTEGER,
    observed_times INTEGER NOT NULL DEFAULT 0,
    drifted_since INTEGER,
    -- When the probe is due; null if it is not. Until then a worker has claimed it.
    probe_due_at INTEGER,
    probe_until INTEGER,
    -- Whether it is healthy by the checks of a soak, and since when; null before its first verdict. The release in whose soak
    -- it last became unhealthy, and the last answers in a row, as far as they are counted.
    health TEXT,
    health_at INTEGER,
    unhealthy_release_id INTEGER,
    good_answers INTEGER NOT NULL DEFAULT 0 CHECK (good_answers >= 0),
    bad_answers INTEGER NOT NULL DEFAULT 0 CHECK (bad_answers >= 0),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    -- When a person last said what runs there.
    confirmed_at INTEGER,
    FOREIGN KEY (version_id, service_id) REFERENCES version (id, service_id),
    CHECK (version_id IS NOT NULL OR status NOT IN ('RUNNING', 'UPGRADING', 'UPGRADE_FAILED', 'REVERTING', 'REVERT_FAILED')),
    CHECK ((health IS NULL) = (health_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX instance_place ON instance (service_id, host_id) WHERE status <> 'REMOVED';
CREATE INDEX instance_list ON instance (folded_hostname, id);
CREATE INDEX instance_updated ON instance (updated_at, id);
CREATE INDEX instance_of_service ON instance (service_id, folded_hostname, id);
CREATE INDEX instance_of_service_updated ON instance (service_id, updated_at, id);
CREATE INDEX instance_of_service_status ON instance (service_id, status, version_id);
CREATE INDEX instance_of_host ON instance (host_id, folded_hostname, id);
CREATE INDEX instance_of_version ON instance (version_id, folded_hostname, id);
CREATE INDEX instance_status ON instance (status, folded_hostname, id);
CREATE INDEX instance_undrain_requested ON instance (id) WHERE undrain_requested_at IS NOT NULL;
CREATE INDEX instance_undraining ON instance (host_id) WHERE undrain_worker_id IS NOT NULL;
CREATE INDEX instance_drifted ON instance (folded_hostname, id) WHERE drifted_since IS NOT NULL;
CREATE INDEX instance_probe_due ON instance (probe_due_at) WHERE probe_due_at IS NOT NULL AND status <> 'REMOVED';
CREATE INDEX instance_drained ON instance (folded_hostname, id) WHERE drained_since IS NOT NULL;
CREATE INDEX instance_health ON instance (health, folded_hostname, id) WHERE health IS NOT NULL;
CREATE INDEX instance_unhealthy ON instance (unhealthy_release_id) WHERE health = 'UNHEALTHY';

-- On an instance (its service is repeated), on a host, or a freeze: of a service, or, where it is on none of them, of the
-- whole fleet or by the calendar of a window.
CREATE TABLE hold (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service_id INTEGER REFERENCES service,
    instance_id INTEGER REFERENCES instance,
    host_id INTEGER REFERENCES host,
    -- Whether it is a freeze window, in force only while that is open.
    is_window INTEGER NOT NULL DEFAULT 0 CHECK (is_window IN (0, 1)),
    reason TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    includes_reverts INTEGER NOT NULL DEFAULT 0 CHECK (includes_reverts IN (0, 1)) CHECK (NOT includes_reverts OR (instance_id IS NULL AND host_id IS NULL)),
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    until INTEGER,
    ended_at INTEGER,
    ended_by TEXT,
    CHECK (ended_by IS NULL OR ended_at IS NOT NULL),
    CHECK (instance_id IS NULL OR service_id IS NOT NULL),
    CHECK (host_id IS NULL OR service_id IS NULL AND instance_id IS NULL),
    CHECK (NOT is_window OR service_id IS NULL AND instance_id IS NULL AND host_id IS NULL AND until IS NULL)
) STRICT;
CREATE INDEX hold_of_instance ON hold (instance_id, id) WHERE ended_at IS NULL;
CREATE INDEX hold_of_service ON hold (service_id, id);
CREATE INDEX freeze_of_service ON hold (service_id, id) WHERE ended_at IS NULL AND instance_id IS NULL;
CREATE INDEX freeze_of_fleet ON hold (id) WHERE ended_at IS NULL AND service_id IS NULL AND instance_id IS NULL AND host_id IS NULL;
CREATE INDEX hold_by_instance ON hold (instance_id, id);
CREATE INDEX hold_of_host ON hold (host_id, id) WHERE ended_at IS NULL AND host_id IS NOT NULL;
CREATE INDEX hold_by_host ON hold (host_id, id) WHERE host_id IS NOT NULL;
CREATE INDEX hold_due ON hold (until) WHERE ended_at IS NULL AND until IS NOT NULL;

-- A freeze by a weekly calendar; it has the id of its hold. `days` has a bit for each day on which it begins, 1 for Monday;
-- the times are minutes since midnight by the wall clock of the zone.
CREATE TABLE freeze_window (
    id INTEGER PRIMARY KEY REFERENCES hold,
    time_zone TEXT NOT NULL CHECK (length(time_zone) BETWEEN 1 AND 255),
    days INTEGER NOT NULL CHECK (days BETWEEN 1 AND 127),
    from_minute INTEGER NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
    to_minute INTEGER NOT NULL CHECK (to_minute BETWEEN 0 AND 1440),
    -- Up to when its periods are listed.
    listed_until INTEGER NOT NULL,
    CHECK (from_minute <> to_minute)
) STRICT;
CREATE INDEX freeze_window_listed ON freeze_window (listed_until);
-- The services that a window freezes; every service if there are none.
CREATE TABLE freeze_window_service (
    window_id INTEGER NOT NULL REFERENCES freeze_window,
    service_id INTEGER NOT NULL REFERENCES service,
    PRIMARY KEY (window_id, service_id)
) STRICT;
-- When a window is open, for statements that only read: the calendar itself decides what is accepted. `closes_at` is null
-- for one that never closes.
CREATE TABLE freeze_period (
    window_id INTEGER NOT NULL REFERENCES freeze_window,
    opens_at INTEGER NOT NULL,
    closes_at INTEGER,
    PRIMARY KEY (window_id, opens_at)
) STRICT;

-- How many instances of a service may be unavailable at a time, and of those how many with the same value of a label. Claims
-- of the service lock the row.
CREATE TABLE service_budget (
    service_id INTEGER PRIMARY KEY REFERENCES service,
    max_count INTEGER CHECK (max_count >= 1),
    max_percent INTEGER CHECK (max_percent BETWEEN 0 AND 100),
    label_key TEXT CHECK (length(label_key) BETWEEN 1 AND 63),
    label_count INTEGER CHECK (label_count BETWEEN 1 AND 1000),
    CHECK (max_count IS NULL OR max_percent IS NULL),
    CHECK ((label_key IS NULL) = (label_count IS NULL)),
    CHECK (max_count IS NOT NULL OR max_percent IS NOT NULL OR label_key IS NOT NULL)
) STRICT;

-- Each time at which nothing was claimed anywhere.
CREATE TABLE suspension (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reason TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    ended_at INTEGER,
    ended_by TEXT,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT;
-- One row, which claims share: the suspension that stands now.
CREATE TABLE fleet (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    suspension_id INTEGER REFERENCES suspension
) STRICT;
INSERT INTO fleet (one) VALUES (1);

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
    max_unreachable INTEGER NOT NULL DEFAULT 0 CHECK (max_unreachable >= 0),
    on_failure TEXT NOT NULL,
    -- Whether its version is withdrawn when it is undone as it ends.
    withdraw_on_undo INTEGER NOT NULL DEFAULT 0 CHECK (withdraw_on_undo IN (0, 1)),
    timeout_seconds INTEGER NOT NULL CHECK (timeout_seconds BETWEEN 1 AND 86400),
    -- The order of its targets, and the rollout as it was asked for, from which a retry computes its own numbers.
    target_order TEXT NOT NULL DEFAULT 'BY_HOSTNAME',
    requested_rollout TEXT NOT NULL DEFAULT '{}',
    -- How many of its targets may run at a time on hosts with the same value of a label.
    label_key TEXT CHECK (length(label_key) BETWEEN 1 AND 63),
    label_count INTEGER CHECK (label_count BETWEEN 1 AND 1000),
    -- What has not started by then is canceled. When the event DEADLINE is due; null once it was written, and if none is.
    deadline_seconds INTEGER NOT NULL DEFAULT 86400 CHECK (deadline_seconds > 0),
    deadline_at INTEGER NOT NULL,
    deadline_event_at INTEGER,
    -- The wave that is carried out, and until when it soaks; null while it does not.
    wave INTEGER NOT NULL DEFAULT 1 CHECK (wave > 0),
    soaks_until INTEGER,
    -- Why it is paused; all null while it is not.
    pause_reason TEXT,
    paused_at INTEGER,
    paused_by TEXT,
    pause_message TEXT CHECK (length(pause_message) <= 1000),
    -- Whether it passes over the pauses of its waves.
    skips_pauses INTEGER NOT NULL DEFAULT 0 CHECK (skips_pauses IN (0, 1)),
    -- The failures that no longer count, since somebody resumed it after them.
    forgiven_failures INTEGER NOT NULL DEFAULT 0 CHECK (forgiven_failures >= 0),
    forgiven_unreachable INTEGER NOT NULL DEFAULT 0 CHECK (forgiven_unreachable >= 0),
    -- Those of the failures that tried the version, and how many of them no longer count.
    version_failures INTEGER NOT NULL DEFAULT 0 CHECK (version_failures >= 0),
    forgiven_version_failures INTEGER NOT NULL DEFAULT 0 CHECK (forgiven_version_failures >= 0),
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
    -- Who wants it to be undone when it ends, with which credential; and why it was not undone.
    undo_requested_by TEXT,
    undo_credential TEXT CHECK ((undo_credential IS NULL) = (undo_requested_by IS NULL)),
    undo_message TEXT CHECK (length(undo_message) <= 1000),
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
    -- Those of the failed whose host was not reached.
    unreachable INTEGER NOT NULL DEFAULT 0 CHECK (unreachable BETWEEN 0 AND failed),
    -- Those of the succeeded whose instances became unhealthy while it soaked.
    unhealthy INTEGER NOT NULL DEFAULT 0 CHECK (unhealthy BETWEEN 0 AND succeeded),
    FOREIGN KEY (target_version_id, service_id) REFERENCES version (id, service_id),
    -- Targets in a state without a column here are only part of the total.
    CHECK (total >= queued + running + succeeded + failed + canceled + unknown),
    -- R14
    CHECK (CASE status
        WHEN 'PENDING' THEN finished_at IS NULL AND queued > 0 AND running + succeeded + failed + unknown = 0
        WHEN 'RUNNING' THEN finished_at IS NULL AND queued + running > 0
        WHEN 'PAUSED' THEN finished_at IS NULL AND queued > 0 AND pause_reason IS NOT NULL
        WHEN 'SUCCEEDED' THEN finished_at IS NOT NULL AND succeeded = total
        WHEN 'FAILED' THEN finished_at IS NOT NULL AND queued + running = 0
            AND (failed + unknown > 0 OR stopped_at IS NOT NULL)
        WHEN 'CANCELED' THEN finished_at IS NOT NULL AND queued + running + failed + unknown = 0 AND canceled > 0
        ELSE true END),
    CHECK ((label_key IS NULL) = (label_count IS NULL)),
    CHECK ((pause_reason IS NULL) = (paused_at IS NULL) AND (pause_reason IS NULL) = (paused_by IS NULL)
        AND (pause_reason IS NULL) = (pause_message IS NULL))
) STRICT;
CREATE INDEX release_of_service ON release (service_id, id);
CREATE INDEX release_of_parent ON release (parent_id, id) WHERE parent_id IS NOT NULL;
CREATE INDEX release_of_version ON release (target_version_id, id);
CREATE INDEX release_by_caller ON release (created_by, id);
CREATE INDEX release_by_key ON release (created_by, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX release_open ON release (id) WHERE finished_at IS NULL;
CREATE INDEX release_created ON release (created_at, id);

-- R19: the waves of a release, in their order. Their targets name them by number.
CREATE TABLE release_wave (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    release_id INTEGER NOT NULL REFERENCES release,
    number INTEGER NOT NULL CHECK (number > 0),
    -- The most failures among its targets; null without a limit of its own.
    max_failures INTEGER CHECK (max_failures >= 0),
    soak_seconds INTEGER NOT NULL DEFAULT 0 CHECK (soak_seconds BETWEEN 0 AND 604800),
    pause_after INTEGER NOT NULL DEFAULT 0 CHECK (pause_after IN (0, 1)),
    -- The label that its hosts have in common, if waves go by a label and its hosts have it.
    key TEXT,
    value TEXT,
    -- When its last target ended, and until when it soaks, or soaked; null before.
    ended_at INTEGER,
    soak_until INTEGER,
    -- Its failures that no longer count.
    forgiven_failures INTEGER NOT NULL DEFAULT 0 CHECK (forgiven_failures >= 0),
    total INTEGER NOT NULL CHECK (total > 0),
    queued INTEGER NOT NULL CHECK (queued >= 0),
    running INTEGER NOT NULL DEFAULT 0 CHECK (running >= 0),
    succeeded INTEGER NOT NULL DEFAULT 0 CHECK (succeeded >= 0),
    failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
    canceled INTEGER NOT NULL DEFAULT 0 CHECK (canceled >= 0),
    unknown INTEGER NOT NULL DEFAULT 0 CHECK (unknown >= 0),
    -- What a release skips is in none of its waves.
    skipped INTEGER NOT NULL DEFAULT 0 CHECK (skipped = 0),
    unreachable INTEGER NOT NULL DEFAULT 0 CHECK (unreachable BETWEEN 0 AND failed),
    unhealthy INTEGER NOT NULL DEFAULT 0 CHECK (unhealthy BETWEEN 0 AND succeeded),
    UNIQUE (release_id, number),
    CHECK ((key IS NULL) = (value IS NULL)),
    CHECK (total >= queued + running + succeeded + failed + canceled + unknown)
) STRICT;

-- The labels whose hosts a release moves first.
CREATE TABLE release_first_label (
    release_id INTEGER NOT NULL REFERENCES release,
    place INTEGER NOT NULL CHECK (place > 0),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (release_id, place)
) STRICT;

CREATE TABLE worker (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    -- The state directory it works in: only a worker with the same one can see what its commands did.
    state_dir TEXT NOT NULL,
    -- The lease: a worker is dead when another one saw its beat unchanged for too long, by its own clock.
    beat INTEGER NOT NULL DEFAULT 0,
    -- When it last changed, for people; nothing is decided by it.
    beat_at INTEGER NOT NULL,
    -- How long the beat may stay unchanged, and how long its commands may take to end after that. Each worker states
    -- both, since the processes that watch it may have other settings.
    lease_ms INTEGER NOT NULL CHECK (lease_ms > 0),
    grace_ms INTEGER NOT NULL CHECK (grace_ms >= 0),
    -- How long commands on other machines may go on without it. For so long, its targets are left to workers that have
    -- their executors.
    orphan_ms INTEGER NOT NULL DEFAULT 0 CHECK (orphan_ms >= 0),
    -- A JSON array of the names of its executors, and how many targets it carries out at a time.
    executors TEXT NOT NULL,
    max_targets INTEGER NOT NULL CHECK (max_targets >= 0),
    started_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE INDEX worker_live ON worker (id) WHERE ended_at IS NULL;

-- The worker that checks the health of a release's instances: while the release soaks, and then those that are unhealthy.
-- It holds for as long as the worker lives.
CREATE TABLE health_watch (
    release_id INTEGER PRIMARY KEY REFERENCES release,
    worker_id INTEGER NOT NULL REFERENCES worker
) STRICT;

CREATE TABLE release_target (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    release_id INTEGER NOT NULL REFERENCES release,
    -- The place in the order in which the release moves its targets, from 1.
    ordinal INTEGER NOT NULL CHECK (ordinal > 0),
    -- The number of its wave. Those of one wave follow each other in that order.
    wave INTEGER NOT NULL DEFAULT 1 CHECK (wave > 0),
    instance_id INTEGER NOT NULL REFERENCES instance,
    host_id INTEGER NOT NULL REFERENCES host,
    from_version_id INTEGER REFERENCES version,
    to_version_id INTEGER REFERENCES version,
    -- The status of the instance before: it returns to that if the target is canceled (R13).
    from_status TEXT NOT NULL,
    executor TEXT NOT NULL,
    shares_host INTEGER NOT NULL CHECK (shares_host IN (0, 1)),
    status TEXT NOT NULL,
    -- Whether its claim made one more instance of a service with a budget unavailable.
    took_room INTEGER NOT NULL DEFAULT 0 CHECK (took_room IN (0, 1)),
    attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    -- The step that the last start has reached.
    step TEXT,
    fence INTEGER NOT NULL DEFAULT 0,
    worker_id INTEGER REFERENCES worker,
    -- The worker that made the last start, and the fence of that start; another one may run the target now. Only the state
    -- directory of the former shows that the command never began, and only for this fence: a restore raises fences.
    begun_by INTEGER REFERENCES worker,
    begun_fence INTEGER,
    -- Where the step CONNECT ended last: the boot of the host, and the directory there in which starts leave their traces.
    boot_id TEXT,
    state_id TEXT,
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
CREATE INDEX release_target_queue ON release_target (release_id, wave, ordinal) WHERE status = 'QUEUED';
CREATE INDEX release_target_of_worker ON release_target (worker_id) WHERE status = 'RUNNING';
CREATE INDEX release_target_of_instance ON release_target (instance_id, id);
CREATE INDEX release_target_of_host ON release_target (host_id, release_id);
CREATE INDEX release_target_by_status ON release_target (release_id, status, ordinal);

-- The steps of a target, in their order, from its first start on.
CREATE TABLE target_step (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target_id INTEGER NOT NULL REFERENCES release_target,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    failure TEXT,
    message TEXT CHECK (length(message) <= 1000),
    exit_status INTEGER,
    -- The place of the newest line of the release's output when it began last.
    output_before INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER,
    finished_at INTEGER,
    UNIQUE (target_id, name),
    CHECK (CASE status
        WHEN 'WAITING' THEN started_at IS NULL AND finished_at IS NULL
        WHEN 'RUNNING' THEN started_at IS NOT NULL AND finished_at IS NULL
        WHEN 'SUCCEEDED' THEN started_at IS NOT NULL AND finished_at IS NOT NULL
        WHEN 'FAILED' THEN started_at IS NOT NULL AND finished_at IS NOT NULL
        WHEN 'UNKNOWN' THEN started_at IS NOT NULL AND finished_at IS NOT NULL
        WHEN 'SKIPPED' THEN started_at IS NULL AND finished_at IS NULL
        ELSE true END)
) STRICT;
CREATE INDEX target_step_list ON target_step (target_id, id);

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
    place INTEGER NOT NULL DEFAULT 0,
    -- When only the last lines of failed targets were left, when nothing was, and how many lines were deleted.
    thinned_at INTEGER,
    emptied_at INTEGER,
    lines_deleted INTEGER NOT NULL DEFAULT 0
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
    -- Where the line ends in its stream, in bytes: there, another worker reads on. Null where nobody can read again.
    stream_end INTEGER,
    PRIMARY KEY (release_id, place)
) STRICT;
CREATE INDEX output_line_of_target ON output_line (target_id, place);

-- The event log. `database_id` names this database on hosts, also after a restore; `id` names this log in cursors; `position` is that of the newest event, `floor` that of the newest
-- expired one.
CREATE TABLE event_log (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    database_id TEXT NOT NULL,
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
    unreachable INTEGER,
    unhealthy INTEGER,
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
CREATE INDEX event_by_version ON event (version_id, position) WHERE subject = 'SERVICE';
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

-- What locks an instance now: the release with an open target of it, and the holds in force on it and on its host.
CREATE VIEW instance_lock AS
    SELECT t.instance_id, 0 AS rank, r.id, r.id AS holder_release_id, CAST(NULL AS INTEGER) AS holder_hold_id,
        r.reason, r.created_by, r.created_at AS since, CAST(NULL AS INTEGER) AS until
    FROM release_target t JOIN release r ON r.id = t.release_id
    WHERE t.status IN ('QUEUED', 'RUNNING')
    UNION ALL
    SELECT h.instance_id, 1, h.id, NULL, h.id, h.reason, h.created_by, h.created_at, h.until
    FROM hold h
    WHERE h.instance_id IS NOT NULL AND h.ended_at IS NULL AND (h.until IS NULL OR h.until > CAST(unixepoch('subsec') * 1000 AS INTEGER))
    UNION ALL
    SELECT i.id, 1, h.id, NULL, h.id, h.reason, h.created_by, h.created_at, h.until
    FROM hold h JOIN instance i ON i.host_id = h.host_id AND i.status <> 'REMOVED'
    WHERE h.host_id IS NOT NULL AND h.ended_at IS NULL AND (h.until IS NULL OR h.until > CAST(unixepoch('subsec') * 1000 AS INTEGER));

-- The freezes of each service that have not ended: its own, those of the fleet, and windows, open or not.
CREATE VIEW service_freeze AS
    SELECT h.service_id AS frozen_service_id, h.id, h.service_id, h.instance_id, h.host_id, h.is_window, h.reason, h.includes_reverts,
        h.created_at, h.created_by, h.until, h.ended_at, h.ended_by
    FROM hold h WHERE h.service_id IS NOT NULL AND h.instance_id IS NULL AND h.ended_at IS NULL
    UNION ALL
    SELECT s.id, h.id, h.service_id, h.instance_id, h.host_id, h.is_window, h.reason, h.includes_reverts,
        h.created_at, h.created_by, h.until, h.ended_at, h.ended_by
    FROM service s CROSS JOIN hold h
    WHERE h.ended_at IS NULL AND h.service_id IS NULL AND h.instance_id IS NULL AND h.host_id IS NULL
        AND (NOT EXISTS (SELECT 1 FROM freeze_window_service w WHERE w.window_id = h.id)
            OR EXISTS (SELECT 1 FROM freeze_window_service w WHERE w.window_id = h.id AND w.service_id = s.id));

-- The instances that a budget counts: a release moves them now, or they are out of service, broken or unknown. While one is
-- queued, the status that it had before decides.
CREATE VIEW unavailable_instance AS
    SELECT i.id, i.service_id, i.host_id
    FROM instance i
    LEFT JOIN release_target t ON t.instance_id = i.id AND t.status IN ('QUEUED', 'RUNNING')
    LEFT JOIN release r ON r.id = t.release_id
    WHERE i.status <> 'REMOVED' AND (i.drained_since IS NOT NULL OR i.maintenance OR i.health = 'UNHEALTHY'
        OR (t.status = 'RUNNING' AND r.action IN ('UPGRADE', 'REVERT', 'UNINSTALL'))
        OR CASE WHEN t.status = 'QUEUED' THEN t.from_status ELSE i.status END
            IN ('UPGRADE_FAILED', 'REVERT_FAILED', 'UNINSTALL_FAILED', 'UNKNOWN'));

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
