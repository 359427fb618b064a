-- What PostGraphile cannot tell from the tables. Nothing in the fleet was removed, so that its own lists need no more.
CREATE OR REPLACE FUNCTION version_enabled(version version, action text, current_version bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT CASE action WHEN 'UPGRADE' THEN version.id > current_version ELSE version.id < current_version END
        AND version.build_status = 'SUCCEEDED' AND version.withdrawn_at IS NULL AND version.removed_at IS NULL
$$;

CREATE OR REPLACE FUNCTION instances_on(prefix text) RETURNS SETOF instance LANGUAGE sql STABLE AS $$
    SELECT * FROM instance WHERE folded_hostname >= prefix AND folded_hostname < prefix || U&'\+10FFFF' AND status <> 'REMOVED'
    ORDER BY folded_hostname, id
$$;

CREATE OR REPLACE FUNCTION service_by_name(name text) RETURNS service LANGUAGE sql STABLE AS $$
    SELECT * FROM service s WHERE s.name = service_by_name.name AND s.removed_at IS NULL
$$;
