-- The fleet: services, versions and hosts; instances, each installed by a release and most of them moved by a second
-- one; and what those releases left behind. All of it follows from four numbers by arithmetic, so that every run and
-- both databases have the same rows. Words between braces: see `words.rs`.

-- One row for each instance: the n-th of its service; the t-th target of its service's upgrade, if it is moved.
CREATE TEMPORARY TABLE plan AS
SELECT i AS id, (i - 1) / {each} + 1 AS service, n, n - n / 4 AS t, (i - 1) % {hosts} + 1 AS host,
    n % 4 <> 0 AS moved,
    n % 4 <> 0 AND ((i - 1) / {each} + 1) % 3 = 0 AND (n - n / 4) % 50 = 7 AS failed,
    n % 40 = 0 AS held
FROM (SELECT i, (i - 1) % {each} + 1 AS n FROM {numbers {instances}} AS n) AS p;

INSERT INTO service (id, name, language, description, executor, created_at, created_by, updated_at, updated_by) {over}
SELECT i, 'service-' || {digits i}, CASE i % 3 WHEN 0 THEN 'Rust' WHEN 1 THEN 'Go' ELSE 'TypeScript' END,
    'Does the ' || CAST(i AS text) || '. of many things', 'simulated',
    {ago {days 90}}, 'fleet', {ago {days 90}}, 'fleet'
FROM {numbers {services}} AS n;

INSERT INTO host (id, hostname, address, created_at, created_by) {over}
SELECT i, 'host-' || {digits i},
    '10.' || CAST(i / 65536 AS text) || '.' || CAST(i / 256 % 256 AS text) || '.' || CAST(i % 256 AS text),
    {ago {days 90}}, 'fleet'
FROM {numbers {hosts}} AS n;

INSERT INTO host_label (host_id, key, value)
SELECT id, 'stage', CASE WHEN id % 10 = 0 THEN 'test' ELSE 'prod' END FROM host
UNION ALL SELECT id, 'zone', 'zone-' || CAST(id % 4 AS text) FROM host;

-- The second version of each service failed to build; the last one of some is being built, the one before of others
-- was withdrawn.
INSERT INTO version (id, service_id, name, ref, description, build_status, artifact, build_message, built_at, created_at,
    created_by, withdrawn_at, withdrawn_by, withdrawn_reason) {over}
SELECT id, service, '1.' || CAST(v AS text) || '.0', 'v1.' || CAST(v AS text) || '.0', '', status,
    CASE status WHEN 'SUCCEEDED' THEN 'https://artifacts.example/' || CAST(id AS text) || '.tar.gz' END,
    CASE status WHEN 'FAILED' THEN 'A test failed.' END,
    CASE WHEN status <> 'BUILDING' THEN {ago {days 89} - v * {days 30} / {versions}} END,
    {ago {days 90} - v * {days 30} / {versions}}, 'ci',
    CASE WHEN withdrawn THEN {ago {days 55}} END, CASE WHEN withdrawn THEN 'ann' END,
    CASE WHEN withdrawn THEN 'It loses mails.' END
FROM (SELECT i AS id, (i - 1) / {versions} + 1 AS service, (i - 1) % {versions} + 1 AS v,
        CASE WHEN (i - 1) % {versions} + 1 = 2 THEN 'FAILED'
            WHEN i % ({versions} * 10) = 0 THEN 'BUILDING' ELSE 'SUCCEEDED' END AS status,
        i % ({versions} * 10) = {versions} * 5 - 1 AS withdrawn
    FROM {numbers {services} * {versions}} AS n) AS v;

INSERT INTO instance (id, service_id, host_id, hostname, version_id, port, tag, weight, description, status, revision,
    fence, created_at, updated_at, updated_by) {over}
SELECT p.id, p.service, p.host, h.hostname,
    (p.service - 1) * {versions} + {versions} / 2 + CASE WHEN p.moved AND NOT p.failed THEN 1 ELSE 0 END,
    8000 + p.service % 1000, CASE WHEN p.n % 10 = 0 THEN 'canary' END, 100, '',
    CASE WHEN p.failed THEN 'UPGRADE_FAILED' ELSE 'RUNNING' END,
    2 + CASE WHEN p.moved THEN 2 ELSE 0 END + CASE WHEN p.held THEN 1 ELSE 0 END,
    CASE WHEN p.moved THEN 2 ELSE 1 END, {ago {install p.service}},
    {ago CASE WHEN p.moved THEN {upgrade p.service} - 100 * p.t ELSE {install p.service} - 100 * p.n END}, 'worker@fleet'
FROM plan p JOIN host h ON h.id = p.host ORDER BY p.id;

INSERT INTO hold (service_id, instance_id, reason, created_at, created_by)
SELECT service, id, 'A customer is being moved off this one.', {ago {days 20}}, 'ann' FROM plan WHERE held ORDER BY id;

