-- All tables of lockkeeper. ARCHITECTURE.md explains the words; R and I are the numbers of its rules and invariants.
--
-- No column lists the words that it may hold: a newer program may write a new one without a change of its table. A check
-- that names words holds for every word that it does not name. `lockkeeper doctor` finds words that it does not know (I9).

CREATE TABLE token (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL CHECK (length(name) BETWEEN 1 AND 63),
    role text NOT NULL,
    hash text COLLATE "C" NOT NULL UNIQUE,
    hint text NOT NULL,
    created_at timestamptz(3) NOT NULL,
    expires_at timestamptz(3),
    revoked_at timestamptz(3)
);

CREATE TABLE service (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    language text NOT NULL CHECK (length(language) <= 63),
    description text NOT NULL CHECK (length(description) <= 1000),
    executor text COLLATE "C" NOT NULL CHECK (length(executor) BETWEEN 1 AND 63),
    version_scheme text NOT NULL DEFAULT 'REGISTRATION',
    -- What the rollouts of its releases have where a request says nothing: a JSON object, or null.
    rollout_defaults jsonb,
    created_at timestamptz(3) NOT NULL,
    created_by text COLLATE "C" NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    updated_by text COLLATE "C" NOT NULL,
    removed_at timestamptz(3)
);
-- R3: a name is free again once its service was removed.
CREATE UNIQUE INDEX service_name ON service (name) WHERE removed_at IS NULL;
CREATE INDEX service_list ON service (name, id);
CREATE INDEX service_created ON service (created_at, id);
CREATE INDEX service_updated ON service (updated_at, id);

CREATE TABLE host (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hostname text COLLATE "C" NOT NULL CHECK (hostname ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$'),
    -- The hostname as hostnames are compared (RFC 4343): ASCII letters in lower case, one trailing dot less.
    folded_hostname text COLLATE "C" NOT NULL GENERATED ALWAYS AS
        (lower(CASE WHEN hostname LIKE '%.' THEN left(hostname, -1) ELSE hostname END)) STORED,
    address text COLLATE "C" NOT NULL CHECK (address ~ '^[A-Za-z0-9:][A-Za-z0-9.:_-]{0,252}$'),
    created_at timestamptz(3) NOT NULL,
    created_by text COLLATE "C" NOT NULL,
    removed_at timestamptz(3)
);
-- R6: a host is one machine, in whatever spelling it is named.
CREATE UNIQUE INDEX host_hostname ON host (folded_hostname) WHERE removed_at IS NULL;
CREATE INDEX host_list ON host (folded_hostname, id);
CREATE INDEX host_created ON host (created_at, id);

CREATE TABLE host_label (
    host_id bigint NOT NULL REFERENCES host,
    key text COLLATE "C" NOT NULL CHECK (length(key) BETWEEN 1 AND 63),
    value text COLLATE "C" NOT NULL CHECK (length(value) <= 63),
    PRIMARY KEY (host_id, key)
);
CREATE INDEX host_label_value ON host_label (key, value, host_id);

-- Within a service, ids have the order of registration: they are assigned while the service is locked.
CREATE TABLE version (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service_id bigint NOT NULL REFERENCES service,
    name text COLLATE "C" NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._+~:-]{0,127}$'),
    -- What orders the versions of the service, byte by byte, then id; empty where registration alone does.
    precedence text COLLATE "C" NOT NULL DEFAULT '',
    ref text NOT NULL CHECK (length(ref) <= 255),
    description text NOT NULL CHECK (length(description) <= 1000),
    build_status text NOT NULL,
    artifact text CHECK (length(artifact) BETWEEN 1 AND 1000),
    build_message text CHECK (length(build_message) <= 1000),
    built_at timestamptz(3),
    created_at timestamptz(3) NOT NULL,
    created_by text COLLATE "C" NOT NULL,
    withdrawn_at timestamptz(3),
    withdrawn_by text COLLATE "C",
    withdrawn_reason text CHECK (length(withdrawn_reason) BETWEEN 1 AND 1000),
    removed_at timestamptz(3),
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
);
CREATE UNIQUE INDEX version_name ON version (service_id, name) WHERE removed_at IS NULL;
CREATE INDEX version_list ON version (service_id, id);
CREATE INDEX version_by_precedence ON version (service_id, precedence, id);
CREATE INDEX version_by_name ON version (service_id, name, id);
CREATE INDEX version_named ON version (name);

