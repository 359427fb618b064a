-- How long a worker's beat may stand still until it counts as dead, and how long its commands may take to end after
-- that: each worker says so itself, since processes with other settings watch it.
ALTER TABLE worker ADD COLUMN lease_ms INTEGER NOT NULL DEFAULT 30000 CHECK (lease_ms > 0);
ALTER TABLE worker ADD COLUMN grace_ms INTEGER NOT NULL DEFAULT 4000 CHECK (grace_ms >= 0);

-- Who began the last start, whoever answers for the target now: only in that one's state directory can be seen that
-- the command never began. It counts with the fence that it is about: a program from before this writes neither.
ALTER TABLE release_target ADD COLUMN begun_by INTEGER REFERENCES worker;
ALTER TABLE release_target ADD COLUMN begun_fence INTEGER;