INSERT INTO worker (id, name, state_dir, beat, beat_at, lease_ms, grace_ms, executors, max_targets, started_at, ended_at)
    {over}
VALUES (1, 'worker@fleet', '/var/lib/lockkeeper', 1, {ago 0}, 30000, 10000, '["simulated"]', 256, {ago {days 60}}, {ago 0});

-- Of the installations, no event is kept; with them those of services, versions and holds are gone.
INSERT INTO release (id, service_id, action, target_version_id, origin, executor, max_parallel, max_failures, on_failure,
    timeout_seconds, deadline_at, status, reason, created_at, created_by, started_at, finished_at, revision, position, total, queued,
    running, succeeded, failed, canceled, unknown, skipped) {over}
SELECT i, i, 'INSTALL', (i - 1) * {versions} + {versions} / 2, 'REQUEST', 'simulated', 10, 0, 'STOP', 600,
    {ago {install i} - 86400000}, 'SUCCEEDED', 'The first installation', {ago {install i}}, 'deploy', {ago {install i}},
    {ago {install i} - 100 * {each}}, 2 * {each} + 2,
    {services} * ({versions} + 1) + (i - 1) * (4 * {each} + 2), {each}, 0, 0, {each}, 0, 0, 0, 0
FROM {numbers {services}} AS n;

UPDATE event_log SET floor = {services} * ({versions} + 1 + 4 * {each} + 2 + {each} / 40),
    position = {services} * ({versions} + 1 + 4 * {each} + 2 + {each} / 40 + 4 * {moved} + 2);

INSERT INTO release (id, service_id, action, target_version_id, origin, executor, max_parallel, max_failures, on_failure,
    timeout_seconds, deadline_at, status, reason, idempotency_key, created_at, created_by, started_at, finished_at, revision, position,
    total, queued, running, succeeded, failed, canceled, unknown, skipped) {over}
SELECT {services} + i, i, 'UPGRADE', (i - 1) * {versions} + {versions} / 2 + 1, 'REQUEST', 'simulated', 10, {moved},
    'CONTINUE', 600, {ago {upgrade i} - 86400000}, CASE WHEN {failed i, {moved}} > 0 THEN 'FAILED' ELSE 'SUCCEEDED' END, 'Version by version',
    'upgrade-' || CAST(i AS text), {ago {upgrade i}}, 'deploy', {ago {upgrade i}}, {ago {upgrade i} - 100 * {moved}},
    2 * {moved} + 2, (SELECT floor FROM event_log) + (i - 1) * (4 * {moved} + 2),
    {moved}, 0, 0, {moved} - {failed i, {moved}}, {failed i, {moved}}, 0, 0, {each} / 40
FROM {numbers {services}} AS n;

INSERT INTO release_wave (release_id, number, total, queued, succeeded, failed, ended_at)
SELECT id, 1, total, 0, succeeded, failed, finished_at FROM release ORDER BY id;

INSERT INTO release_target (id, release_id, ordinal, instance_id, host_id, from_version_id, to_version_id, from_status,
    executor, shares_host, status, attempt, step, fence, worker_id, started_at, finished_at) {over}
SELECT id, service, n, id, host, NULL, (service - 1) * {versions} + {versions} / 2, 'REMOVED', 'simulated', false,
    'SUCCEEDED', 1, 'RUN', 1, 1, {ago {install service} - 100 * (n - 1)}, {ago {install service} - 100 * n}
FROM plan ORDER BY id;

INSERT INTO release_target (id, release_id, ordinal, instance_id, host_id, from_version_id, to_version_id, from_status,
    executor, shares_host, status, attempt, step, fence, worker_id, failure, message, exit_status, started_at, finished_at) {over}
SELECT {instances} + (service - 1) * {moved} + t, {services} + service, t, id, host,
    (service - 1) * {versions} + {versions} / 2, (service - 1) * {versions} + {versions} / 2 + 1, 'RUNNING', 'simulated',
    false, CASE WHEN failed THEN 'FAILED' ELSE 'SUCCEEDED' END, 1, 'RUN', 2, 1, CASE WHEN failed THEN 'COMMAND' END,
    CASE WHEN failed THEN 'The command ended with status 1.' END, CASE WHEN failed THEN 1 END,
    {ago {upgrade service} - 100 * (t - 1)}, {ago {upgrade service} - 100 * t}
FROM plan WHERE moved ORDER BY service, t;

INSERT INTO release_skip (release_id, instance_id, reason)
SELECT {services} + service_id, instance_id, 'LOCKED' FROM hold ORDER BY id;

INSERT INTO release_skip_lock (release_skip_id, holder_hold_id)
SELECT s.id, h.id FROM release_skip s JOIN hold h ON h.instance_id = s.instance_id ORDER BY s.id;

INSERT INTO release_output (release_id, place) SELECT id, 2 * total FROM release;