-- The hostname is repeated here, so that one index orders lists by it.
CREATE TABLE instance (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service_id bigint NOT NULL REFERENCES service,
    host_id bigint NOT NULL REFERENCES host,
    hostname text COLLATE "C" NOT NULL,
    folded_hostname text COLLATE "C" NOT NULL GENERATED ALWAYS AS
        (lower(CASE WHEN hostname LIKE '%.' THEN left(hostname, -1) ELSE hostname END)) STORED,
    version_id bigint,
    port bigint CHECK (port BETWEEN 1 AND 65535),
    tag text COLLATE "C" CHECK (length(tag) BETWEEN 1 AND 63),
    weight bigint NOT NULL CHECK (weight BETWEEN 0 AND 1000),
    description text NOT NULL CHECK (length(description) <= 1000),
    maintenance boolean NOT NULL DEFAULT false,
    status text NOT NULL,
    -- The revision of its newest event (I5), and the fence of its newest claim (I3).
    revision bigint NOT NULL CHECK (revision > 0),
    fence bigint NOT NULL DEFAULT 0,
    -- Since when it is out of service: a target drained it and has not put it back.
    drained_since timestamptz(3),
    -- When a caller asked to put it back into service, and the worker that does so.
    undrain_requested_at timestamptz(3),
    undrain_worker_id bigint,
    -- What the probe saw last, how often in a row that differed from the record, and since when it is a drift.
    observed_version text,
    observed_at timestamptz(3),
    observed_times bigint NOT NULL DEFAULT 0,
    drifted_since timestamptz(3),
    -- When the probe is due; null if it is not. Until then a worker has claimed it.
    probe_due_at timestamptz(3),
    probe_until timestamptz(3),
    -- Whether it is healthy by the checks of a soak, and since when; null before its first verdict. The release in whose soak
    -- it last became unhealthy, and the last answers in a row, as far as they are counted.
    health text,
    health_at timestamptz(3),
    unhealthy_release_id bigint,
    good_answers bigint NOT NULL DEFAULT 0 CHECK (good_answers >= 0),
    bad_answers bigint NOT NULL DEFAULT 0 CHECK (bad_answers >= 0),
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    updated_by text COLLATE "C" NOT NULL,
    -- When a person last said what runs there.
    confirmed_at timestamptz(3),
    FOREIGN KEY (version_id, service_id) REFERENCES version (id, service_id),
    CHECK (version_id IS NOT NULL OR status NOT IN ('RUNNING', 'UPGRADING', 'UPGRADE_FAILED', 'REVERTING', 'REVERT_FAILED')),
    CHECK ((health IS NULL) = (health_at IS NULL))
);
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
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service_id bigint REFERENCES service,
    instance_id bigint REFERENCES instance,
    host_id bigint REFERENCES host,
    -- Whether it is a freeze window, in force only while that is open.
    is_window boolean NOT NULL DEFAULT false,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    includes_reverts boolean NOT NULL DEFAULT false CHECK (NOT includes_reverts OR (instance_id IS NULL AND host_id IS NULL)),
    created_at timestamptz(3) NOT NULL,
    created_by text COLLATE "C" NOT NULL,
    until timestamptz(3),
    ended_at timestamptz(3),
    ended_by text COLLATE "C",
    CHECK (ended_by IS NULL OR ended_at IS NOT NULL),
    CHECK (instance_id IS NULL OR service_id IS NOT NULL),
    CHECK (host_id IS NULL OR service_id IS NULL AND instance_id IS NULL),
    CHECK (NOT is_window OR service_id IS NULL AND instance_id IS NULL AND host_id IS NULL AND until IS NULL)
);
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
    id bigint PRIMARY KEY REFERENCES hold,
    time_zone text NOT NULL CHECK (length(time_zone) BETWEEN 1 AND 255),
    days bigint NOT NULL CHECK (days BETWEEN 1 AND 127),
    from_minute bigint NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
    to_minute bigint NOT NULL CHECK (to_minute BETWEEN 0 AND 1440),
    -- Up to when its periods are listed.
    listed_until timestamptz(3) NOT NULL,
    CHECK (from_minute <> to_minute)
);
CREATE INDEX freeze_window_listed ON freeze_window (listed_until);
-- The services that a window freezes; every service if there are none.
CREATE TABLE freeze_window_service (
    window_id bigint NOT NULL REFERENCES freeze_window,
    service_id bigint NOT NULL REFERENCES service,
    PRIMARY KEY (window_id, service_id)
);
-- When a window is open, for statements that only read: the calendar itself decides what is accepted. `closes_at` is null
-- for one that never closes.
CREATE TABLE freeze_period (
    window_id bigint NOT NULL REFERENCES freeze_window,
    opens_at timestamptz(3) NOT NULL,
    closes_at timestamptz(3),
    PRIMARY KEY (window_id, opens_at)
);

-- How many instances of a service may be unavailable at a time, and of those how many with the same value of a label. Claims
-- of the service lock the row.
CREATE TABLE service_budget (
    service_id bigint PRIMARY KEY REFERENCES service,
    max_count bigint CHECK (max_count >= 1),
    max_percent bigint CHECK (max_percent BETWEEN 0 AND 100),
    label_key text COLLATE "C" CHECK (length(label_key) BETWEEN 1 AND 63),
    label_count bigint CHECK (label_count BETWEEN 1 AND 1000),
    CHECK (max_count IS NULL OR max_percent IS NULL),
    CHECK ((label_key IS NULL) = (label_count IS NULL)),
    CHECK (max_count IS NOT NULL OR max_percent IS NOT NULL OR label_key IS NOT NULL)
);

-- Each time at which nothing was claimed anywhere.
CREATE TABLE suspension (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    created_at timestamptz(3) NOT NULL,
    created_by text COLLATE "C" NOT NULL,
    ended_at timestamptz(3),
    ended_by text COLLATE "C",
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
-- One row, which claims share: the suspension that stands now.
CREATE TABLE fleet (
    one bigint PRIMARY KEY CHECK (one = 1),
    suspension_id bigint REFERENCES suspension
);
INSERT INTO fleet (one) VALUES (1);

CREATE TABLE release (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service_id bigint NOT NULL REFERENCES service,
    action text NOT NULL,
    target_version_id bigint,
    origin text NOT NULL,
    parent_id bigint REFERENCES release,
    -- The executor and the rollout as they were when the release was accepted (R16).
    executor text COLLATE "C" NOT NULL,
    max_parallel bigint NOT NULL CHECK (max_parallel >= 1),
    max_failures bigint NOT NULL CHECK (max_failures >= 0),
    max_unreachable bigint NOT NULL DEFAULT 0 CHECK (max_unreachable >= 0),
    on_failure text NOT NULL,
    -- Whether its version is withdrawn when it is undone as it ends.
    withdraw_on_undo boolean NOT NULL DEFAULT false,
    timeout_seconds bigint NOT NULL CHECK (timeout_seconds BETWEEN 1 AND 86400),
    -- The order of its targets, and the rollout as it was asked for, from which a retry computes its own numbers.
    target_order text NOT NULL DEFAULT 'BY_HOSTNAME',
    requested_rollout jsonb NOT NULL DEFAULT '{}',
    -- How many of its targets may run at a time on hosts with the same value of a label.
    label_key text COLLATE "C" CHECK (length(label_key) BETWEEN 1 AND 63),
    label_count bigint CHECK (label_count BETWEEN 1 AND 1000),
    -- What has not started by then is canceled. When the event DEADLINE is due; null once it was written, and if none is.
    deadline_seconds bigint NOT NULL DEFAULT 86400 CHECK (deadline_seconds > 0),
    deadline_at timestamptz(3) NOT NULL,
    deadline_event_at timestamptz(3),
    -- The wave that is carried out, and until when it soaks; null while it does not.
    wave bigint NOT NULL DEFAULT 1 CHECK (wave > 0),
    soaks_until timestamptz(3),
    -- Why it is paused; all null while it is not.
    pause_reason text,
    paused_at timestamptz(3),
    paused_by text COLLATE "C",
    pause_message text CHECK (length(pause_message) <= 1000),
    -- Whether it passes over the pauses of its waves.
    skips_pauses boolean NOT NULL DEFAULT false,
    -- The failures that no longer count, since somebody resumed it after them.
    forgiven_failures bigint NOT NULL DEFAULT 0 CHECK (forgiven_failures >= 0),
    forgiven_unreachable bigint NOT NULL DEFAULT 0 CHECK (forgiven_unreachable >= 0),
    -- Those of the failures that tried the version, and how many of them no longer count.
    version_failures bigint NOT NULL DEFAULT 0 CHECK (version_failures >= 0),
    forgiven_version_failures bigint NOT NULL DEFAULT 0 CHECK (forgiven_version_failures >= 0),
    status text NOT NULL,
    reason text NOT NULL CHECK (length(reason) <= 1000),
    idempotency_key text COLLATE "C",
    created_at timestamptz(3) NOT NULL,
    created_by text COLLATE "C" NOT NULL,
    started_at timestamptz(3),
    cancel_requested_at timestamptz(3),
    cancel_reason text CHECK (length(cancel_reason) <= 1000),
    stop_running boolean NOT NULL DEFAULT false,
    stopped_at timestamptz(3),
    -- Who wants it to be undone when it ends, with which credential; and why it was not undone.
    undo_requested_by text,
    undo_credential text CHECK ((undo_credential IS NULL) = (undo_requested_by IS NULL)),
    undo_message text CHECK (length(undo_message) <= 1000),
    finished_at timestamptz(3),
    revision bigint NOT NULL CHECK (revision > 0),
    -- The position of the newest event before it was accepted.
    position bigint NOT NULL,
    total bigint NOT NULL CHECK (total > 0),
    queued bigint NOT NULL CHECK (queued >= 0),
    running bigint NOT NULL CHECK (running >= 0),
    succeeded bigint NOT NULL CHECK (succeeded >= 0),
    failed bigint NOT NULL CHECK (failed >= 0),
    canceled bigint NOT NULL CHECK (canceled >= 0),
    unknown bigint NOT NULL CHECK (unknown >= 0),
    skipped bigint NOT NULL CHECK (skipped >= 0),
    -- Those of the failed whose host was not reached.
    unreachable bigint NOT NULL DEFAULT 0 CHECK (unreachable BETWEEN 0 AND failed),
    -- Those of the succeeded whose instances became unhealthy while it soaked.
    unhealthy bigint NOT NULL DEFAULT 0 CHECK (unhealthy BETWEEN 0 AND succeeded),
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
);
CREATE INDEX release_of_service ON release (service_id, id);
CREATE INDEX release_of_parent ON release (parent_id, id) WHERE parent_id IS NOT NULL;
CREATE INDEX release_of_version ON release (target_version_id, id);
CREATE INDEX release_by_caller ON release (created_by, id);
CREATE INDEX release_by_key ON release (created_by, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX release_open ON release (id) WHERE finished_at IS NULL;
CREATE INDEX release_created ON release (created_at, id);

-- R19: the waves of a release, in their order. Their targets name them by number.
CREATE TABLE release_wave (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release_id bigint NOT NULL REFERENCES release,
    number bigint NOT NULL CHECK (number > 0),
    -- The most failures among its targets; null without a limit of its own.
    max_failures bigint CHECK (max_failures >= 0),
    soak_seconds bigint NOT NULL DEFAULT 0 CHECK (soak_seconds BETWEEN 0 AND 604800),
    pause_after boolean NOT NULL DEFAULT false,
    -- The label that its hosts have in common, if waves go by a label and its hosts have it.
    key text COLLATE "C",
    value text COLLATE "C",
    -- When its last target ended, and until when it soaks, or soaked; null before.
    ended_at timestamptz(3),
    soak_until timestamptz(3),
    -- Its failures that no longer count.
    forgiven_failures bigint NOT NULL DEFAULT 0 CHECK (forgiven_failures >= 0),
    total bigint NOT NULL CHECK (total > 0),
    queued bigint NOT NULL CHECK (queued >= 0),
    running bigint NOT NULL DEFAULT 0 CHECK (running >= 0),
    succeeded bigint NOT NULL DEFAULT 0 CHECK (succeeded >= 0),
    failed bigint NOT NULL DEFAULT 0 CHECK (failed >= 0),
    canceled bigint NOT NULL DEFAULT 0 CHECK (canceled >= 0),
    unknown bigint NOT NULL DEFAULT 0 CHECK (unknown >= 0),
    -- What a release skips is in none of its waves.
    skipped bigint NOT NULL DEFAULT 0 CHECK (skipped = 0),
    unreachable bigint NOT NULL DEFAULT 0 CHECK (unreachable BETWEEN 0 AND failed),
    unhealthy bigint NOT NULL DEFAULT 0 CHECK (unhealthy BETWEEN 0 AND succeeded),
    UNIQUE (release_id, number),
    CHECK ((key IS NULL) = (value IS NULL)),
    CHECK (total >= queued + running + succeeded + failed + canceled + unknown)
);

-- The labels whose hosts a release moves first.
CREATE TABLE release_first_label (
    release_id bigint NOT NULL REFERENCES release,
    place bigint NOT NULL CHECK (place > 0),
    key text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    PRIMARY KEY (release_id, place)
);

CREATE TABLE worker (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    -- The state directory it works in: only a worker with the same one can see what its commands did.
    state_dir text COLLATE "C" NOT NULL,
    -- The lease: a worker is dead when another one saw its beat unchanged for too long, by its own clock.
    beat bigint NOT NULL DEFAULT 0,
    -- When it last changed, for people; nothing is decided by it.
    beat_at timestamptz(3) NOT NULL,
    -- How long the beat may stay unchanged, and how long its commands may take to end after that. Each worker states
    -- both, since the processes that watch it may have other settings.
    lease_ms bigint NOT NULL CHECK (lease_ms > 0),
    grace_ms bigint NOT NULL CHECK (grace_ms >= 0),
    -- How long commands on other machines may go on without it. For so long, its targets are left to workers that have
    -- their executors.
    orphan_ms bigint NOT NULL DEFAULT 0 CHECK (orphan_ms >= 0),
    -- A JSON array of the names of its executors, and how many targets it carries out at a time.
    executors jsonb NOT NULL,
    max_targets bigint NOT NULL CHECK (max_targets >= 0),
    started_at timestamptz(3) NOT NULL,
    ended_at timestamptz(3)
);
CREATE INDEX worker_live ON worker (id) WHERE ended_at IS NULL;

-- The worker that checks the health of a release's instances: while the release soaks, and then those that are unhealthy.
-- It holds for as long as the worker lives.
CREATE TABLE health_watch (
    release_id bigint PRIMARY KEY REFERENCES release,
    worker_id bigint NOT NULL REFERENCES worker
);

CREATE TABLE release_target (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release_id bigint NOT NULL REFERENCES release,
    -- The place in the order in which the release moves its targets, from 1.
    ordinal bigint NOT NULL CHECK (ordinal > 0),
    -- The number of its wave. Those of one wave follow each other in that order.
    wave bigint NOT NULL DEFAULT 1 CHECK (wave > 0),
    instance_id bigint NOT NULL REFERENCES instance,
    host_id bigint NOT NULL REFERENCES host,
    from_version_id bigint REFERENCES version,
    to_version_id bigint REFERENCES version,
    -- The status of the instance before: it returns to that if the target is canceled (R13).
    from_status text NOT NULL,
    executor text COLLATE "C" NOT NULL,
    shares_host boolean NOT NULL,
    status text NOT NULL,
    -- Whether its claim made one more instance of a service with a budget unavailable.
    took_room boolean NOT NULL DEFAULT false,
    attempt bigint NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    -- The step that the last start has reached.
    step text,
    fence bigint NOT NULL DEFAULT 0,
    worker_id bigint REFERENCES worker,
    -- The worker that made the last start, and the fence of that start; another one may run the target now. Only the state
    -- directory of the former shows that the command never began, and only for this fence: a restore raises fences.
    begun_by bigint REFERENCES worker,
    begun_fence bigint,
    -- Where the step CONNECT ended last: the boot of the host, and the directory there in which starts leave their traces.
    boot_id text COLLATE "C",
    state_id text COLLATE "C",
    failure text,
    message text CHECK (length(message) <= 1000),
    exit_status bigint,
    started_at timestamptz(3),
    finished_at timestamptz(3),
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
);
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
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target_id bigint NOT NULL REFERENCES release_target,
    name text NOT NULL,
    status text NOT NULL,
    failure text,
    message text CHECK (length(message) <= 1000),
    exit_status bigint,
    -- The place of the newest line of the release's output when it began last.
    output_before bigint NOT NULL DEFAULT 0,
    started_at timestamptz(3),
    finished_at timestamptz(3),
    UNIQUE (target_id, name),
    CHECK (CASE status
        WHEN 'WAITING' THEN started_at IS NULL AND finished_at IS NULL
        WHEN 'RUNNING' THEN started_at IS NOT NULL AND finished_at IS NULL
        WHEN 'SUCCEEDED' THEN started_at IS NOT NULL AND finished_at IS NOT NULL
        WHEN 'FAILED' THEN started_at IS NOT NULL AND finished_at IS NOT NULL
        WHEN 'UNKNOWN' THEN started_at IS NOT NULL AND finished_at IS NOT NULL
        WHEN 'SKIPPED' THEN started_at IS NULL AND finished_at IS NULL
        ELSE true END)
);
CREATE INDEX target_step_list ON target_step (target_id, id);

CREATE TABLE release_skip (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release_id bigint NOT NULL REFERENCES release,
    instance_id bigint NOT NULL REFERENCES instance,
    reason text NOT NULL,
    UNIQUE (release_id, instance_id)
);
CREATE INDEX release_skip_list ON release_skip (release_id, id);

-- R9: what locked a skipped instance when it was skipped.
CREATE TABLE release_skip_lock (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release_skip_id bigint NOT NULL REFERENCES release_skip,
    holder_release_id bigint REFERENCES release,
    holder_hold_id bigint REFERENCES hold,
    CHECK ((holder_release_id IS NULL) <> (holder_hold_id IS NULL))
);
CREATE INDEX release_skip_lock_list ON release_skip_lock (release_skip_id, id);

-- R17: the holds and freezes through which a release was let.
CREATE TABLE release_through (
    release_id bigint NOT NULL REFERENCES release,
    hold_id bigint NOT NULL REFERENCES hold,
    PRIMARY KEY (release_id, hold_id)
);

-- The output of commands. A line's place comes from its release's counter, so that places are in the order of commits.
CREATE TABLE release_output (
    release_id bigint PRIMARY KEY REFERENCES release,
    place bigint NOT NULL DEFAULT 0,
    -- When only the last lines of failed targets were left, when nothing was, and how many lines were deleted.
    thinned_at timestamptz(3),
    emptied_at timestamptz(3),
    lines_deleted bigint NOT NULL DEFAULT 0
);
CREATE TABLE output_line (
    release_id bigint NOT NULL REFERENCES release,
    place bigint NOT NULL,
    target_id bigint NOT NULL REFERENCES release_target,
    hostname text COLLATE "C" NOT NULL,
    attempt bigint NOT NULL,
    stream text NOT NULL,
    text text NOT NULL CHECK (octet_length(text) <= 8192),
    at timestamptz(3) NOT NULL,
    -- Where the line ends in its stream, in bytes: there, another worker reads on. Null where nobody can read again.
    stream_end bigint,
    PRIMARY KEY (release_id, place)
);
CREATE INDEX output_line_of_target ON output_line (target_id, place);

-- The event log. `database_id` names this database on hosts, also after a restore; `id` names this log in cursors; `position` is that of the newest event, `floor` that of the newest
-- expired one.
CREATE TABLE event_log (
    one bigint PRIMARY KEY CHECK (one = 1),
    database_id text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    floor bigint NOT NULL,
    CHECK (floor <= position)
);

-- No foreign keys: an event records the past, and inserting it is the last statement of a transaction.
CREATE TABLE event (
    position bigint PRIMARY KEY,
    subject text NOT NULL,
    kind text NOT NULL,
    at timestamptz(3) NOT NULL,
    caused_by text COLLATE "C" NOT NULL,
    -- Both null for an event that is not about a service.
    service_id bigint,
    service_name text COLLATE "C",
    instance_id bigint,
    host_id bigint,
    hostname text COLLATE "C",
    release_id bigint,
    target_id bigint,
    version_id bigint,
    previous_version_id bigint,
    hold_id bigint,
    revision bigint,
    previous_status text,
    status text,
    locked boolean,
    action text,
    total bigint,
    queued bigint,
    running bigint,
    succeeded bigint,
    failed bigint,
    canceled bigint,
    unknown bigint,
    skipped bigint,
    unreachable bigint,
    unhealthy bigint,
    CHECK ((service_id IS NULL) = (service_name IS NULL)),
    CHECK (CASE subject
        WHEN 'INSTANCE' THEN service_id IS NOT NULL AND revision IS NOT NULL AND instance_id IS NOT NULL
            AND host_id IS NOT NULL AND hostname IS NOT NULL AND status IS NOT NULL AND locked IS NOT NULL
        WHEN 'RELEASE' THEN service_id IS NOT NULL AND revision IS NOT NULL AND release_id IS NOT NULL
            AND status IS NOT NULL AND action IS NOT NULL AND total IS NOT NULL
        WHEN 'SERVICE' THEN service_id IS NOT NULL
        ELSE true END)
);
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
    caller text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    operation text NOT NULL,
    fingerprint text NOT NULL,
    -- Ids of what the first request created: a release, a version, or holds in order.
    result jsonb NOT NULL,
    created_at timestamptz(3) NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- The audit log. Caller, credential and outcome are plain texts: entries outlive tokens, and programs of other versions
-- have other words. Entries from before `kept_from` have expired.
CREATE TABLE audit_log (
    one integer PRIMARY KEY CHECK (one = 1),
    kept_from timestamptz(3) NOT NULL
);
INSERT INTO audit_log (one, kept_from) VALUES (1, 'epoch');
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz(3) NOT NULL,
    caller text COLLATE "C" NOT NULL,
    credential text COLLATE "C" NOT NULL,
    address text,
    -- Null for commands that open the database themselves.
    request_id text,
    operation text COLLATE "C" NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    input jsonb NOT NULL,
    -- Ids of what was created or changed, or codes of the problems.
    result jsonb NOT NULL,
    -- The number of attempts that it stands for.
    count bigint NOT NULL DEFAULT 1 CHECK (count > 0)
);
CREATE INDEX audit_list ON audit (at, id);
CREATE INDEX audit_by_caller ON audit (caller, at, id);