INSERT INTO output_line (release_id, place, target_id, hostname, attempt, stream, text, at)
SELECT t.release_id, 2 * t.ordinal - 2 + line.i, t.id, i.hostname, 1, CASE line.i WHEN 1 THEN 'STDOUT' ELSE 'SYSTEM' END,
    CASE WHEN line.i = 1 THEN 'Fetching https://artifacts.example/' || CAST(t.to_version_id AS text) || '.tar.gz'
        ELSE COALESCE(t.message, 'Done.') END, t.finished_at
FROM release_target t JOIN instance i ON i.id = t.instance_id CROSS JOIN {numbers 2} AS line
ORDER BY t.release_id, t.ordinal, line.i;

-- Each upgrade tells that it was accepted; of each instance that it is being moved; for each target that it began, what
-- became of its instance, and that it ended; and that all is over.
INSERT INTO event (position, subject, kind, at, caused_by, service_id, service_name, release_id, revision, status, action,
    total, queued, running, succeeded, failed, canceled, unknown, skipped, unreachable, unhealthy, target_id, instance_id, host_id, hostname,
    version_id, previous_version_id, previous_status, locked)
SELECT r.position + 1, 'RELEASE', 'ACCEPTED', r.created_at, r.created_by, s.id, s.name, r.id, 1, 'PENDING', r.action,
    r.total, r.total, 0, 0, 0, 0, 0, r.skipped, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM release r JOIN service s ON s.id = r.service_id WHERE r.action = 'UPGRADE'
UNION ALL
SELECT r.position + 1 + t.ordinal, 'INSTANCE', 'RELEASE', r.created_at, r.created_by, s.id, s.name, r.id, i.revision - 1,
    'UPGRADING', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, t.id, i.id, i.host_id, i.hostname,
    t.from_version_id, t.from_version_id, 'RUNNING', true
FROM release r JOIN service s ON s.id = r.service_id JOIN release_target t ON t.release_id = r.id
JOIN instance i ON i.id = t.instance_id WHERE r.action = 'UPGRADE'
UNION ALL
SELECT r.position + r.total + 3 * t.ordinal - 1, 'RELEASE', 'TARGET_STARTED', t.started_at, 'worker@fleet', s.id, s.name,
    r.id, 2 * t.ordinal, 'RUNNING', r.action, r.total, r.total - t.ordinal, 1,
    t.ordinal - 1 - {failed s.id, t.ordinal - 1}, {failed s.id, t.ordinal - 1}, 0, 0, r.skipped, 0, 0, t.id,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM release r JOIN service s ON s.id = r.service_id JOIN release_target t ON t.release_id = r.id
WHERE r.action = 'UPGRADE'
UNION ALL
SELECT r.position + r.total + 3 * t.ordinal, 'INSTANCE', 'RELEASE', t.finished_at, 'worker@fleet', s.id, s.name, r.id,
    i.revision, i.status, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, t.id, i.id, i.host_id, i.hostname,
    i.version_id, t.from_version_id, 'UPGRADING', false
FROM release r JOIN service s ON s.id = r.service_id JOIN release_target t ON t.release_id = r.id
JOIN instance i ON i.id = t.instance_id WHERE r.action = 'UPGRADE'
UNION ALL
SELECT r.position + r.total + 3 * t.ordinal + 1, 'RELEASE', 'TARGET_FINISHED', t.finished_at, 'worker@fleet', s.id, s.name,
    r.id, 2 * t.ordinal + 1, CASE t.ordinal WHEN r.total THEN r.status ELSE 'RUNNING' END, r.action, r.total,
    r.total - t.ordinal, 0, t.ordinal - {failed s.id, t.ordinal}, {failed s.id, t.ordinal}, 0, 0, r.skipped, 0, 0, t.id,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM release r JOIN service s ON s.id = r.service_id JOIN release_target t ON t.release_id = r.id
WHERE r.action = 'UPGRADE'
UNION ALL
SELECT r.position + 4 * r.total + 2, 'RELEASE', 'FINISHED', r.finished_at, 'worker@fleet', s.id, s.name, r.id, r.revision,
    r.status, r.action, r.total, 0, 0, r.succeeded, r.failed, 0, 0, r.skipped, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM release r JOIN service s ON s.id = r.service_id WHERE r.action = 'UPGRADE'
ORDER BY 1;

INSERT INTO idempotency (caller, key, operation, fingerprint, result, created_at)
SELECT created_by, idempotency_key, 'upgradeInstances', '', {json '["rel_' || CAST(id AS text) || '"]'}, created_at
FROM release WHERE idempotency_key IS NOT NULL;

INSERT INTO audit (at, caller, credential, request_id, operation, outcome, input, result)
SELECT created_at, created_by, 'token 1', 'req-' || CAST(id AS text),
    CASE action WHEN 'INSTALL' THEN 'installInstances' ELSE 'upgradeInstances' END, 'ACCEPTED',
    {object 'serviceId', 'svc_' || CAST(service_id AS text)}, {json '["rel_' || CAST(id AS text) || '"]'}
FROM release ORDER BY id;

DROP TABLE plan;