-- What locks an instance now: the release with an open target of it, and the holds in force on it and on its host.
CREATE VIEW instance_lock AS
    SELECT t.instance_id, 0 AS rank, r.id, r.id AS holder_release_id, CAST(NULL AS bigint) AS holder_hold_id,
        r.reason, r.created_by, r.created_at AS since, CAST(NULL AS timestamptz(3)) AS until
    FROM release_target t JOIN release r ON r.id = t.release_id
    WHERE t.status IN ('QUEUED', 'RUNNING')
    UNION ALL
    SELECT h.instance_id, 1, h.id, NULL, h.id, h.reason, h.created_by, h.created_at, h.until
    FROM hold h
    WHERE h.instance_id IS NOT NULL AND h.ended_at IS NULL AND (h.until IS NULL OR h.until > clock_timestamp())
    UNION ALL
    SELECT i.id, 1, h.id, NULL, h.id, h.reason, h.created_by, h.created_at, h.until
    FROM hold h JOIN instance i ON i.host_id = h.host_id AND i.status <> 'REMOVED'
    WHERE h.host_id IS NOT NULL AND h.ended_at IS NULL AND (h.until IS NULL OR h.until > clock_timestamp());

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

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;

-- I2: final states are never left; R13: what has started is never queued again; I3: fences only rise.
CREATE TRIGGER release_target_final BEFORE UPDATE ON release_target FOR EACH ROW
    WHEN (OLD.finished_at IS NOT NULL) EXECUTE FUNCTION refuse('a final target never changes');
CREATE TRIGGER release_target_begun BEFORE UPDATE ON release_target FOR EACH ROW
    WHEN (OLD.status = 'RUNNING' AND NEW.status IN ('QUEUED', 'CANCELED')) EXECUTE FUNCTION refuse('a target that has started cannot be queued or canceled');
CREATE TRIGGER release_target_kept BEFORE DELETE ON release_target FOR EACH ROW EXECUTE FUNCTION refuse('targets are never deleted');
CREATE TRIGGER release_final BEFORE UPDATE ON release FOR EACH ROW
    WHEN (OLD.finished_at IS NOT NULL) EXECUTE FUNCTION refuse('a finished release never changes');
CREATE TRIGGER instance_numbers BEFORE UPDATE ON instance FOR EACH ROW
    WHEN (NEW.fence < OLD.fence OR NEW.revision < OLD.revision) EXECUTE FUNCTION refuse('fences and revisions only rise');
-- I4, I5: a change of version or status has an event, with the next revision.
CREATE TRIGGER instance_has_event BEFORE UPDATE ON instance FOR EACH ROW
    WHEN ((NEW.version_id IS DISTINCT FROM OLD.version_id OR NEW.status <> OLD.status) AND NEW.revision = OLD.revision)
    EXECUTE FUNCTION refuse('a change of version or status needs an event');

-- I5: positions are consecutive, and so are the revisions of each instance and release. The newest is found by the order
-- of its index: the plan is cached, and one for max(), made while the table was small, would later read all of it.
CREATE FUNCTION event_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE previous bigint;
BEGIN
    SELECT max(position) INTO previous FROM event;
    IF NEW.position <> COALESCE(previous, 0) + 1 THEN RAISE EXCEPTION 'event positions are consecutive'; END IF;
    IF NEW.subject = 'INSTANCE' THEN
        SELECT revision INTO previous FROM event WHERE instance_id = NEW.instance_id AND subject = 'INSTANCE'
            ORDER BY revision DESC LIMIT 1;
    ELSIF NEW.subject = 'RELEASE' THEN
        SELECT revision INTO previous FROM event WHERE release_id = NEW.release_id AND subject = 'RELEASE'
            ORDER BY revision DESC LIMIT 1;
    ELSE
        RETURN NEW;
    END IF;
    IF previous IS NOT NULL AND NEW.revision <> previous + 1 THEN RAISE EXCEPTION 'event revisions are consecutive'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER event_follows BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION event_follows();
CREATE TRIGGER event_kept BEFORE UPDATE ON event FOR EACH ROW EXECUTE FUNCTION refuse('events never change');
CREATE FUNCTION event_expires() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.position > (SELECT floor FROM event_log) OR OLD.position = (SELECT position FROM event_log) THEN
        RAISE EXCEPTION 'an event above the floor cannot be deleted';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER event_expires BEFORE DELETE ON event FOR EACH ROW EXECUTE FUNCTION event_expires();
-- I7: entries are kept until they expire, and only the count of denials changes.
CREATE TRIGGER audit_kept BEFORE UPDATE OF id, at, caller, credential, address, request_id, operation, outcome, input, result
    ON audit FOR EACH ROW EXECUTE FUNCTION refuse('audit entries never change');
CREATE TRIGGER audit_counted BEFORE UPDATE OF count ON audit FOR EACH ROW
    WHEN (OLD.outcome <> 'DENIED' OR NEW.count < OLD.count) EXECUTE FUNCTION refuse('audit entries never change');
CREATE FUNCTION audit_expires() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.at >= (SELECT kept_from FROM audit_log) THEN
        RAISE EXCEPTION 'an audit entry cannot be deleted before it expires';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER audit_expires BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_expires();
