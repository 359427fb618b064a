/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** A number of targets or a share of a release's targets. Exactly one. */
export type AmountInput =
  {   /** A number of targets. */
  count: number; percent?: never; }
  |  { count?: never;   /** A share in percent, 0 to 100. What limits harm is rounded down, and what makes progress is at least one. */
  percent: number; };

/** Status of a build. */
export type BuildStatus =
  /** Running. */
  | 'BUILDING'
  /** The build produced a version that exists already. */
  | 'DUPLICATE'
  /** Failed. */
  | 'FAILED'
  /** Registered; the build has not started. */
  | 'PENDING'
  /** Succeeded. The version can be released. */
  | 'SUCCEEDED'
  /** Did not finish in time. */
  | 'TIMED_OUT';

/** Input of cancelRelease. */
export type CancelReleaseInput = {
  /** Why. */
  reason?: string | null | undefined;
  /** The release. */
  releaseId: string | number;
  /** Whether to stop targets that are running; by default they finish. */
  stopRunning?: boolean | null | undefined;
  /** Whether to undo the release once it has ended, like undoRelease with includeUnknown. `undoWaitsFor` lists the targets that still run. */
  thenUndo?: boolean | null | undefined;
};

/** Input of confirmInstance. */
export type ConfirmInstanceInput = {
  /** Revision that the caller has seen. The error is STALE if the instance has changed since. */
  expectedRevision?: number | null | undefined;
  /** What was found on the host. */
  found: FoundInput;
  /** The instance, by the names of its service and its host, for example `web/host-1`. */
  instance?: string | null | undefined;
  /** The instance, by id. Pass either `instanceId` or `instance`. */
  instanceId?: string | number | null | undefined;
};

/** Input of createFreezeWindow. */
export type CreateFreezeWindowInput = {
  /** The days on which the window begins, each once. */
  days: Array<Weekday>;
  /** When it begins, as HH:MM by the wall clock of the time zone. */
  from: string;
  /** Whether to refuse reverts, too. An automatic revert after a failure is never refused. */
  includeReverts?: boolean | null | undefined;
  /** Why. */
  reason: string;
  /** The services to freeze, by id, at most 1000. Pass `serviceIds`, `services`, or neither for every service. */
  serviceIds?: Array<string | number> | null | undefined;
  /** The services to freeze, by name, at most 1000. */
  services?: Array<string> | null | undefined;
  /** Name of a time zone in the IANA time zone database, for example `Europe/Berlin`. */
  timeZone: string;
  /** When it ends, as HH:MM, up to 24:00. If this is before it begins, it ends on the next day. */
  to: string;
};

/** Input of endHolds: holds, instances, or both together, which means these holds on these instances. */
export type EndHoldsInput = {
  /** Holds to end, at most 1000. Without it, all holds in force on the instances are ended. */
  holdIds?: Array<string | number> | null | undefined;
  /** Instances that the holds are on, by id, at most 1000. A hold in holdIds that is on another instance is an error. Pass `instanceIds`, `instances` or neither. */
  instanceIds?: Array<string | number> | null | undefined;
  /** Instances that the holds are on, by the names of their services and hosts, for example `web/host-1`. */
  instances?: Array<string> | null | undefined;
};

/** The kind of change that an event of the fleet reports. */
export type FleetEventKind =
  /** A freeze of every service was set. */
  | 'FROZEN'
  /** The suspension ended. */
  | 'RESUMED'
  /** The fleet was suspended: nothing is started any more. */
  | 'SUSPENDED'
  /** A freeze of every service ended. */
  | 'UNFROZEN'
  /** A freeze window was created. That it opens or closes is no event. */
  | 'WINDOW_CREATED'
  /** A freeze window was removed. */
  | 'WINDOW_REMOVED';

/** What was found on a host. Exactly one. */
export type FoundInput =
  {   /** Nothing runs, and the instance is REMOVED. Only true is allowed. */
  nothing: boolean; version?: never; versionId?: never; }
  |  { nothing?: never;   /** This version of the instance's service runs, by name. */
  version: string; versionId?: never; }
  |  { nothing?: never; version?: never;   /** This version runs, by id. */
  versionId: string | number; };

/** Input of freezeFleet. */
export type FreezeFleetInput = {
  /** Whether to refuse reverts, too. An automatic revert after a failure is never refused. */
  includeReverts?: boolean | null | undefined;
  /** Why. */
  reason: string;
  /** When the freeze ends automatically; without it, it stays until it is ended. */
  until?: string | null | undefined;
};

/** Input of freezeService. */
export type FreezeServiceInput = {
  /** 1 to 255 characters. For 7 days, the same key of the same caller returns the same freeze. */
  idempotencyKey?: string | null | undefined;
  /** Whether to refuse reverts, too. An automatic revert after a failure is never refused. */
  includeReverts?: boolean | null | undefined;
  /** Why. */
  reason: string;
  /** The service, by name. */
  service?: string | null | undefined;
  /** The service, by id. Pass either `serviceId` or `service`. */
  serviceId?: string | number | null | undefined;
  /** When the freeze ends automatically; without it, it stays until it is ended. */
  until?: string | null | undefined;
};

/** Whether an instance is healthy, by the checks of its executor while a release soaks. */
export type Health =
  /** The last checks succeeded, as many in a row as the executor's health check asks for. */
  | 'HEALTHY'
  /** As many checks in a row failed as the executor's health check allows, and too few have succeeded since. */
  | 'UNHEALTHY';

/** Conditions on holds. A hold is returned if it meets all conditions that are set. */
export type HoldFilter = {
  /** Set by one of these callers. */
  createdBy?: Array<string> | null | undefined;
  /** On one of these hosts, or on an instance on one of them. */
  hostIds?: Array<string | number> | null | undefined;
  /** On one of the hosts with these names, or on an instance on one of them. Each name must exist. */
  hostnames?: Array<string> | null | undefined;
  /** On one of these instances. */
  instanceIds?: Array<string | number> | null | undefined;
  /** Of one of these kinds. */
  kinds?: Array<HoldKind> | null | undefined;
  /** On one of these services, or on one of their instances. */
  serviceIds?: Array<string | number> | null | undefined;
  /** On one of the services with these names, or on one of their instances. Each name must exist. */
  services?: Array<string> | null | undefined;
  /** True: in force. False: ended or expired, or a freeze window that is not open. */
  standing?: boolean | null | undefined;
};

/** Input of holdHosts. */
export type HoldHostsInput = {
  /** The hosts, by id, at most 1000. All or none are held. Pass either `hostIds` or `hostnames`. */
  hostIds?: Array<string | number> | null | undefined;
  /** The hosts, by name, at most 1000. */
  hostnames?: Array<string> | null | undefined;
  /** 1 to 255 characters. For 7 days, the same key of the same caller returns the same holds. */
  idempotencyKey?: string | null | undefined;
  /** Why. */
  reason: string;
  /** When the holds end automatically; without it, they stay until they are ended. */
  until?: string | null | undefined;
};

/** Input of holdInstances. */
export type HoldInstancesInput = {
  /** 1 to 255 characters. For 7 days, the same key of the same caller returns the same holds. */
  idempotencyKey?: string | null | undefined;
  /** The instances, by id, at most 1000. All or none are held. Pass either `instanceIds` or `instances`. */
  instanceIds?: Array<string | number> | null | undefined;
  /** The instances, by the names of their services and hosts, for example `web/host-1`. */
  instances?: Array<string> | null | undefined;
  /** Why. */
  reason: string;
  /** When the holds end automatically; without it, they stay until they are ended. */
  until?: string | null | undefined;
};

/** What a hold is on. */
export type HoldKind =
  /** Every service: a freeze of the fleet. */
  | 'FLEET'
  /** A host: every instance on it is locked. */
  | 'HOST'
  /** An instance. */
  | 'INSTANCE'
  /** A whole service: a freeze. */
  | 'SERVICE'
  /** Some or all services, by a weekly calendar: a freeze window, in force while it is open. */
  | 'WINDOW';

/** Conditions on hosts. A host is returned if it meets all conditions that are set. */
export type HostFilter = {
  /** The hostname starts with this text. Case makes no difference. */
  hostnameStartsWith?: string | null | undefined;
  /** The hostname is one of these. Case makes no difference. Names that do not exist match nothing. */
  hostnames?: Array<string> | null | undefined;
  /** At least one instance on the host has one of these statuses. */
  instanceStatuses?: Array<InstanceStatus> | null | undefined;
  /** The host has all of these labels. */
  labels?: Array<LabelInput> | null | undefined;
  /** The hostname contains this text. Case makes no difference. */
  nameContains?: string | null | undefined;
};

/** Which hosts a release is about. Exactly one; no default selects a whole fleet. With names or ids, a host that does not fit refuses the request. With `all` or labels, it is not chosen. */
export type HostSelection =
  {   /** Every instance of the service; with a current version, every instance that runs that version. Only true is allowed; not for installations. */
  all: boolean; hostIds?: never; hostnames?: never; labels?: never; }
  |  { all?: never;   /** These hosts, by id, 1 to 10000, each once. */
  hostIds: Array<string | number>; hostnames?: never; labels?: never; }
  |  { all?: never; hostIds?: never;   /** These hosts, by name in any case, 1 to 10000, each once. */
  hostnames: Array<string>; labels?: never; }
  |  { all?: never; hostIds?: never; hostnames?: never;   /** Hosts that have all of these labels, at least one, when the release is accepted. */
  labels: Array<LabelInput>; };

/** Input of installInstances. */
export type InstallInstancesInput = {
  /** Description of the new instances. */
  description?: string | null | undefined;
  /** Only return what would happen. No idempotency key is stored; with one that made a release already, the answer is that release. */
  dryRun?: boolean | null | undefined;
  /** The number that a dry run returned. The error is STALE if the number of instances has changed since. */
  expectedCount?: number | null | undefined;
  /** Hosts that do not have the service yet. */
  hosts: HostSelection;
  /** 1 to 255 characters. For 7 days, the same key of the same caller returns the same release. */
  idempotencyKey?: string | null | undefined;
  /** Whether to include hosts on which an interrupted installation left the instance UNKNOWN. */
  includeUnknown?: boolean | null | undefined;
  /** Port of the new instances. */
  port?: number | null | undefined;
  /** Why. */
  reason?: string | null | undefined;
  /** How the release moves over the hosts. */
  rollout?: RolloutInput | null | undefined;
  /** The service, by name. */
  service?: string | null | undefined;
  /** The service, by id. Pass either `serviceId` or `service`. */
  serviceId?: string | number | null | undefined;
  /** Tag of the new instances. */
  tag?: string | null | undefined;
  /** Freezes that this release ignores: those that the caller set, or any if the caller is an ADMIN. */
  throughHoldIds?: Array<string | number> | null | undefined;
  /** Version to move to, by name. */
  version?: string | null | undefined;
  /** Version to move to, by id. Pass either `versionId` or `version`. */
  versionId?: string | number | null | undefined;
  /** Weight of the new instances. */
  weight?: number | null | undefined;
};

/** The kind of change that an instance event reports. */
export type InstanceEventKind =
  /** A caller confirmed which version runs. */
  | 'CONFIRMATION'
  /** The probe saw another version than the one on record, three times in a row. */
  | 'DRIFTED'
  /** The probe saw the version on record again. */
  | 'DRIFT_ENDED'
  /** Recorded data was edited, or the instance was put back into service outside of a release. */
  | 'EDIT'
  /** By the checks of a soak, it became healthy or unhealthy. */
  | 'HEALTH'
  /** A hold was set or ended. */
  | 'HOLD'
  /** A release locked the instance, finished with it, or was canceled before it started on it. */
  | 'RELEASE';

/** Conditions on instances. An instance is returned if it meets all conditions that are set. */
export type InstanceFilter = {
  /** True: out of service (drainedSince). False: in service. */
  drained?: boolean | null | undefined;
  /** True: the probe saw another version than the one on record, three times in a row. False: it did not, or it never answered. */
  drifted?: boolean | null | undefined;
  /** With one of these verdicts of the last health checks. Instances without one are left out. */
  health?: Array<Health> | null | undefined;
  /** True: a hold is in force on the instance or on its host. False: none is; a release may still lock it. */
  held?: boolean | null | undefined;
  /** On one of these hosts. */
  hostIds?: Array<string | number> | null | undefined;
  /** On a host that has all of these labels. */
  hostLabels?: Array<LabelInput> | null | undefined;
  /** On a host whose name starts with this text. Case makes no difference. */
  hostnameStartsWith?: string | null | undefined;
  /** On one of the hosts with these names. Each name must exist. */
  hostnames?: Array<string> | null | undefined;
  /** True: locked, by an open release target or by a hold in force. False: not locked. */
  locked?: boolean | null | undefined;
  /** Of one of these services. */
  serviceIds?: Array<string | number> | null | undefined;
  /** Of one of the services with these names. Each name must exist. */
  services?: Array<string> | null | undefined;
  /** With one of these statuses. Removed instances are returned only if REMOVED is among them. */
  statuses?: Array<InstanceStatus> | null | undefined;
  /** With one of these tags. */
  tags?: Array<string> | null | undefined;
  /** At one of these versions. */
  versionIds?: Array<string | number> | null | undefined;
  /** At a version with one of these names, of any service. Each name must exist. */
  versions?: Array<string> | null | undefined;
};

/** Status of an instance. It is INSTALLING, UPGRADING and so on from the time when a release is accepted, before the release starts on the instance. */
export type InstanceStatus =
  /** It is being installed. */
  | 'INSTALLING'
  /** The installation failed. */
  | 'INSTALL_FAILED'
  /** It was removed, or its installation was canceled before it started. Lists leave such instances out by default. */
  | 'REMOVED'
  /** It is being moved to an older version. */
  | 'REVERTING'
  /** The revert failed. */
  | 'REVERT_FAILED'
  /** Installed, and no release is changing it. */
  | 'RUNNING'
  /** It is being removed. */
  | 'UNINSTALLING'
  /** The removal failed. */
  | 'UNINSTALL_FAILED'
  /** A release was interrupted, and it is not known which version runs now. */
  | 'UNKNOWN'
  /** The upgrade failed. */
  | 'UPGRADE_FAILED'
  /** It is being moved to a newer version. */
  | 'UPGRADING';

/** A label to set, or to search for. */
export type LabelInput = {
  /** Key, 1 to 63 characters. */
  key: string;
  /** Value, at most 63 characters. */
  value: string;
};

/** The stream that a line of output came from. */
export type LogStream =
  /** Standard error of the command. */
  | 'STDERR'
  /** Standard output of the command. */
  | 'STDOUT'
  /** Messages of lockkeeper itself. */
  | 'SYSTEM';

/** What to do when more targets failed than maxFailures allows. */
export type OnFailure =
  /** Continue with the remaining targets. */
  | 'CONTINUE'
  /** Pause the release: no more targets start until it is resumed. */
  | 'PAUSE'
  /** Cancel the targets that have not started. */
  | 'STOP'
  /** Cancel the targets that have not started, and undo the release once nothing of it runs. If none of the failures tried the version, pause it instead. */
  | 'UNDO';

/** What to do with selected instances that are locked. */
export type OnLocked =
  /** Refuse the whole request. */
  | 'REJECT'
  /** Leave them out of the release, and report them. */
  | 'SKIP';

/** Why a release is paused. */
export type PauseReason =
  /** More targets failed than maxFailures allows, of the release or of the wave. */
  | 'FAILURES'
  /** A caller requested it. */
  | 'REQUESTED'
  /** More hosts were not reached than maxUnreachable allows. */
  | 'UNREACHABLE'
  /** A wave after which the release pauses is done. */
  | 'WAVE';

/** Input of pauseRelease. */
export type PauseReleaseInput = {
  /** Why. */
  reason?: string | null | undefined;
  /** The release. */
  releaseId: string | number;
};

/** A limit for each value of a label of hosts. Hosts without the label share one value. */
export type PerLabelInput = {
  /** How many may have the same value at a time, 1 to 1000. */
  count: number;
  /** Key of the label, 1 to 63 characters. */
  key: string;
};

/** What a plan warns of. */
export type PlanWarningCode =
  /** The soaks take more than half of the time until the deadline. */
  | 'DEADLINE_CLOSE'
  /** Some hosts do not have the label of wavesBy, and are one wave of their own, or that of maxPerLabel, and share one value. */
  | 'HOSTS_WITHOUT_LABEL'
  /** None of the hosts has a label, or a value of it, that is to go first. */
  | 'LABEL_WITHOUT_HOST'
  /** The instances run different versions now. `counts` has how many run each. */
  | 'MIXED_VERSIONS'
  /** The version to go back to was removed: an undo leaves these instances out. */
  | 'NO_WAY_BACK'
  /** No living worker has the executor of the service: nothing starts before there is one. */
  | 'NO_WORKER'
  /** A version to go back to was withdrawn: the version that an undo moves instances to, or the one that the undo of this release would move them to. It stays a valid way back. */
  | 'WITHDRAWN_WAY_BACK';

/** What a release does to instances. */
export type ReleaseAction =
  /** Installs the service on hosts that do not have it. */
  | 'INSTALL'
  /** Moves instances to an older version. */
  | 'REVERT'
  /** Removes the service from hosts. */
  | 'UNINSTALL'
  /** Moves instances to a newer version. */
  | 'UPGRADE';

/** The kind of change that a release event reports. */
export type ReleaseEventKind =
  /** The release was accepted. */
  | 'ACCEPTED'
  /** The cancellation of the release was requested. */
  | 'CANCEL_REQUESTED'
  /** In an hour, what has not started is canceled. */
  | 'DEADLINE'
  /** The last target finished, and the release with it. */
  | 'FINISHED'
  /** The release was paused. */
  | 'PAUSED'
  /** The release was resumed, or its soak was ended. */
  | 'RESUMED'
  /** Too many targets failed; no more targets are started. */
  | 'STOPPED'
  /** A target finished. */
  | 'TARGET_FINISHED'
  /** A target started. */
  | 'TARGET_STARTED'
  /** A step of a target began. Not reported for targets whose only step is RUN: TARGET_STARTED says the same. */
  | 'TARGET_STEP'
  /** The instance of a target that succeeded became unhealthy while the release soaks. */
  | 'TARGET_UNHEALTHY';

/** How a release came about. */
export type ReleaseOrigin =
  /** A caller requested it. */
  | 'REQUEST'
  /** It retries another release. */
  | 'RETRY'
  /** It undoes another release. */
  | 'UNDO';

/** Status of a release. */
export type ReleaseStatus =
  /** Finished: no target failed, and at least one was canceled before it started. */
  | 'CANCELED'
  /** Finished: at least one target is FAILED or UNKNOWN. */
  | 'FAILED'
  /** Paused: targets that are running finish, and no others start. */
  | 'PAUSED'
  /** Accepted; no target has started. */
  | 'PENDING'
  /** At least one target has started, and not all have finished. */
  | 'RUNNING'
  /** Finished: all targets succeeded. */
  | 'SUCCEEDED';

/** Status of a release target. */
export type ReleaseTargetStatus =
  /** Canceled before it started. */
  | 'CANCELED'
  /** Failed. */
  | 'FAILED'
  /** Not started yet. */
  | 'QUEUED'
  /** Running. */
  | 'RUNNING'
  /** Succeeded. */
  | 'SUCCEEDED'
  /** Interrupted, with an outcome that could not be determined. */
  | 'UNKNOWN';

/** Input of removeFreezeWindow. */
export type RemoveFreezeWindowInput = {
  /** The freeze window. */
  freezeWindowId: string | number;
};

/** Input of resumeRelease. */
export type ResumeReleaseInput = {
  /** A new deadline, in seconds from the acceptance of the release, 1 to 31536000; it must not have passed. */
  deadlineSeconds?: number | null | undefined;
  /** The release. */
  releaseId: string | number;
  /** Whether to end the soak of the wave that is carried out; also of a release that is not paused. */
  skipSoak?: boolean | null | undefined;
  /** How far it goes. */
  to?: ResumeTo | null | undefined;
};

/** How far a release that is resumed goes. */
export type ResumeTo =
  /** To its end: it passes over the pauses of its waves. */
  | 'END'
  /** To the next wave after which it pauses. */
  | 'NEXT_PAUSE';

/** Input of retryRelease. */
export type RetryReleaseInput = {
  /** Only return what would happen. No idempotency key is stored; with one that made a release already, the answer is that release. */
  dryRun?: boolean | null | undefined;
  /** The number that a dry run returned. The error is STALE if the number of instances has changed since. */
  expectedCount?: number | null | undefined;
  /** 1 to 255 characters. For 7 days, the same key of the same caller returns the same release. */
  idempotencyKey?: string | null | undefined;
  /** Whether to include instances whose status is UNKNOWN. */
  includeUnknown?: boolean | null | undefined;
  /** What to do with instances that are locked by a release or a hold. */
  onLocked?: OnLocked | null | undefined;
  /** Why. */
  reason?: string | null | undefined;
  /** The release to retry. It must have ended, or be paused. */
  releaseId: string | number;
  /** How the retry moves over the instances; what is omitted is as in the first release. */
  rollout?: RolloutInput | null | undefined;
  /** Holds and freezes that this release ignores: those that the caller set, or any if the caller is an ADMIN. */
  throughHoldIds?: Array<string | number> | null | undefined;
};

/** Input of revertInstances. */
export type RevertInstancesInput = {
  /** Only instances that run this version now, by name. */
  currentVersion?: string | null | undefined;
  /** Only instances that run this version now, by id. Pass `currentVersionId`, `currentVersion` or neither. */
  currentVersionId?: string | number | null | undefined;
  /** Only return what would happen. No idempotency key is stored; with one that made a release already, the answer is that release. */
  dryRun?: boolean | null | undefined;
  /** The number that a dry run returned. The error is STALE if the number of instances has changed since. */
  expectedCount?: number | null | undefined;
  /** Which instances. */
  hosts: HostSelection;
  /** 1 to 255 characters. For 7 days, the same key of the same caller returns the same release. */
  idempotencyKey?: string | null | undefined;
  /** Whether to include instances whose status is UNKNOWN. */
  includeUnknown?: boolean | null | undefined;
  /** What to do with instances that are locked by a release or a hold. */
  onLocked?: OnLocked | null | undefined;
  /** Whether to include instances that run the version already: a machine that was rebuilt, a version that was changed by hand. */
  reapply?: boolean | null | undefined;
  /** Why. */
  reason?: string | null | undefined;
  /** How the release moves over the instances. */
  rollout?: RolloutInput | null | undefined;
  /** The service, by name. */
  service?: string | null | undefined;
  /** The service, by id. Pass either `serviceId` or `service`. */
  serviceId?: string | number | null | undefined;
  /** Holds and freezes that this release ignores: those that the caller set, or any if the caller is an ADMIN. */
  throughHoldIds?: Array<string | number> | null | undefined;
  /** Version to move to, by name. */
  version?: string | null | undefined;
  /** Version to move to, by id. Pass either `versionId` or `version`. */
  versionId?: string | number | null | undefined;
};

/** What a caller may do. Every role may read and subscribe. */
export type Role =
  /** May do everything. */
  | 'ADMIN'
  /** May register versions and report builds. */
  | 'BUILDER'
  /** May start and cancel releases, hold, confirm and edit instances, freeze services and the fleet, withdraw and reinstate versions, and read about the server and its workers. Does not include the rights of BUILDER. */
  | 'OPERATOR'
  /** May only read and subscribe. */
  | 'VIEWER';

/** How a release moves over its targets. The server's configuration has the defaults. */
export type RolloutInput = {
  /** The deadline in seconds after the acceptance: what has not started by then is canceled. 1 to 31536000; 86400 by default. Pauses count. */
  deadlineSeconds?: number | null | undefined;
  /** Hosts with one of these labels go before all others, at most 20. */
  first?: Array<LabelInput> | null | undefined;
  /** How many failures there may be before onFailure applies: targets that end FAILED or UNKNOWN. A share is rounded down. */
  maxFailures?: AmountInput | null | undefined;
  /** How many targets move at a time, 1 to 1000. */
  maxParallel?: AmountInput | null | undefined;
  /** How many targets of the release may run at a time on hosts with the same value of a label. The limit of the service holds beside it. */
  maxPerLabel?: PerLabelInput | null | undefined;
  /** How many targets may fail because their hosts are not reached, before the release is paused; as many as maxFailures by default. They are not counted in maxFailures. A share is rounded down. */
  maxUnreachable?: AmountInput | null | undefined;
  /** What happens when there are more failures than maxFailures, of the release or of a wave. UNDO is not for an uninstallation or an undo. */
  onFailure?: OnFailure | null | undefined;
  /** The order of the targets, BY_HOSTNAME by default. */
  order?: RolloutOrder | null | undefined;
  /** Longest time for one start of one target, in seconds, 1 to 86400; at most, and by default, the executor's timeout. */
  timeoutSeconds?: number | null | undefined;
  /** The waves in which the targets are moved, at most 20. An empty list means one wave. One more wave takes what the last one leaves. */
  waves?: Array<WaveInput> | null | undefined;
  /** One wave for each value of a label of the hosts, at most 100. Not together with waves. */
  wavesBy?: WavesByInput | null | undefined;
  /** Whether the version is withdrawn when the release is undone as it ends, by onFailure or by cancelRelease with thenUndo. Only of an installation or an upgrade. */
  withdrawOnUndo?: boolean | null | undefined;
};

/** In which order a release moves its targets. */
export type RolloutOrder =
  /** As the request names the hosts. */
  | 'AS_GIVEN'
  /** By hostname. */
  | 'BY_HOSTNAME'
  /** Those that are out of service, broken or unknown already, then the others, each by hostname. */
  | 'UNHEALTHY_FIRST';

/** The kind of change that a service event reports. */
export type ServiceEventKind =
  /** The status of a build was reported. */
  | 'BUILD_REPORTED'
  /** Recorded data was edited. */
  | 'EDITED'
  /** A freeze was set. */
  | 'FROZEN'
  /** The service was registered. */
  | 'REGISTERED'
  /** The service was removed. */
  | 'REMOVED'
  /** A freeze ended. */
  | 'UNFROZEN'
  /** A version was registered. */
  | 'VERSION_REGISTERED'
  /** A withdrawn version was made available again. */
  | 'VERSION_REINSTATED'
  /** A version was removed. */
  | 'VERSION_REMOVED'
  /** A version was withdrawn. */
  | 'VERSION_WITHDRAWN';

/** Conditions on services. A service is returned if it meets all conditions that are set. */
export type ServiceFilter = {
  /** True: a freeze is in force. False: no freeze is in force. */
  frozen?: boolean | null | undefined;
  /** At least one instance of the service has one of these statuses. */
  instanceStatuses?: Array<InstanceStatus> | null | undefined;
  /** The name contains this text. ASCII letters may be in either case. */
  nameContains?: string | null | undefined;
  /** The name starts with this text. Case-sensitive. */
  nameStartsWith?: string | null | undefined;
  /** The name is one of these. Names that do not exist match nothing. */
  names?: Array<string> | null | undefined;
  /** True: a release of the service is PENDING, RUNNING or PAUSED. False: no release of the service is. */
  releasing?: boolean | null | undefined;
};

/** Why an instance was left out of a release. */
export type SkipReason =
  /** It runs the target version already. */
  | 'ALREADY_AT_VERSION'
  /** It is locked, by an open release target or by a hold in force. */
  | 'LOCKED'
  /** Another release or a confirmation changed it after the release that is to be undone or retried. */
  | 'MOVED_SINCE'
  /** It has no version yet. Install it first. */
  | 'NOT_INSTALLED'
  /** The target version is not newer than the version that it runs. */
  | 'NOT_NEWER'
  /** The target version is not older than the version that it runs. */
  | 'NOT_OLDER'
  /** Its status is UNKNOWN. Confirm it first, or set includeUnknown. */
  | 'UNKNOWN_STATE'
  /** The version that it would move to was removed. */
  | 'VERSION_UNAVAILABLE';

/** A step of a target. The declared order is that in which they happen. */
export type StepName =
  /** Reaching the host. Executors that run programs on the worker's machine do not have it. */
  | 'CONNECT'
  /** Taking the instance out of service. Installations do not have it. */
  | 'DRAIN'
  /** Waiting until the instance is healthy. Removals do not have it. */
  | 'HEALTH'
  /** Preparing the host. It must change nothing that runs. */
  | 'PREPARE'
  /** Running what the executor runs: the step that moves the instance. Every target has it. */
  | 'RUN'
  /** Putting the instance back into service. Removals do not have it. */
  | 'UNDRAIN';

/** Status of a step of a target. */
export type StepStatus =
  /** It failed. */
  | 'FAILED'
  /** In progress. */
  | 'RUNNING'
  /** The target ended without it, since an earlier step did not succeed. */
  | 'SKIPPED'
  /** It succeeded. */
  | 'SUCCEEDED'
  /** It was interrupted, and its effect could not be determined. */
  | 'UNKNOWN'
  /** Not begun yet. */
  | 'WAITING';

/** Input of suspendFleet. */
export type SuspendFleetInput = {
  /** Why. */
  reason: string;
};

/** How a target failed. */
export type TargetFailure =
  /** The command ended with an exit status other than 0. */
  | 'COMMAND'
  /** The step drain failed. The instance is as before. */
  | 'DRAIN'
  /** The host's key is not the known one, or none is known. The instance is as before. */
  | 'HOST_KEY'
  /** It printed nothing for longer than the executor's idle_timeout and was stopped. */
  | 'IDLE'
  /** Its worker was lost, and the probe reported that the previous version still runs. */
  | 'INTERRUPTED'
  /** Its command could not be started. The instance is as before. */
  | 'NOT_STARTED'
  /** The step prepare failed. The instance is as before. */
  | 'PREPARE'
  /** The host did not accept the login, or sudo was refused there. The instance is as before. */
  | 'REFUSED'
  /** It was stopped because its release was canceled. */
  | 'STOPPED'
  /** It did not finish within its timeout and was stopped. */
  | 'TIMED_OUT'
  /** The command succeeded, but the instance did not become healthy in time. */
  | 'UNHEALTHY'
  /** The host was not reached for 30 seconds. The instance is as before. */
  | 'UNREACHABLE';

/** Input of undoRelease. */
export type UndoReleaseInput = {
  /** Only return what would happen. No idempotency key is stored; with one that made a release already, the answer is that release. */
  dryRun?: boolean | null | undefined;
  /** The number that a dry run returned. The error is STALE if the number of instances has changed since. */
  expectedCount?: number | null | undefined;
  /** 1 to 255 characters. For 7 days, the same key of the same caller returns the same release. */
  idempotencyKey?: string | null | undefined;
  /** Whether to include instances whose status is UNKNOWN. */
  includeUnknown?: boolean | null | undefined;
  /** What to do with instances that are locked by a release or a hold. */
  onLocked?: OnLocked | null | undefined;
  /** Why. */
  reason?: string | null | undefined;
  /** The release to undo. It must have ended, and must not be an uninstallation. */
  releaseId: string | number;
  /** How the undo moves over the instances. By default, it moves as many at a time as the release that it undoes, and continues after failures. */
  rollout?: RolloutInput | null | undefined;
  /** Holds and freezes that this release ignores: those that the caller set, or any if the caller is an ADMIN. */
  throughHoldIds?: Array<string | number> | null | undefined;
};

/** Input of unfreezeService. */
export type UnfreezeServiceInput = {
  /** Only these freezes; by default all that are in force. */
  holdIds?: Array<string | number> | null | undefined;
  /** The service, by name. */
  service?: string | null | undefined;
  /** The service, by id. Pass either `serviceId` or `service`. */
  serviceId?: string | number | null | undefined;
};

/** Input of unholdHosts: holds, hosts, or both together, which means these holds on these hosts. */
export type UnholdHostsInput = {
  /** Holds to end, at most 1000. Without it, all holds in force on the hosts are ended. */
  holdIds?: Array<string | number> | null | undefined;
  /** Hosts that the holds are on, by id, at most 1000. A hold in holdIds that is on another host is an error. Pass `hostIds`, `hostnames` or neither. */
  hostIds?: Array<string | number> | null | undefined;
  /** Hosts that the holds are on, by name, at most 1000. */
  hostnames?: Array<string> | null | undefined;
};

/** Input of uninstallInstances. */
export type UninstallInstancesInput = {
  /** Only return what would happen. No idempotency key is stored; with one that made a release already, the answer is that release. */
  dryRun?: boolean | null | undefined;
  /** The number that a dry run returned. The error is STALE if the number of instances has changed since. */
  expectedCount?: number | null | undefined;
  /** Which instances. */
  hosts: HostSelection;
  /** 1 to 255 characters. For 7 days, the same key of the same caller returns the same release. */
  idempotencyKey?: string | null | undefined;
  /** Whether to include instances whose status is UNKNOWN. */
  includeUnknown?: boolean | null | undefined;
  /** What to do with instances that are locked by a release or a hold. */
  onLocked?: OnLocked | null | undefined;
  /** Why. */
  reason?: string | null | undefined;
  /** How the release moves over the instances. */
  rollout?: RolloutInput | null | undefined;
  /** The service, by name. */
  service?: string | null | undefined;
  /** The service, by id. Pass either `serviceId` or `service`. */
  serviceId?: string | number | null | undefined;
  /** Holds and freezes that this release ignores: those that the caller set, or any if the caller is an ADMIN. */
  throughHoldIds?: Array<string | number> | null | undefined;
};

/** Input of upgradeInstances. */
export type UpgradeInstancesInput = {
  /** Only instances that run this version now, by name. */
  currentVersion?: string | null | undefined;
  /** Only instances that run this version now, by id. Pass `currentVersionId`, `currentVersion` or neither. */
  currentVersionId?: string | number | null | undefined;
  /** Only return what would happen. No idempotency key is stored; with one that made a release already, the answer is that release. */
  dryRun?: boolean | null | undefined;
  /** The number that a dry run returned. The error is STALE if the number of instances has changed since. */
  expectedCount?: number | null | undefined;
  /** Which instances. */
  hosts: HostSelection;
  /** 1 to 255 characters. For 7 days, the same key of the same caller returns the same release. */
  idempotencyKey?: string | null | undefined;
  /** Whether to include instances whose status is UNKNOWN. */
  includeUnknown?: boolean | null | undefined;
  /** What to do with instances that are locked by a release or a hold. */
  onLocked?: OnLocked | null | undefined;
  /** Whether to include instances that run the version already: a machine that was rebuilt, a version that was changed by hand. */
  reapply?: boolean | null | undefined;
  /** Why. */
  reason?: string | null | undefined;
  /** How the release moves over the instances. */
  rollout?: RolloutInput | null | undefined;
  /** The service, by name. */
  service?: string | null | undefined;
  /** The service, by id. Pass either `serviceId` or `service`. */
  serviceId?: string | number | null | undefined;
  /** Holds and freezes that this release ignores: those that the caller set, or any if the caller is an ADMIN. */
  throughHoldIds?: Array<string | number> | null | undefined;
  /** Version to move to, by name. */
  version?: string | null | undefined;
  /** Version to move to, by id. Pass either `versionId` or `version`. */
  versionId?: string | number | null | undefined;
};

/** Why an input was refused. */
export type UserErrorCode =
  /** The service is frozen. */
  | 'FROZEN'
  /** A selected host has an instance of the service already. */
  | 'HOST_ALREADY_DEPLOYED'
  /** A host in the request has no instance of the service, or its instance is not at currentVersionId. */
  | 'HOST_NOT_DEPLOYED'
  /** The idempotency key was used before, with another input. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** A value is outside the allowed range, or does not have the required form. */
  | 'INVALID'
  /** The object is still in use: it cannot be removed, or changed in this way. */
  | 'IN_USE'
  /** A selected instance is locked, and onLocked is REJECT. */
  | 'LOCKED'
  /** None of the selected instances can take part. */
  | 'NOTHING_TO_RELEASE'
  /** An id or a name refers to nothing that exists. */
  | 'NOT_FOUND'
  /** Two objects belong to different services but must belong to the same one. */
  | 'OTHER_SERVICE'
  /** A required value is missing. */
  | 'REQUIRED'
  /** The object changed after the caller had read it. */
  | 'STALE'
  /** An object with this unique value exists already. */
  | 'TAKEN'
  /** No executor with this name is configured. */
  | 'UNKNOWN_EXECUTOR'
  /** The version has no successful build. */
  | 'VERSION_NOT_BUILT'
  /** The version was withdrawn. */
  | 'VERSION_WITHDRAWN'
  /** The status of the object does not allow this. */
  | 'WRONG_STATE'
  /** An id refers to an object of another type. */
  | 'WRONG_TYPE';

/** The direction in which instances are moved to a version. */
export type VersionAction =
  /** To an older version. */
  | 'REVERT'
  /** To a newer version. */
  | 'UPGRADE';

/** What a target that has not started waits for. */
export type WaitKind =
  /** As many instances of its service are unavailable as its budget allows. */
  | 'BUDGET'
  /** Another command runs on its host. */
  | 'HOST_BUSY'
  /** As many hosts with the same value of a label are moved or unavailable as its service or its release allows. */
  | 'LABEL_LIMIT'
  /** No living worker has the executor of its release. */
  | 'NO_WORKER'
  /** Its release is paused: no more targets start until it is resumed. */
  | 'PAUSED'
  /** As many targets of its release run as may run at a time. */
  | 'RELEASE_LIMIT'
  /** The wave that is carried out is done, and soaks. */
  | 'SOAK'
  /** The fleet is suspended: nothing starts anywhere. */
  | 'SUSPENDED'
  /** A wave before its own is not done. */
  | 'WAVE'
  /** All workers that have the executor of its release carry out as many targets as they can. */
  | 'WORKERS_FULL';

/** A wave of a release: it starts when the one before is done. */
export type WaveInput = {
  /** How many targets of this wave may fail before onFailure of the release applies; 0 by default for the first of several waves, otherwise without a limit of its own. A share is one of the targets of this wave, rounded down. */
  maxFailures?: AmountInput | null | undefined;
  /** Whether the release pauses after this wave and its soak, until it is resumed. Not for the last wave. */
  pauseAfter?: boolean | null | undefined;
  /** How long the release waits after the last target of this wave, in seconds, 0 to 604800. Not for the last wave. */
  soakSeconds?: number | null | undefined;
  /** How many targets are in this wave and in those before it, together. A share is rounded up, and is at least 1 percent. */
  upTo: AmountInput;
};

/** Status of a wave. */
export type WaveStatus =
  /** All its targets have finished, and its soak is over. */
  | 'DONE'
  /** It is the wave that is carried out, and its release is paused. */
  | 'PAUSED'
  /** Its targets may start. */
  | 'RUNNING'
  /** All its targets have finished, and the next wave waits for the end of its soak. */
  | 'SOAKING'
  /** Its targets start when the waves before it are done. */
  | 'WAITING';

/** Waves by a label of the hosts: first those of the named values, then the others, smallest first. Hosts without the label are a wave of their own. */
export type WavesByInput = {
  /** The values whose waves come first, in this order. */
  first?: Array<string> | null | undefined;
  /** How long it waits after the first wave; soakSeconds by default. */
  firstSoakSeconds?: number | null | undefined;
  /** Key of the label. */
  key: string;
  /** Whether it pauses after the first wave and its soak. */
  pauseAfterFirst?: boolean | null | undefined;
  /** How long the release waits after each wave but the last, in seconds, 0 to 604800. */
  soakSeconds?: number | null | undefined;
};

/** A day of the week. */
export type Weekday =
  /** Friday. */
  | 'FRIDAY'
  /** Monday. */
  | 'MONDAY'
  /** Saturday. */
  | 'SATURDAY'
  /** Sunday. */
  | 'SUNDAY'
  /** Thursday. */
  | 'THURSDAY'
  /** Tuesday. */
  | 'TUESDAY'
  /** Wednesday. */
  | 'WEDNESDAY';

export type SessionQueryVariables = Exact<{ [key: string]: never; }>;


export type SessionQuery = { eventCursor: string, viewer: { name: string, role: Role, permissions: Array<string> } };

export type InstancesChangedSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type InstancesChangedSubscription = { instanceStatusChanged: { cursor: string, kind: InstanceEventKind, instanceId: string, serviceId: string, serviceName: string, hostname: string, status: InstanceStatus, causedBy: string, at: string } };

export type ReleasesChangedSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type ReleasesChangedSubscription = { releaseStatusChanged: { cursor: string, kind: ReleaseEventKind, releaseId: string, revision: number, serviceId: string, serviceName: string, status: ReleaseStatus, causedBy: string, at: string, progress: { total: number, queued: number, running: number, succeeded: number, failed: number, canceled: number, unknown: number, skipped: number, unreachable: number, unhealthy: number }, target: { id: string, status: ReleaseTargetStatus, wave: number, attempt: number, failure: TargetFailure | null, message: string | null, exitStatus: number | null, startedAt: string | null, finishedAt: string | null, fromVersion: { id: string, name: string } | null, toVersion: { id: string, name: string } | null, host: { id: string, hostname: string, labels: Array<{ key: string, value: string }> } } | null } };

export type ServicesChangedSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type ServicesChangedSubscription = { serviceChanged: { cursor: string, kind: ServiceEventKind, serviceId: string, causedBy: string, at: string, service: { id: string, name: string } } };

export type FleetChangedSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type FleetChangedSubscription = { fleetChanged: { cursor: string, kind: FleetEventKind, causedBy: string, at: string } };

export type ProgressFragment = { total: number, queued: number, running: number, succeeded: number, failed: number, canceled: number, unknown: number, skipped: number, unreachable: number, unhealthy: number };

export type TargetFragment = { id: string, status: ReleaseTargetStatus, wave: number, attempt: number, failure: TargetFailure | null, message: string | null, exitStatus: number | null, startedAt: string | null, finishedAt: string | null, fromVersion: { id: string, name: string } | null, toVersion: { id: string, name: string } | null, host: { id: string, hostname: string, labels: Array<{ key: string, value: string }> } };

export type ChoicesQueryVariables = Exact<{
  service: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: InstanceFilter | null | undefined;
  installing: boolean;
  hosts?: HostFilter | null | undefined;
}>;


export type ChoicesQuery = { labels: Array<{ key: string, value: string, hostCount: number }>, service: { id: string, name: string, executor: string, freezes: Array<{ id: string, reason: string, includesReverts: boolean, createdBy: string, createdAt: string, until: string | null, endedAt: string | null, endedBy: string | null, freezeWindow: { id: string } | null, service: { id: string, name: string } | null, host: { id: string, hostname: string } | null, instance: { id: string, host: { id: string, hostname: string }, service: { id: string, name: string } } | null }>, rolloutDefaults: { onFailure: OnFailure | null, withdrawOnUndo: boolean | null, deadlineSeconds: number | null, maxParallel: { count: number | null, percent: number | null } | null, maxFailures: { count: number | null, percent: number | null } | null, maxUnreachable: { count: number | null, percent: number | null } | null, maxPerLabel: { key: string, count: number } | null, waves: Array<{ soakSeconds: number, pauseAfter: boolean, upTo: { count: number | null, percent: number | null }, maxFailures: { count: number | null, percent: number | null } | null }> | null } | null, instanceCounts: Array<{ status: InstanceStatus, count: number, version: { id: string, name: string } | null }>, versions: { nodes: Array<{ id: string, name: string, description: string, ref: string, buildStatus: BuildStatus, buildMessage: string | null, createdAt: string, createdBy: string, builtAt: string | null, withdrawal: { reason: string, by: string, at: string } | null }> }, instances?: { totalCount: number, nodes: Array<{ id: string, revision: number, status: InstanceStatus, locked: boolean, maintenance: boolean, drainedSince: string | null, observedVersion: string | null, health: Health | null, healthAt: string | null, updatedAt: string, updatedBy: string, version: { id: string, name: string } | null, service: { id: string, name: string }, host: { id: string, hostname: string }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
            | { __typename: 'Hold', id: string }
            | { __typename: 'Release', id: string }
           }>, lastTarget: { id: string, exitStatus: number | null, failure: TargetFailure | null, message: string | null, finishedAt: string | null, release: { id: string } } | null }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } }, availableHosts?: { totalCount: number, nodes: Array<{ id: string, hostname: string }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } } | null };

export type EnabledQueryVariables = Exact<{
  service: string;
  action: VersionAction;
  from: string | number;
}>;


export type EnabledQuery = { service: { id: string, versions: { nodes: Array<{ id: string, enabled: boolean | null }> } } | null };

export type UpgradeMutationVariables = Exact<{
  input: UpgradeInstancesInput;
}>;


export type UpgradeMutation = { result: { acceptedCount: number, skippedCount: number, release: { id: string } | null, accepted: Array<{ id: string, version: { id: string, name: string } | null }>, skipped: Array<{ reason: SkipReason, instance: { id: string, host: { id: string, hostname: string }, version: { id: string, name: string } | null }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
          | { __typename: 'Hold', id: string }
          | { __typename: 'Release', id: string }
         }> }>, skippedCounts: Array<{ reason: SkipReason, count: number }>, plan: { worstCaseFailures: number, rollout: { maxParallel: number, maxFailures: number, onFailure: OnFailure, withdrawOnUndo: boolean, maxPerLabel: { key: string, count: number } | null }, waves: Array<{ number: number, size: number, soakSeconds: number, pauseAfter: boolean, label: { key: string, value: string } | null }>, warnings: Array<{ code: PlanWarningCode, message: string, counts: Array<{ count: number, version: { id: string, name: string } | null }> }> } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type RevertMutationVariables = Exact<{
  input: RevertInstancesInput;
}>;


export type RevertMutation = { result: { acceptedCount: number, skippedCount: number, release: { id: string } | null, accepted: Array<{ id: string, version: { id: string, name: string } | null }>, skipped: Array<{ reason: SkipReason, instance: { id: string, host: { id: string, hostname: string }, version: { id: string, name: string } | null }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
          | { __typename: 'Hold', id: string }
          | { __typename: 'Release', id: string }
         }> }>, skippedCounts: Array<{ reason: SkipReason, count: number }>, plan: { worstCaseFailures: number, rollout: { maxParallel: number, maxFailures: number, onFailure: OnFailure, withdrawOnUndo: boolean, maxPerLabel: { key: string, count: number } | null }, waves: Array<{ number: number, size: number, soakSeconds: number, pauseAfter: boolean, label: { key: string, value: string } | null }>, warnings: Array<{ code: PlanWarningCode, message: string, counts: Array<{ count: number, version: { id: string, name: string } | null }> }> } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type UninstallMutationVariables = Exact<{
  input: UninstallInstancesInput;
}>;


export type UninstallMutation = { result: { acceptedCount: number, skippedCount: number, release: { id: string } | null, accepted: Array<{ id: string, version: { id: string, name: string } | null }>, skipped: Array<{ reason: SkipReason, instance: { id: string, host: { id: string, hostname: string }, version: { id: string, name: string } | null }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
          | { __typename: 'Hold', id: string }
          | { __typename: 'Release', id: string }
         }> }>, skippedCounts: Array<{ reason: SkipReason, count: number }>, plan: { worstCaseFailures: number, rollout: { maxParallel: number, maxFailures: number, onFailure: OnFailure, withdrawOnUndo: boolean, maxPerLabel: { key: string, count: number } | null }, waves: Array<{ number: number, size: number, soakSeconds: number, pauseAfter: boolean, label: { key: string, value: string } | null }>, warnings: Array<{ code: PlanWarningCode, message: string, counts: Array<{ count: number, version: { id: string, name: string } | null }> }> } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type InstallMutationVariables = Exact<{
  input: InstallInstancesInput;
}>;


export type InstallMutation = { result: { acceptedCount: number, release: { id: string } | null, plan: { worstCaseFailures: number, rollout: { maxParallel: number, maxFailures: number, onFailure: OnFailure, withdrawOnUndo: boolean, maxPerLabel: { key: string, count: number } | null }, waves: Array<{ number: number, size: number, soakSeconds: number, pauseAfter: boolean, label: { key: string, value: string } | null }>, warnings: Array<{ code: PlanWarningCode, message: string, counts: Array<{ count: number, version: { id: string, name: string } | null }> }> } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type MovedFragment = { id: string, version: { id: string, name: string } | null };

export type SkippedFragment = { reason: SkipReason, instance: { id: string, host: { id: string, hostname: string }, version: { id: string, name: string } | null }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
      | { __typename: 'Hold', id: string }
      | { __typename: 'Release', id: string }
     }> };

export type PlanShownFragment = { worstCaseFailures: number, rollout: { maxParallel: number, maxFailures: number, onFailure: OnFailure, withdrawOnUndo: boolean, maxPerLabel: { key: string, count: number } | null }, waves: Array<{ number: number, size: number, soakSeconds: number, pauseAfter: boolean, label: { key: string, value: string } | null }>, warnings: Array<{ code: PlanWarningCode, message: string, counts: Array<{ count: number, version: { id: string, name: string } | null }> }> };

export type RolloutFragment = { maxParallel: number, maxFailures: number, onFailure: OnFailure, withdrawOnUndo: boolean, maxPerLabel: { key: string, count: number } | null };

export type DefaultsFragment = { onFailure: OnFailure | null, withdrawOnUndo: boolean | null, deadlineSeconds: number | null, maxParallel: { count: number | null, percent: number | null } | null, maxFailures: { count: number | null, percent: number | null } | null, maxUnreachable: { count: number | null, percent: number | null } | null, maxPerLabel: { key: string, count: number } | null, waves: Array<{ soakSeconds: number, pauseAfter: boolean, upTo: { count: number | null, percent: number | null }, maxFailures: { count: number | null, percent: number | null } | null }> | null };

export type WrittenFragment = { count: number | null, percent: number | null };

export type HoldsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  filter?: HoldFilter | null | undefined;
}>;


export type HoldsQuery = { holds: { nodes: Array<{ id: string, reason: string, includesReverts: boolean, createdBy: string, createdAt: string, until: string | null, endedAt: string | null, endedBy: string | null, freezeWindow: { id: string } | null, service: { id: string, name: string } | null, host: { id: string, hostname: string } | null, instance: { id: string, host: { id: string, hostname: string }, service: { id: string, name: string } } | null }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type EndHoldsMutationVariables = Exact<{
  input: EndHoldsInput;
}>;


export type EndHoldsMutation = { endHolds: { holds: Array<{ id: string, reason: string, includesReverts: boolean, createdBy: string, createdAt: string, until: string | null, endedAt: string | null, endedBy: string | null, freezeWindow: { id: string } | null, service: { id: string, name: string } | null, host: { id: string, hostname: string } | null, instance: { id: string, host: { id: string, hostname: string }, service: { id: string, name: string } } | null }>, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type UnholdHostsMutationVariables = Exact<{
  input: UnholdHostsInput;
}>;


export type UnholdHostsMutation = { unholdHosts: { holds: Array<{ id: string, reason: string, includesReverts: boolean, createdBy: string, createdAt: string, until: string | null, endedAt: string | null, endedBy: string | null, freezeWindow: { id: string } | null, service: { id: string, name: string } | null, host: { id: string, hostname: string } | null, instance: { id: string, host: { id: string, hostname: string }, service: { id: string, name: string } } | null }>, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type UnfreezeFleetMutationVariables = Exact<{ [key: string]: never; }>;


export type UnfreezeFleetMutation = { unfreezeFleet: { userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type FreezeFleetMutationVariables = Exact<{
  input: FreezeFleetInput;
}>;


export type FreezeFleetMutation = { freezeFleet: { freeze: { id: string, reason: string, includesReverts: boolean, createdBy: string, createdAt: string, until: string | null, endedAt: string | null, endedBy: string | null, freezeWindow: { id: string } | null, service: { id: string, name: string } | null, host: { id: string, hostname: string } | null, instance: { id: string, host: { id: string, hostname: string }, service: { id: string, name: string } } | null } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type FreezeWindowsQueryVariables = Exact<{ [key: string]: never; }>;


export type FreezeWindowsQuery = { freezeWindows: Array<{ id: string, timeZone: string, days: Array<Weekday>, from: string, to: string, includesReverts: boolean, reason: string, createdBy: string, open: boolean, opensAt: string | null, closesAt: string | null, services: Array<{ id: string, name: string }> | null }> };

export type WindowRowFragment = { id: string, timeZone: string, days: Array<Weekday>, from: string, to: string, includesReverts: boolean, reason: string, createdBy: string, open: boolean, opensAt: string | null, closesAt: string | null, services: Array<{ id: string, name: string }> | null };

export type ServiceNamesQueryVariables = Exact<{ [key: string]: never; }>;


export type ServiceNamesQuery = { services: { nodes: Array<{ id: string, name: string }> } };

export type CreateFreezeWindowMutationVariables = Exact<{
  input: CreateFreezeWindowInput;
}>;


export type CreateFreezeWindowMutation = { createFreezeWindow: { freezeWindow: { id: string, timeZone: string, days: Array<Weekday>, from: string, to: string, includesReverts: boolean, reason: string, createdBy: string, open: boolean, opensAt: string | null, closesAt: string | null, services: Array<{ id: string, name: string }> | null } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type RemoveFreezeWindowMutationVariables = Exact<{
  input: RemoveFreezeWindowInput;
}>;


export type RemoveFreezeWindowMutation = { removeFreezeWindow: { userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type HostsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  filter?: HostFilter | null | undefined;
}>;


export type HostsQuery = { labels: Array<{ key: string, value: string, hostCount: number }>, hosts: { nodes: Array<{ id: string, hostname: string, address: string, labels: Array<{ key: string, value: string }>, instances: { nodes: Array<{ id: string, revision: number, status: InstanceStatus, locked: boolean, maintenance: boolean, drainedSince: string | null, observedVersion: string | null, health: Health | null, healthAt: string | null, updatedAt: string, updatedBy: string, version: { id: string, name: string } | null, service: { id: string, name: string }, host: { id: string, hostname: string }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
              | { __typename: 'Hold', id: string }
              | { __typename: 'Release', id: string }
             }>, lastTarget: { id: string, exitStatus: number | null, failure: TargetFailure | null, message: string | null, finishedAt: string | null, release: { id: string } } | null }>, pageInfo: { hasNextPage: boolean } } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type HostQueryVariables = Exact<{
  hostname: string;
}>;


export type HostQuery = { host: { id: string, hostname: string, address: string, createdAt: string, labels: Array<{ key: string, value: string }>, instances: { nodes: Array<{ id: string, revision: number, status: InstanceStatus, locked: boolean, maintenance: boolean, drainedSince: string | null, observedVersion: string | null, health: Health | null, healthAt: string | null, updatedAt: string, updatedBy: string, version: { id: string, name: string } | null, service: { id: string, name: string }, host: { id: string, hostname: string }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
            | { __typename: 'Hold', id: string }
            | { __typename: 'Release', id: string }
           }>, lastTarget: { id: string, exitStatus: number | null, failure: TargetFailure | null, message: string | null, finishedAt: string | null, release: { id: string } } | null }> }, events: { nodes: Array<{ cursor: string, kind: InstanceEventKind, serviceName: string, previousStatus: InstanceStatus | null, status: InstanceStatus, causedBy: string, at: string, version: { id: string, name: string } | null, release: { id: string } | null, hold: { id: string, reason: string } | null }> } } | null, holds: { nodes: Array<{ id: string, reason: string, includesReverts: boolean, createdBy: string, createdAt: string, until: string | null, endedAt: string | null, endedBy: string | null, freezeWindow: { id: string } | null, service: { id: string, name: string } | null, host: { id: string, hostname: string } | null, instance: { id: string, host: { id: string, hostname: string }, service: { id: string, name: string } } | null }> } };

export type HoldHostsMutationVariables = Exact<{
  input: HoldHostsInput;
}>;


export type HoldHostsMutation = { holdHosts: { holds: Array<{ id: string, reason: string, includesReverts: boolean, createdBy: string, createdAt: string, until: string | null, endedAt: string | null, endedBy: string | null, freezeWindow: { id: string } | null, service: { id: string, name: string } | null, host: { id: string, hostname: string } | null, instance: { id: string, host: { id: string, hostname: string }, service: { id: string, name: string } } | null }>, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type HoldInstancesMutationVariables = Exact<{
  input: HoldInstancesInput;
}>;


export type HoldInstancesMutation = { holdInstances: { holds: Array<{ id: string, reason: string, includesReverts: boolean, createdBy: string, createdAt: string, until: string | null, endedAt: string | null, endedBy: string | null, freezeWindow: { id: string } | null, service: { id: string, name: string } | null, host: { id: string, hostname: string } | null, instance: { id: string, host: { id: string, hostname: string }, service: { id: string, name: string } } | null }>, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type ConfirmInstanceMutationVariables = Exact<{
  input: ConfirmInstanceInput;
}>;


export type ConfirmInstanceMutation = { confirmInstance: { instance: { id: string, revision: number, status: InstanceStatus, locked: boolean, maintenance: boolean, drainedSince: string | null, observedVersion: string | null, health: Health | null, healthAt: string | null, updatedAt: string, updatedBy: string, version: { id: string, name: string } | null, service: { id: string, name: string }, host: { id: string, hostname: string }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
          | { __typename: 'Hold', id: string }
          | { __typename: 'Release', id: string }
         }>, lastTarget: { id: string, exitStatus: number | null, failure: TargetFailure | null, message: string | null, finishedAt: string | null, release: { id: string } } | null } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type OverviewQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  filter?: ServiceFilter | null | undefined;
}>;


export type OverviewQuery = { services: { nodes: Array<{ id: string, name: string, freezes: Array<{ id: string, reason: string, createdBy: string, until: string | null }>, instanceCounts: Array<{ status: InstanceStatus, count: number, version: { id: string, name: string } | null }>, releases: { nodes: Array<{ id: string, revision: number, action: ReleaseAction, status: ReleaseStatus, reason: string, createdBy: string, createdAt: string, finishedAt: string | null, service: { id: string, name: string }, targetVersion: { id: string, name: string } | null, progress: { total: number, queued: number, running: number, succeeded: number, failed: number, canceled: number, unknown: number, skipped: number, unreachable: number, unhealthy: number } }> } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type LatestReleasesQueryVariables = Exact<{ [key: string]: never; }>;


export type LatestReleasesQuery = { releases: { nodes: Array<{ id: string, revision: number, action: ReleaseAction, status: ReleaseStatus, reason: string, createdBy: string, createdAt: string, finishedAt: string | null, service: { id: string, name: string }, targetVersion: { id: string, name: string } | null, progress: { total: number, queued: number, running: number, succeeded: number, failed: number, canceled: number, unknown: number, skipped: number, unreachable: number, unhealthy: number } }> } };

export type NeedsYouQueryVariables = Exact<{ [key: string]: never; }>;


export type NeedsYouQuery = { suspension: { reason: string, by: string, since: string } | null, paused: { totalCount: number, nodes: Array<{ deadlineAt: string, id: string, revision: number, action: ReleaseAction, status: ReleaseStatus, reason: string, createdBy: string, createdAt: string, finishedAt: string | null, pause: { reason: PauseReason, since: string, by: string, message: string } | null, service: { id: string, name: string }, targetVersion: { id: string, name: string } | null, progress: { total: number, queued: number, running: number, succeeded: number, failed: number, canceled: number, unknown: number, skipped: number, unreachable: number, unhealthy: number } }> }, unknown: { totalCount: number, nodes: Array<{ id: string, revision: number, status: InstanceStatus, locked: boolean, maintenance: boolean, drainedSince: string | null, observedVersion: string | null, health: Health | null, healthAt: string | null, updatedAt: string, updatedBy: string, version: { id: string, name: string } | null, service: { id: string, name: string }, host: { id: string, hostname: string }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
          | { __typename: 'Hold', id: string }
          | { __typename: 'Release', id: string }
         }>, lastTarget: { id: string, exitStatus: number | null, failure: TargetFailure | null, message: string | null, finishedAt: string | null, release: { id: string } } | null }> }, failed: { totalCount: number, nodes: Array<{ id: string, revision: number, status: InstanceStatus, locked: boolean, maintenance: boolean, drainedSince: string | null, observedVersion: string | null, health: Health | null, healthAt: string | null, updatedAt: string, updatedBy: string, version: { id: string, name: string } | null, service: { id: string, name: string }, host: { id: string, hostname: string }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
          | { __typename: 'Hold', id: string }
          | { __typename: 'Release', id: string }
         }>, lastTarget: { id: string, exitStatus: number | null, failure: TargetFailure | null, message: string | null, finishedAt: string | null, release: { id: string } } | null }> }, drained: { totalCount: number, nodes: Array<{ id: string, revision: number, status: InstanceStatus, locked: boolean, maintenance: boolean, drainedSince: string | null, observedVersion: string | null, health: Health | null, healthAt: string | null, updatedAt: string, updatedBy: string, version: { id: string, name: string } | null, service: { id: string, name: string }, host: { id: string, hostname: string }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
          | { __typename: 'Hold', id: string }
          | { __typename: 'Release', id: string }
         }>, lastTarget: { id: string, exitStatus: number | null, failure: TargetFailure | null, message: string | null, finishedAt: string | null, release: { id: string } } | null }> }, drifted: { totalCount: number, nodes: Array<{ id: string, revision: number, status: InstanceStatus, locked: boolean, maintenance: boolean, drainedSince: string | null, observedVersion: string | null, health: Health | null, healthAt: string | null, updatedAt: string, updatedBy: string, version: { id: string, name: string } | null, service: { id: string, name: string }, host: { id: string, hostname: string }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
          | { __typename: 'Hold', id: string }
          | { __typename: 'Release', id: string }
         }>, lastTarget: { id: string, exitStatus: number | null, failure: TargetFailure | null, message: string | null, finishedAt: string | null, release: { id: string } } | null }> } };

export type AttentionFragment = { totalCount: number, nodes: Array<{ id: string, revision: number, status: InstanceStatus, locked: boolean, maintenance: boolean, drainedSince: string | null, observedVersion: string | null, health: Health | null, healthAt: string | null, updatedAt: string, updatedBy: string, version: { id: string, name: string } | null, service: { id: string, name: string }, host: { id: string, hostname: string }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
        | { __typename: 'Hold', id: string }
        | { __typename: 'Release', id: string }
       }>, lastTarget: { id: string, exitStatus: number | null, failure: TargetFailure | null, message: string | null, finishedAt: string | null, release: { id: string } } | null }> };

export type InstanceRowFragment = { id: string, revision: number, status: InstanceStatus, locked: boolean, maintenance: boolean, drainedSince: string | null, observedVersion: string | null, health: Health | null, healthAt: string | null, updatedAt: string, updatedBy: string, version: { id: string, name: string } | null, service: { id: string, name: string }, host: { id: string, hostname: string }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
      | { __typename: 'Hold', id: string }
      | { __typename: 'Release', id: string }
     }>, lastTarget: { id: string, exitStatus: number | null, failure: TargetFailure | null, message: string | null, finishedAt: string | null, release: { id: string } } | null };

export type LockRowFragment = { reason: string, by: string, since: string, until: string | null, holder:
    | { __typename: 'Hold', id: string }
    | { __typename: 'Release', id: string }
   };

export type ReleaseRowFragment = { id: string, revision: number, action: ReleaseAction, status: ReleaseStatus, reason: string, createdBy: string, createdAt: string, finishedAt: string | null, service: { id: string, name: string }, targetVersion: { id: string, name: string } | null, progress: { total: number, queued: number, running: number, succeeded: number, failed: number, canceled: number, unknown: number, skipped: number, unreachable: number, unhealthy: number } };

export type PageFragment = { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null };

export type ReleaseQueryVariables = Exact<{
  id: string | number;
  first: number;
}>;


export type ReleaseQuery = { release: { origin: ReleaseOrigin, startedAt: string | null, deadlineAt: string, cancelRequestedAt: string | null, cancelReason: string | null, undoMessage: string | null, stoppedAt: string | null, id: string, revision: number, action: ReleaseAction, status: ReleaseStatus, reason: string, createdBy: string, createdAt: string, finishedAt: string | null, targets: { nodes: Array<{ id: string, status: ReleaseTargetStatus, wave: number, attempt: number, failure: TargetFailure | null, message: string | null, exitStatus: number | null, startedAt: string | null, finishedAt: string | null, fromVersion: { id: string, name: string } | null, toVersion: { id: string, name: string } | null, host: { id: string, hostname: string, labels: Array<{ key: string, value: string }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } }, pause: { reason: PauseReason, since: string, by: string, message: string } | null, waves: Array<{ number: number, size: number, soakSeconds: number, pauseAfter: boolean, status: WaveStatus, soakUntil: string | null, label: { key: string, value: string } | null, progress: { total: number, queued: number, running: number, succeeded: number, failed: number, canceled: number, unknown: number, skipped: number, unreachable: number, unhealthy: number } }>, undoWaitsFor: Array<{ id: string, host: { id: string, hostname: string } }>, parent: { id: string } | null, followUps: { nodes: Array<{ id: string, origin: ReleaseOrigin }> }, rollout: { maxParallel: number, maxFailures: number, onFailure: OnFailure, withdrawOnUndo: boolean, maxPerLabel: { key: string, count: number } | null }, service: { id: string, name: string }, targetVersion: { id: string, name: string } | null, progress: { total: number, queued: number, running: number, succeeded: number, failed: number, canceled: number, unknown: number, skipped: number, unreachable: number, unhealthy: number } } | null };

export type ReleaseTargetsQueryVariables = Exact<{
  id: string | number;
  first: number;
  after?: string | null | undefined;
}>;


export type ReleaseTargetsQuery = { release: { id: string, revision: number, targets: { nodes: Array<{ id: string, status: ReleaseTargetStatus, wave: number, attempt: number, failure: TargetFailure | null, message: string | null, exitStatus: number | null, startedAt: string | null, finishedAt: string | null, fromVersion: { id: string, name: string } | null, toVersion: { id: string, name: string } | null, host: { id: string, hostname: string, labels: Array<{ key: string, value: string }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null };

export type ReleaseHeadAgainQueryVariables = Exact<{
  id: string | number;
}>;


export type ReleaseHeadAgainQuery = { release: { origin: ReleaseOrigin, startedAt: string | null, deadlineAt: string, cancelRequestedAt: string | null, cancelReason: string | null, undoMessage: string | null, stoppedAt: string | null, id: string, revision: number, action: ReleaseAction, status: ReleaseStatus, reason: string, createdBy: string, createdAt: string, finishedAt: string | null, pause: { reason: PauseReason, since: string, by: string, message: string } | null, waves: Array<{ number: number, size: number, soakSeconds: number, pauseAfter: boolean, status: WaveStatus, soakUntil: string | null, label: { key: string, value: string } | null, progress: { total: number, queued: number, running: number, succeeded: number, failed: number, canceled: number, unknown: number, skipped: number, unreachable: number, unhealthy: number } }>, undoWaitsFor: Array<{ id: string, host: { id: string, hostname: string } }>, parent: { id: string } | null, followUps: { nodes: Array<{ id: string, origin: ReleaseOrigin }> }, rollout: { maxParallel: number, maxFailures: number, onFailure: OnFailure, withdrawOnUndo: boolean, maxPerLabel: { key: string, count: number } | null }, service: { id: string, name: string }, targetVersion: { id: string, name: string } | null, progress: { total: number, queued: number, running: number, succeeded: number, failed: number, canceled: number, unknown: number, skipped: number, unreachable: number, unhealthy: number } } | null };

export type ReleaseSkippedQueryVariables = Exact<{
  id: string | number;
}>;


export type ReleaseSkippedQuery = { release: { id: string, skipped: { totalCount: number, nodes: Array<{ reason: SkipReason, instance: { id: string, host: { id: string, hostname: string }, version: { id: string, name: string } | null }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
            | { __typename: 'Hold', id: string }
            | { __typename: 'Release', id: string }
           }> }> } } | null };

export type TargetDetailQueryVariables = Exact<{
  id: string | number;
}>;


export type TargetDetailQuery = { node:
    | { id: string, status: ReleaseTargetStatus, wave: number, attempt: number, failure: TargetFailure | null, message: string | null, exitStatus: number | null, startedAt: string | null, finishedAt: string | null, instance: { id: string, status: InstanceStatus, version: { id: string, name: string } | null, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
            | { __typename: 'Hold', id: string }
            | { __typename: 'Release', id: string }
           }> }, steps: Array<{ name: StepName, status: StepStatus, startedAt: string | null, finishedAt: string | null, message: string | null }>, log: { nodes: Array<{ cursor: string, stream: LogStream, text: string }> }, fromVersion: { id: string, name: string } | null, toVersion: { id: string, name: string } | null, host: { id: string, hostname: string, labels: Array<{ key: string, value: string }> } }
    | Record<PropertyKey, never>
   | null };

export type ReleaseOutputQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}>;


export type ReleaseOutputQuery = { release: { id: string, log: { nodes: Array<{ cursor: string, targetId: string, hostname: string, attempt: number, stream: LogStream, text: string, at: string }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } } | null };

export type TargetOutputQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}>;


export type TargetOutputQuery = { node:
    | { id: string, log: { nodes: Array<{ cursor: string, targetId: string, hostname: string, attempt: number, stream: LogStream, text: string, at: string }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } }
    | Record<PropertyKey, never>
   | null };

export type OutputFollowsSubscriptionVariables = Exact<{
  release: string | number;
  target?: string | number | null | undefined;
  after?: string | null | undefined;
}>;


export type OutputFollowsSubscription = { releaseLog: { cursor: string, targetId: string, hostname: string, attempt: number, stream: LogStream, text: string, at: string } };

export type CancelReleaseMutationVariables = Exact<{
  input: CancelReleaseInput;
}>;


export type CancelReleaseMutation = { cancelRelease: { release: { id: string, status: ReleaseStatus } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type LinesFragment = { nodes: Array<{ cursor: string, targetId: string, hostname: string, attempt: number, stream: LogStream, text: string, at: string }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } };

export type LineFragment = { cursor: string, targetId: string, hostname: string, attempt: number, stream: LogStream, text: string, at: string };

export type ReleaseHeadFragment = { origin: ReleaseOrigin, startedAt: string | null, deadlineAt: string, cancelRequestedAt: string | null, cancelReason: string | null, undoMessage: string | null, stoppedAt: string | null, id: string, revision: number, action: ReleaseAction, status: ReleaseStatus, reason: string, createdBy: string, createdAt: string, finishedAt: string | null, pause: { reason: PauseReason, since: string, by: string, message: string } | null, waves: Array<{ number: number, size: number, soakSeconds: number, pauseAfter: boolean, status: WaveStatus, soakUntil: string | null, label: { key: string, value: string } | null, progress: { total: number, queued: number, running: number, succeeded: number, failed: number, canceled: number, unknown: number, skipped: number, unreachable: number, unhealthy: number } }>, undoWaitsFor: Array<{ id: string, host: { id: string, hostname: string } }>, parent: { id: string } | null, followUps: { nodes: Array<{ id: string, origin: ReleaseOrigin }> }, rollout: { maxParallel: number, maxFailures: number, onFailure: OnFailure, withdrawOnUndo: boolean, maxPerLabel: { key: string, count: number } | null }, service: { id: string, name: string }, targetVersion: { id: string, name: string } | null, progress: { total: number, queued: number, running: number, succeeded: number, failed: number, canceled: number, unknown: number, skipped: number, unreachable: number, unhealthy: number } };

export type PauseNowFragment = { reason: PauseReason, since: string, by: string, message: string };

export type WaveRowFragment = { number: number, size: number, soakSeconds: number, pauseAfter: boolean, status: WaveStatus, soakUntil: string | null, label: { key: string, value: string } | null, progress: { total: number, queued: number, running: number, succeeded: number, failed: number, canceled: number, unknown: number, skipped: number, unreachable: number, unhealthy: number } };

export type WaitingQueryVariables = Exact<{
  id: string | number;
}>;


export type WaitingQuery = { release: { id: string, targets: { nodes: Array<{ id: string, host: { id: string, hostname: string }, waitsFor: Array<{ kind: WaitKind, message: string, until: string | null, releases: Array<{ id: string }> }> }> } } | null };

export type TargetWaitsQueryVariables = Exact<{
  id: string | number;
}>;


export type TargetWaitsQuery = { node:
    | { id: string, waitsFor: Array<{ kind: WaitKind, message: string, until: string | null, releases: Array<{ id: string }> }> }
    | Record<PropertyKey, never>
   | null };

export type WaitRowFragment = { kind: WaitKind, message: string, until: string | null, releases: Array<{ id: string }> };

export type PauseReleaseMutationVariables = Exact<{
  input: PauseReleaseInput;
}>;


export type PauseReleaseMutation = { pauseRelease: { release: { id: string, status: ReleaseStatus } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type ResumeReleaseMutationVariables = Exact<{
  input: ResumeReleaseInput;
}>;


export type ResumeReleaseMutation = { resumeRelease: { release: { id: string, status: ReleaseStatus } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type UndoMutationVariables = Exact<{
  input: UndoReleaseInput;
}>;


export type UndoMutation = { result: { acceptedCount: number, skippedCount: number, release: { id: string } | null, skipped: Array<{ reason: SkipReason, instance: { id: string, host: { id: string, hostname: string }, version: { id: string, name: string } | null }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
          | { __typename: 'Hold', id: string }
          | { __typename: 'Release', id: string }
         }> }>, skippedCounts: Array<{ reason: SkipReason, count: number }>, plan: { worstCaseFailures: number, rollout: { maxParallel: number, maxFailures: number, onFailure: OnFailure, withdrawOnUndo: boolean, maxPerLabel: { key: string, count: number } | null }, waves: Array<{ number: number, size: number, soakSeconds: number, pauseAfter: boolean, label: { key: string, value: string } | null }>, warnings: Array<{ code: PlanWarningCode, message: string, counts: Array<{ count: number, version: { id: string, name: string } | null }> }> } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type RetryMutationVariables = Exact<{
  input: RetryReleaseInput;
}>;


export type RetryMutation = { result: { acceptedCount: number, skippedCount: number, release: { id: string } | null, skipped: Array<{ reason: SkipReason, instance: { id: string, host: { id: string, hostname: string }, version: { id: string, name: string } | null }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
          | { __typename: 'Hold', id: string }
          | { __typename: 'Release', id: string }
         }> }>, skippedCounts: Array<{ reason: SkipReason, count: number }>, plan: { worstCaseFailures: number, rollout: { maxParallel: number, maxFailures: number, onFailure: OnFailure, withdrawOnUndo: boolean, maxPerLabel: { key: string, count: number } | null }, waves: Array<{ number: number, size: number, soakSeconds: number, pauseAfter: boolean, label: { key: string, value: string } | null }>, warnings: Array<{ code: PlanWarningCode, message: string, counts: Array<{ count: number, version: { id: string, name: string } | null }> }> } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type ServiceQueryVariables = Exact<{
  name: string;
  filter?: InstanceFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}>;


export type ServiceQuery = { service: { id: string, name: string, description: string, language: string, executor: string, budget: { maxUnavailable: number | null, spent: number, maxPerLabel: { key: string, count: number } | null, by: Array<{ id: string, status: InstanceStatus, host: { id: string, hostname: string } }> } | null, rolloutDefaults: { onFailure: OnFailure | null, withdrawOnUndo: boolean | null, deadlineSeconds: number | null, maxParallel: { count: number | null, percent: number | null } | null, maxFailures: { count: number | null, percent: number | null } | null, maxUnreachable: { count: number | null, percent: number | null } | null, maxPerLabel: { key: string, count: number } | null, waves: Array<{ soakSeconds: number, pauseAfter: boolean, upTo: { count: number | null, percent: number | null }, maxFailures: { count: number | null, percent: number | null } | null }> | null } | null, freezes: Array<{ id: string, reason: string, includesReverts: boolean, createdBy: string, createdAt: string, until: string | null, endedAt: string | null, endedBy: string | null, freezeWindow: { id: string } | null, service: { id: string, name: string } | null, host: { id: string, hostname: string } | null, instance: { id: string, host: { id: string, hostname: string }, service: { id: string, name: string } } | null }>, instanceCounts: Array<{ status: InstanceStatus, count: number, version: { id: string, name: string } | null }>, versions: { nodes: Array<{ id: string, name: string, description: string, ref: string, buildStatus: BuildStatus, buildMessage: string | null, createdAt: string, createdBy: string, builtAt: string | null, withdrawal: { reason: string, by: string, at: string } | null }> }, instances: { totalCount: number, nodes: Array<{ id: string, revision: number, status: InstanceStatus, locked: boolean, maintenance: boolean, drainedSince: string | null, observedVersion: string | null, health: Health | null, healthAt: string | null, updatedAt: string, updatedBy: string, version: { id: string, name: string } | null, service: { id: string, name: string }, host: { id: string, hostname: string }, locks: Array<{ reason: string, by: string, since: string, until: string | null, holder:
            | { __typename: 'Hold', id: string }
            | { __typename: 'Release', id: string }
           }>, lastTarget: { id: string, exitStatus: number | null, failure: TargetFailure | null, message: string | null, finishedAt: string | null, release: { id: string } } | null }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } }, releases: { nodes: Array<{ id: string, revision: number, action: ReleaseAction, status: ReleaseStatus, reason: string, createdBy: string, createdAt: string, finishedAt: string | null, service: { id: string, name: string }, targetVersion: { id: string, name: string } | null, progress: { total: number, queued: number, running: number, succeeded: number, failed: number, canceled: number, unknown: number, skipped: number, unreachable: number, unhealthy: number } }> } } | null };

export type VersionRowFragment = { id: string, name: string, description: string, ref: string, buildStatus: BuildStatus, buildMessage: string | null, createdAt: string, createdBy: string, builtAt: string | null, withdrawal: { reason: string, by: string, at: string } | null };

export type HoldRowFragment = { id: string, reason: string, includesReverts: boolean, createdBy: string, createdAt: string, until: string | null, endedAt: string | null, endedBy: string | null, freezeWindow: { id: string } | null, service: { id: string, name: string } | null, host: { id: string, hostname: string } | null, instance: { id: string, host: { id: string, hostname: string }, service: { id: string, name: string } } | null };

export type FreezeServiceMutationVariables = Exact<{
  input: FreezeServiceInput;
}>;


export type FreezeServiceMutation = { freezeService: { service: { id: string, freezes: Array<{ id: string, reason: string, includesReverts: boolean, createdBy: string, createdAt: string, until: string | null, endedAt: string | null, endedBy: string | null, freezeWindow: { id: string } | null, service: { id: string, name: string } | null, host: { id: string, hostname: string } | null, instance: { id: string, host: { id: string, hostname: string }, service: { id: string, name: string } } | null }> } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type UnfreezeServiceMutationVariables = Exact<{
  input: UnfreezeServiceInput;
}>;


export type UnfreezeServiceMutation = { unfreezeService: { service: { id: string, freezes: Array<{ id: string, reason: string, includesReverts: boolean, createdBy: string, createdAt: string, until: string | null, endedAt: string | null, endedBy: string | null, freezeWindow: { id: string } | null, service: { id: string, name: string } | null, host: { id: string, hostname: string } | null, instance: { id: string, host: { id: string, hostname: string }, service: { id: string, name: string } } | null }> } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type ProblemFragment = { code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> };

export type SystemQueryVariables = Exact<{ [key: string]: never; }>;


export type SystemQuery = { suspension: { reason: string, by: string, since: string } | null, executors: Array<{ name: string, kind: string }> };

export type ServerStateQueryVariables = Exact<{ [key: string]: never; }>;


export type ServerStateQuery = { server: { version: string, database: string, workers: Array<{ name: string, executors: Array<string>, maxTargets: number, startedAt: string, lastBeat: string, running: number }> } | null };

export type SuspendFleetMutationVariables = Exact<{
  input: SuspendFleetInput;
}>;


export type SuspendFleetMutation = { suspendFleet: { suspension: { reason: string, by: string, since: string } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export type ResumeFleetMutationVariables = Exact<{ [key: string]: never; }>;


export type ResumeFleetMutation = { resumeFleet: { userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, relatedIds: Array<string> }> } | null };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const TargetFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment Target on ReleaseTarget {
  id
  status
  wave
  attempt
  failure
  message
  exitStatus
  startedAt
  finishedAt
  fromVersion {
    id
    name
  }
  toVersion {
    id
    name
  }
  host {
    id
    hostname
    labels {
      key
      value
    }
  }
}
    `, {"fragmentName":"Target"}) as unknown as TypedDocumentString<TargetFragment, unknown>;
export const MovedFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment Moved on Instance {
  id
  version {
    id
    name
  }
}
    `, {"fragmentName":"Moved"}) as unknown as TypedDocumentString<MovedFragment, unknown>;
export const LockRowFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}
    `, {"fragmentName":"LockRow"}) as unknown as TypedDocumentString<LockRowFragment, unknown>;
export const SkippedFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment Skipped on SkippedInstance {
  reason
  instance {
    id
    host {
      id
      hostname
    }
    version {
      id
      name
    }
  }
  locks {
    ...LockRow
  }
}
    fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}`, {"fragmentName":"Skipped"}) as unknown as TypedDocumentString<SkippedFragment, unknown>;
export const RolloutFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment Rollout on Rollout {
  maxParallel
  maxFailures
  maxPerLabel {
    key
    count
  }
  onFailure
  withdrawOnUndo
}
    `, {"fragmentName":"Rollout"}) as unknown as TypedDocumentString<RolloutFragment, unknown>;
export const PlanShownFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment PlanShown on Plan {
  rollout {
    ...Rollout
  }
  waves {
    number
    size
    soakSeconds
    pauseAfter
    label {
      key
      value
    }
  }
  worstCaseFailures
  warnings {
    code
    message
    counts {
      count
      version {
        id
        name
      }
    }
  }
}
    fragment Rollout on Rollout {
  maxParallel
  maxFailures
  maxPerLabel {
    key
    count
  }
  onFailure
  withdrawOnUndo
}`, {"fragmentName":"PlanShown"}) as unknown as TypedDocumentString<PlanShownFragment, unknown>;
export const WrittenFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment Written on Amount {
  count
  percent
}
    `, {"fragmentName":"Written"}) as unknown as TypedDocumentString<WrittenFragment, unknown>;
export const DefaultsFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment Defaults on RolloutDefaults {
  maxParallel {
    ...Written
  }
  maxFailures {
    ...Written
  }
  maxUnreachable {
    ...Written
  }
  maxPerLabel {
    key
    count
  }
  onFailure
  withdrawOnUndo
  deadlineSeconds
  waves {
    upTo {
      ...Written
    }
    maxFailures {
      ...Written
    }
    soakSeconds
    pauseAfter
  }
}
    fragment Written on Amount {
  count
  percent
}`, {"fragmentName":"Defaults"}) as unknown as TypedDocumentString<DefaultsFragment, unknown>;
export const WindowRowFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment WindowRow on FreezeWindow {
  id
  services {
    id
    name
  }
  timeZone
  days
  from
  to
  includesReverts
  reason
  createdBy
  open
  opensAt
  closesAt
}
    `, {"fragmentName":"WindowRow"}) as unknown as TypedDocumentString<WindowRowFragment, unknown>;
export const InstanceRowFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment InstanceRow on Instance {
  id
  revision
  status
  locked
  maintenance
  drainedSince
  observedVersion
  health
  healthAt
  updatedAt
  updatedBy
  version {
    id
    name
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  locks {
    ...LockRow
  }
  lastTarget {
    id
    exitStatus
    failure
    message
    finishedAt
    release {
      id
    }
  }
}
    fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}`, {"fragmentName":"InstanceRow"}) as unknown as TypedDocumentString<InstanceRowFragment, unknown>;
export const AttentionFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment Attention on InstanceConnection {
  totalCount
  nodes {
    ...InstanceRow
  }
}
    fragment InstanceRow on Instance {
  id
  revision
  status
  locked
  maintenance
  drainedSince
  observedVersion
  health
  healthAt
  updatedAt
  updatedBy
  version {
    id
    name
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  locks {
    ...LockRow
  }
  lastTarget {
    id
    exitStatus
    failure
    message
    finishedAt
    release {
      id
    }
  }
}
fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}`, {"fragmentName":"Attention"}) as unknown as TypedDocumentString<AttentionFragment, unknown>;
export const PageFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment Page on PageInfo {
  hasNextPage
  hasPreviousPage
  startCursor
  endCursor
}
    `, {"fragmentName":"Page"}) as unknown as TypedDocumentString<PageFragment, unknown>;
export const LineFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment Line on LogLine {
  cursor
  targetId
  hostname
  attempt
  stream
  text
  at
}
    `, {"fragmentName":"Line"}) as unknown as TypedDocumentString<LineFragment, unknown>;
export const LinesFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment Lines on LogLineConnection {
  nodes {
    ...Line
  }
  pageInfo {
    hasNextPage
    hasPreviousPage
    startCursor
    endCursor
  }
}
    fragment Line on LogLine {
  cursor
  targetId
  hostname
  attempt
  stream
  text
  at
}`, {"fragmentName":"Lines"}) as unknown as TypedDocumentString<LinesFragment, unknown>;
export const ProgressFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment Progress on ReleaseProgress {
  total
  queued
  running
  succeeded
  failed
  canceled
  unknown
  skipped
  unreachable
  unhealthy
}
    `, {"fragmentName":"Progress"}) as unknown as TypedDocumentString<ProgressFragment, unknown>;
export const ReleaseRowFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment ReleaseRow on Release {
  id
  revision
  action
  status
  reason
  createdBy
  createdAt
  finishedAt
  service {
    id
    name
  }
  targetVersion {
    id
    name
  }
  progress {
    ...Progress
  }
}
    fragment Progress on ReleaseProgress {
  total
  queued
  running
  succeeded
  failed
  canceled
  unknown
  skipped
  unreachable
  unhealthy
}`, {"fragmentName":"ReleaseRow"}) as unknown as TypedDocumentString<ReleaseRowFragment, unknown>;
export const PauseNowFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment PauseNow on Pause {
  reason
  since
  by
  message
}
    `, {"fragmentName":"PauseNow"}) as unknown as TypedDocumentString<PauseNowFragment, unknown>;
export const WaveRowFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment WaveRow on ReleaseWave {
  number
  size
  soakSeconds
  pauseAfter
  label {
    key
    value
  }
  status
  soakUntil
  progress {
    ...Progress
  }
}
    fragment Progress on ReleaseProgress {
  total
  queued
  running
  succeeded
  failed
  canceled
  unknown
  skipped
  unreachable
  unhealthy
}`, {"fragmentName":"WaveRow"}) as unknown as TypedDocumentString<WaveRowFragment, unknown>;
export const ReleaseHeadFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment ReleaseHead on Release {
  ...ReleaseRow
  origin
  startedAt
  deadlineAt
  pause {
    ...PauseNow
  }
  waves {
    ...WaveRow
  }
  undoWaitsFor {
    id
    host {
      id
      hostname
    }
  }
  cancelRequestedAt
  cancelReason
  undoMessage
  stoppedAt
  parent {
    id
  }
  followUps(first: 5) {
    nodes {
      id
      origin
    }
  }
  rollout {
    ...Rollout
  }
}
    fragment Progress on ReleaseProgress {
  total
  queued
  running
  succeeded
  failed
  canceled
  unknown
  skipped
  unreachable
  unhealthy
}
fragment Rollout on Rollout {
  maxParallel
  maxFailures
  maxPerLabel {
    key
    count
  }
  onFailure
  withdrawOnUndo
}
fragment ReleaseRow on Release {
  id
  revision
  action
  status
  reason
  createdBy
  createdAt
  finishedAt
  service {
    id
    name
  }
  targetVersion {
    id
    name
  }
  progress {
    ...Progress
  }
}
fragment PauseNow on Pause {
  reason
  since
  by
  message
}
fragment WaveRow on ReleaseWave {
  number
  size
  soakSeconds
  pauseAfter
  label {
    key
    value
  }
  status
  soakUntil
  progress {
    ...Progress
  }
}`, {"fragmentName":"ReleaseHead"}) as unknown as TypedDocumentString<ReleaseHeadFragment, unknown>;
export const WaitRowFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment WaitRow on Wait {
  kind
  message
  until
  releases {
    id
  }
}
    `, {"fragmentName":"WaitRow"}) as unknown as TypedDocumentString<WaitRowFragment, unknown>;
export const VersionRowFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment VersionRow on Version {
  id
  name
  description
  ref
  buildStatus
  buildMessage
  createdAt
  createdBy
  builtAt
  withdrawal {
    reason
    by
    at
  }
}
    `, {"fragmentName":"VersionRow"}) as unknown as TypedDocumentString<VersionRowFragment, unknown>;
export const HoldRowFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment HoldRow on Hold {
  id
  reason
  includesReverts
  createdBy
  createdAt
  until
  endedAt
  endedBy
  freezeWindow {
    id
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  instance {
    id
    host {
      id
      hostname
    }
    service {
      id
      name
    }
  }
}
    `, {"fragmentName":"HoldRow"}) as unknown as TypedDocumentString<HoldRowFragment, unknown>;
export const ProblemFragmentDoc = /* @__PURE__ */ new TypedDocumentString(`
    fragment Problem on UserError {
  code
  field
  message
  relatedIds
}
    `, {"fragmentName":"Problem"}) as unknown as TypedDocumentString<ProblemFragment, unknown>;
export const SessionDocument = /* @__PURE__ */ new TypedDocumentString(`
    query Session {
  eventCursor
  viewer {
    name
    role
    permissions
  }
}
    `) as unknown as TypedDocumentString<SessionQuery, SessionQueryVariables>;
export const InstancesChangedDocument = /* @__PURE__ */ new TypedDocumentString(`
    subscription InstancesChanged($after: String) {
  instanceStatusChanged(after: $after) {
    cursor
    kind
    instanceId
    serviceId
    serviceName
    hostname
    status
    causedBy
    at
  }
}
    `) as unknown as TypedDocumentString<InstancesChangedSubscription, InstancesChangedSubscriptionVariables>;
export const ReleasesChangedDocument = /* @__PURE__ */ new TypedDocumentString(`
    subscription ReleasesChanged($after: String) {
  releaseStatusChanged(after: $after) {
    cursor
    kind
    releaseId
    revision
    serviceId
    serviceName
    status
    progress {
      ...Progress
    }
    causedBy
    at
    target {
      ...Target
    }
  }
}
    fragment Progress on ReleaseProgress {
  total
  queued
  running
  succeeded
  failed
  canceled
  unknown
  skipped
  unreachable
  unhealthy
}
fragment Target on ReleaseTarget {
  id
  status
  wave
  attempt
  failure
  message
  exitStatus
  startedAt
  finishedAt
  fromVersion {
    id
    name
  }
  toVersion {
    id
    name
  }
  host {
    id
    hostname
    labels {
      key
      value
    }
  }
}`) as unknown as TypedDocumentString<ReleasesChangedSubscription, ReleasesChangedSubscriptionVariables>;
export const ServicesChangedDocument = /* @__PURE__ */ new TypedDocumentString(`
    subscription ServicesChanged($after: String) {
  serviceChanged(after: $after) {
    cursor
    kind
    serviceId
    causedBy
    at
    service {
      id
      name
    }
  }
}
    `) as unknown as TypedDocumentString<ServicesChangedSubscription, ServicesChangedSubscriptionVariables>;
export const FleetChangedDocument = /* @__PURE__ */ new TypedDocumentString(`
    subscription FleetChanged($after: String) {
  fleetChanged(after: $after) {
    cursor
    kind
    causedBy
    at
  }
}
    `) as unknown as TypedDocumentString<FleetChangedSubscription, FleetChangedSubscriptionVariables>;
export const ChoicesDocument = /* @__PURE__ */ new TypedDocumentString(`
    query Choices($service: String!, $first: Int, $after: String, $filter: InstanceFilter, $installing: Boolean!, $hosts: HostFilter) {
  labels(first: 200) {
    key
    value
    hostCount
  }
  service(name: $service) {
    id
    name
    executor
    freezes {
      ...HoldRow
    }
    rolloutDefaults {
      ...Defaults
    }
    instanceCounts {
      status
      count
      version {
        id
        name
      }
    }
    versions(first: 200, orderBy: {field: PRECEDENCE, direction: DESC}) {
      nodes {
        ...VersionRow
      }
    }
    instances(first: $first, after: $after, filter: $filter) @skip(if: $installing) {
      nodes {
        ...InstanceRow
      }
      totalCount
      pageInfo {
        ...Page
      }
    }
    availableHosts(first: $first, after: $after, filter: $hosts) @include(if: $installing) {
      nodes {
        id
        hostname
      }
      totalCount
      pageInfo {
        ...Page
      }
    }
  }
}
    fragment Defaults on RolloutDefaults {
  maxParallel {
    ...Written
  }
  maxFailures {
    ...Written
  }
  maxUnreachable {
    ...Written
  }
  maxPerLabel {
    key
    count
  }
  onFailure
  withdrawOnUndo
  deadlineSeconds
  waves {
    upTo {
      ...Written
    }
    maxFailures {
      ...Written
    }
    soakSeconds
    pauseAfter
  }
}
fragment Written on Amount {
  count
  percent
}
fragment InstanceRow on Instance {
  id
  revision
  status
  locked
  maintenance
  drainedSince
  observedVersion
  health
  healthAt
  updatedAt
  updatedBy
  version {
    id
    name
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  locks {
    ...LockRow
  }
  lastTarget {
    id
    exitStatus
    failure
    message
    finishedAt
    release {
      id
    }
  }
}
fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}
fragment Page on PageInfo {
  hasNextPage
  hasPreviousPage
  startCursor
  endCursor
}
fragment VersionRow on Version {
  id
  name
  description
  ref
  buildStatus
  buildMessage
  createdAt
  createdBy
  builtAt
  withdrawal {
    reason
    by
    at
  }
}
fragment HoldRow on Hold {
  id
  reason
  includesReverts
  createdBy
  createdAt
  until
  endedAt
  endedBy
  freezeWindow {
    id
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  instance {
    id
    host {
      id
      hostname
    }
    service {
      id
      name
    }
  }
}`) as unknown as TypedDocumentString<ChoicesQuery, ChoicesQueryVariables>;
export const EnabledDocument = /* @__PURE__ */ new TypedDocumentString(`
    query Enabled($service: String!, $action: VersionAction!, $from: ID!) {
  service(name: $service) {
    id
    versions(first: 200, orderBy: {field: PRECEDENCE, direction: DESC}) {
      nodes {
        id
        enabled(action: $action, currentVersion: $from)
      }
    }
  }
}
    `) as unknown as TypedDocumentString<EnabledQuery, EnabledQueryVariables>;
export const UpgradeDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation Upgrade($input: UpgradeInstancesInput!) {
  result: upgradeInstances(input: $input) {
    release {
      id
    }
    accepted(first: 200) {
      ...Moved
    }
    acceptedCount
    skipped(first: 100) {
      ...Skipped
    }
    skippedCount
    skippedCounts {
      reason
      count
    }
    plan {
      ...PlanShown
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment Moved on Instance {
  id
  version {
    id
    name
  }
}
fragment Skipped on SkippedInstance {
  reason
  instance {
    id
    host {
      id
      hostname
    }
    version {
      id
      name
    }
  }
  locks {
    ...LockRow
  }
}
fragment PlanShown on Plan {
  rollout {
    ...Rollout
  }
  waves {
    number
    size
    soakSeconds
    pauseAfter
    label {
      key
      value
    }
  }
  worstCaseFailures
  warnings {
    code
    message
    counts {
      count
      version {
        id
        name
      }
    }
  }
}
fragment Rollout on Rollout {
  maxParallel
  maxFailures
  maxPerLabel {
    key
    count
  }
  onFailure
  withdrawOnUndo
}
fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}
fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<UpgradeMutation, UpgradeMutationVariables>;
export const RevertDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation Revert($input: RevertInstancesInput!) {
  result: revertInstances(input: $input) {
    release {
      id
    }
    accepted(first: 200) {
      ...Moved
    }
    acceptedCount
    skipped(first: 100) {
      ...Skipped
    }
    skippedCount
    skippedCounts {
      reason
      count
    }
    plan {
      ...PlanShown
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment Moved on Instance {
  id
  version {
    id
    name
  }
}
fragment Skipped on SkippedInstance {
  reason
  instance {
    id
    host {
      id
      hostname
    }
    version {
      id
      name
    }
  }
  locks {
    ...LockRow
  }
}
fragment PlanShown on Plan {
  rollout {
    ...Rollout
  }
  waves {
    number
    size
    soakSeconds
    pauseAfter
    label {
      key
      value
    }
  }
  worstCaseFailures
  warnings {
    code
    message
    counts {
      count
      version {
        id
        name
      }
    }
  }
}
fragment Rollout on Rollout {
  maxParallel
  maxFailures
  maxPerLabel {
    key
    count
  }
  onFailure
  withdrawOnUndo
}
fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}
fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<RevertMutation, RevertMutationVariables>;
export const UninstallDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation Uninstall($input: UninstallInstancesInput!) {
  result: uninstallInstances(input: $input) {
    release {
      id
    }
    accepted(first: 200) {
      ...Moved
    }
    acceptedCount
    skipped(first: 100) {
      ...Skipped
    }
    skippedCount
    skippedCounts {
      reason
      count
    }
    plan {
      ...PlanShown
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment Moved on Instance {
  id
  version {
    id
    name
  }
}
fragment Skipped on SkippedInstance {
  reason
  instance {
    id
    host {
      id
      hostname
    }
    version {
      id
      name
    }
  }
  locks {
    ...LockRow
  }
}
fragment PlanShown on Plan {
  rollout {
    ...Rollout
  }
  waves {
    number
    size
    soakSeconds
    pauseAfter
    label {
      key
      value
    }
  }
  worstCaseFailures
  warnings {
    code
    message
    counts {
      count
      version {
        id
        name
      }
    }
  }
}
fragment Rollout on Rollout {
  maxParallel
  maxFailures
  maxPerLabel {
    key
    count
  }
  onFailure
  withdrawOnUndo
}
fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}
fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<UninstallMutation, UninstallMutationVariables>;
export const InstallDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation Install($input: InstallInstancesInput!) {
  result: installInstances(input: $input) {
    release {
      id
    }
    acceptedCount
    plan {
      ...PlanShown
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment PlanShown on Plan {
  rollout {
    ...Rollout
  }
  waves {
    number
    size
    soakSeconds
    pauseAfter
    label {
      key
      value
    }
  }
  worstCaseFailures
  warnings {
    code
    message
    counts {
      count
      version {
        id
        name
      }
    }
  }
}
fragment Rollout on Rollout {
  maxParallel
  maxFailures
  maxPerLabel {
    key
    count
  }
  onFailure
  withdrawOnUndo
}
fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<InstallMutation, InstallMutationVariables>;
export const HoldsDocument = /* @__PURE__ */ new TypedDocumentString(`
    query Holds($first: Int, $after: String, $last: Int, $before: String, $filter: HoldFilter) {
  holds(
    first: $first
    after: $after
    last: $last
    before: $before
    filter: $filter
  ) {
    nodes {
      ...HoldRow
    }
    pageInfo {
      ...Page
    }
  }
}
    fragment Page on PageInfo {
  hasNextPage
  hasPreviousPage
  startCursor
  endCursor
}
fragment HoldRow on Hold {
  id
  reason
  includesReverts
  createdBy
  createdAt
  until
  endedAt
  endedBy
  freezeWindow {
    id
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  instance {
    id
    host {
      id
      hostname
    }
    service {
      id
      name
    }
  }
}`) as unknown as TypedDocumentString<HoldsQuery, HoldsQueryVariables>;
export const EndHoldsDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation EndHolds($input: EndHoldsInput!) {
  endHolds(input: $input) {
    holds {
      ...HoldRow
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment HoldRow on Hold {
  id
  reason
  includesReverts
  createdBy
  createdAt
  until
  endedAt
  endedBy
  freezeWindow {
    id
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  instance {
    id
    host {
      id
      hostname
    }
    service {
      id
      name
    }
  }
}
fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<EndHoldsMutation, EndHoldsMutationVariables>;
export const UnholdHostsDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation UnholdHosts($input: UnholdHostsInput!) {
  unholdHosts(input: $input) {
    holds {
      ...HoldRow
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment HoldRow on Hold {
  id
  reason
  includesReverts
  createdBy
  createdAt
  until
  endedAt
  endedBy
  freezeWindow {
    id
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  instance {
    id
    host {
      id
      hostname
    }
    service {
      id
      name
    }
  }
}
fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<UnholdHostsMutation, UnholdHostsMutationVariables>;
export const UnfreezeFleetDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation UnfreezeFleet {
  unfreezeFleet {
    userErrors {
      ...Problem
    }
  }
}
    fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<UnfreezeFleetMutation, UnfreezeFleetMutationVariables>;
export const FreezeFleetDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation FreezeFleet($input: FreezeFleetInput!) {
  freezeFleet(input: $input) {
    freeze {
      ...HoldRow
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment HoldRow on Hold {
  id
  reason
  includesReverts
  createdBy
  createdAt
  until
  endedAt
  endedBy
  freezeWindow {
    id
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  instance {
    id
    host {
      id
      hostname
    }
    service {
      id
      name
    }
  }
}
fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<FreezeFleetMutation, FreezeFleetMutationVariables>;
export const FreezeWindowsDocument = /* @__PURE__ */ new TypedDocumentString(`
    query FreezeWindows {
  freezeWindows {
    ...WindowRow
  }
}
    fragment WindowRow on FreezeWindow {
  id
  services {
    id
    name
  }
  timeZone
  days
  from
  to
  includesReverts
  reason
  createdBy
  open
  opensAt
  closesAt
}`) as unknown as TypedDocumentString<FreezeWindowsQuery, FreezeWindowsQueryVariables>;
export const ServiceNamesDocument = /* @__PURE__ */ new TypedDocumentString(`
    query ServiceNames {
  services(first: 200) {
    nodes {
      id
      name
    }
  }
}
    `) as unknown as TypedDocumentString<ServiceNamesQuery, ServiceNamesQueryVariables>;
export const CreateFreezeWindowDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation CreateFreezeWindow($input: CreateFreezeWindowInput!) {
  createFreezeWindow(input: $input) {
    freezeWindow {
      ...WindowRow
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment WindowRow on FreezeWindow {
  id
  services {
    id
    name
  }
  timeZone
  days
  from
  to
  includesReverts
  reason
  createdBy
  open
  opensAt
  closesAt
}
fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<CreateFreezeWindowMutation, CreateFreezeWindowMutationVariables>;
export const RemoveFreezeWindowDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation RemoveFreezeWindow($input: RemoveFreezeWindowInput!) {
  removeFreezeWindow(input: $input) {
    userErrors {
      ...Problem
    }
  }
}
    fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<RemoveFreezeWindowMutation, RemoveFreezeWindowMutationVariables>;
export const HostsDocument = /* @__PURE__ */ new TypedDocumentString(`
    query Hosts($first: Int, $after: String, $last: Int, $before: String, $filter: HostFilter) {
  labels(first: 200) {
    key
    value
    hostCount
  }
  hosts(
    first: $first
    after: $after
    last: $last
    before: $before
    filter: $filter
  ) {
    nodes {
      id
      hostname
      address
      labels {
        key
        value
      }
      instances(first: 10) {
        nodes {
          ...InstanceRow
        }
        pageInfo {
          hasNextPage
        }
      }
    }
    pageInfo {
      ...Page
    }
  }
}
    fragment InstanceRow on Instance {
  id
  revision
  status
  locked
  maintenance
  drainedSince
  observedVersion
  health
  healthAt
  updatedAt
  updatedBy
  version {
    id
    name
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  locks {
    ...LockRow
  }
  lastTarget {
    id
    exitStatus
    failure
    message
    finishedAt
    release {
      id
    }
  }
}
fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}
fragment Page on PageInfo {
  hasNextPage
  hasPreviousPage
  startCursor
  endCursor
}`) as unknown as TypedDocumentString<HostsQuery, HostsQueryVariables>;
export const HostDocument = /* @__PURE__ */ new TypedDocumentString(`
    query Host($hostname: String!) {
  host(hostname: $hostname) {
    id
    hostname
    address
    createdAt
    labels {
      key
      value
    }
    instances(first: 50) {
      nodes {
        ...InstanceRow
      }
    }
    events(first: 50) {
      nodes {
        cursor
        kind
        serviceName
        previousStatus
        status
        causedBy
        at
        version {
          id
          name
        }
        release {
          id
        }
        hold {
          id
          reason
        }
      }
    }
  }
  holds(first: 50, filter: {hostnames: [$hostname], standing: true}) {
    nodes {
      ...HoldRow
    }
  }
}
    fragment InstanceRow on Instance {
  id
  revision
  status
  locked
  maintenance
  drainedSince
  observedVersion
  health
  healthAt
  updatedAt
  updatedBy
  version {
    id
    name
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  locks {
    ...LockRow
  }
  lastTarget {
    id
    exitStatus
    failure
    message
    finishedAt
    release {
      id
    }
  }
}
fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}
fragment HoldRow on Hold {
  id
  reason
  includesReverts
  createdBy
  createdAt
  until
  endedAt
  endedBy
  freezeWindow {
    id
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  instance {
    id
    host {
      id
      hostname
    }
    service {
      id
      name
    }
  }
}`) as unknown as TypedDocumentString<HostQuery, HostQueryVariables>;
export const HoldHostsDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation HoldHosts($input: HoldHostsInput!) {
  holdHosts(input: $input) {
    holds {
      ...HoldRow
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment HoldRow on Hold {
  id
  reason
  includesReverts
  createdBy
  createdAt
  until
  endedAt
  endedBy
  freezeWindow {
    id
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  instance {
    id
    host {
      id
      hostname
    }
    service {
      id
      name
    }
  }
}
fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<HoldHostsMutation, HoldHostsMutationVariables>;
export const HoldInstancesDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation HoldInstances($input: HoldInstancesInput!) {
  holdInstances(input: $input) {
    holds {
      ...HoldRow
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment HoldRow on Hold {
  id
  reason
  includesReverts
  createdBy
  createdAt
  until
  endedAt
  endedBy
  freezeWindow {
    id
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  instance {
    id
    host {
      id
      hostname
    }
    service {
      id
      name
    }
  }
}
fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<HoldInstancesMutation, HoldInstancesMutationVariables>;
export const ConfirmInstanceDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation ConfirmInstance($input: ConfirmInstanceInput!) {
  confirmInstance(input: $input) {
    instance {
      ...InstanceRow
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment InstanceRow on Instance {
  id
  revision
  status
  locked
  maintenance
  drainedSince
  observedVersion
  health
  healthAt
  updatedAt
  updatedBy
  version {
    id
    name
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  locks {
    ...LockRow
  }
  lastTarget {
    id
    exitStatus
    failure
    message
    finishedAt
    release {
      id
    }
  }
}
fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}
fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<ConfirmInstanceMutation, ConfirmInstanceMutationVariables>;
export const OverviewDocument = /* @__PURE__ */ new TypedDocumentString(`
    query Overview($first: Int, $after: String, $last: Int, $before: String, $filter: ServiceFilter) {
  services(
    first: $first
    after: $after
    last: $last
    before: $before
    filter: $filter
  ) {
    nodes {
      id
      name
      freezes {
        id
        reason
        createdBy
        until
      }
      instanceCounts {
        status
        count
        version {
          id
          name
        }
      }
      releases(first: 1) {
        nodes {
          ...ReleaseRow
        }
      }
    }
    pageInfo {
      ...Page
    }
  }
}
    fragment Progress on ReleaseProgress {
  total
  queued
  running
  succeeded
  failed
  canceled
  unknown
  skipped
  unreachable
  unhealthy
}
fragment ReleaseRow on Release {
  id
  revision
  action
  status
  reason
  createdBy
  createdAt
  finishedAt
  service {
    id
    name
  }
  targetVersion {
    id
    name
  }
  progress {
    ...Progress
  }
}
fragment Page on PageInfo {
  hasNextPage
  hasPreviousPage
  startCursor
  endCursor
}`) as unknown as TypedDocumentString<OverviewQuery, OverviewQueryVariables>;
export const LatestReleasesDocument = /* @__PURE__ */ new TypedDocumentString(`
    query LatestReleases {
  releases(first: 10) {
    nodes {
      ...ReleaseRow
    }
  }
}
    fragment Progress on ReleaseProgress {
  total
  queued
  running
  succeeded
  failed
  canceled
  unknown
  skipped
  unreachable
  unhealthy
}
fragment ReleaseRow on Release {
  id
  revision
  action
  status
  reason
  createdBy
  createdAt
  finishedAt
  service {
    id
    name
  }
  targetVersion {
    id
    name
  }
  progress {
    ...Progress
  }
}`) as unknown as TypedDocumentString<LatestReleasesQuery, LatestReleasesQueryVariables>;
export const NeedsYouDocument = /* @__PURE__ */ new TypedDocumentString(`
    query NeedsYou {
  suspension {
    reason
    by
    since
  }
  paused: releases(first: 10, filter: {statuses: [PAUSED]}) {
    nodes {
      ...ReleaseRow
      deadlineAt
      pause {
        ...PauseNow
      }
    }
    totalCount
  }
  unknown: instances(first: 10, filter: {statuses: [UNKNOWN]}) {
    ...Attention
  }
  failed: instances(
    first: 10
    filter: {statuses: [INSTALL_FAILED, UPGRADE_FAILED, REVERT_FAILED, UNINSTALL_FAILED]}
  ) {
    ...Attention
  }
  drained: instances(first: 10, filter: {drained: true, locked: false}) {
    ...Attention
  }
  drifted: instances(first: 10, filter: {drifted: true}) {
    ...Attention
  }
}
    fragment Progress on ReleaseProgress {
  total
  queued
  running
  succeeded
  failed
  canceled
  unknown
  skipped
  unreachable
  unhealthy
}
fragment Attention on InstanceConnection {
  totalCount
  nodes {
    ...InstanceRow
  }
}
fragment InstanceRow on Instance {
  id
  revision
  status
  locked
  maintenance
  drainedSince
  observedVersion
  health
  healthAt
  updatedAt
  updatedBy
  version {
    id
    name
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  locks {
    ...LockRow
  }
  lastTarget {
    id
    exitStatus
    failure
    message
    finishedAt
    release {
      id
    }
  }
}
fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}
fragment ReleaseRow on Release {
  id
  revision
  action
  status
  reason
  createdBy
  createdAt
  finishedAt
  service {
    id
    name
  }
  targetVersion {
    id
    name
  }
  progress {
    ...Progress
  }
}
fragment PauseNow on Pause {
  reason
  since
  by
  message
}`) as unknown as TypedDocumentString<NeedsYouQuery, NeedsYouQueryVariables>;
export const ReleaseDocument = /* @__PURE__ */ new TypedDocumentString(`
    query Release($id: ID!, $first: Int!) {
  release(id: $id) {
    ...ReleaseHead
    targets(first: $first) {
      nodes {
        ...Target
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    fragment Progress on ReleaseProgress {
  total
  queued
  running
  succeeded
  failed
  canceled
  unknown
  skipped
  unreachable
  unhealthy
}
fragment Target on ReleaseTarget {
  id
  status
  wave
  attempt
  failure
  message
  exitStatus
  startedAt
  finishedAt
  fromVersion {
    id
    name
  }
  toVersion {
    id
    name
  }
  host {
    id
    hostname
    labels {
      key
      value
    }
  }
}
fragment Rollout on Rollout {
  maxParallel
  maxFailures
  maxPerLabel {
    key
    count
  }
  onFailure
  withdrawOnUndo
}
fragment ReleaseRow on Release {
  id
  revision
  action
  status
  reason
  createdBy
  createdAt
  finishedAt
  service {
    id
    name
  }
  targetVersion {
    id
    name
  }
  progress {
    ...Progress
  }
}
fragment ReleaseHead on Release {
  ...ReleaseRow
  origin
  startedAt
  deadlineAt
  pause {
    ...PauseNow
  }
  waves {
    ...WaveRow
  }
  undoWaitsFor {
    id
    host {
      id
      hostname
    }
  }
  cancelRequestedAt
  cancelReason
  undoMessage
  stoppedAt
  parent {
    id
  }
  followUps(first: 5) {
    nodes {
      id
      origin
    }
  }
  rollout {
    ...Rollout
  }
}
fragment PauseNow on Pause {
  reason
  since
  by
  message
}
fragment WaveRow on ReleaseWave {
  number
  size
  soakSeconds
  pauseAfter
  label {
    key
    value
  }
  status
  soakUntil
  progress {
    ...Progress
  }
}`) as unknown as TypedDocumentString<ReleaseQuery, ReleaseQueryVariables>;
export const ReleaseTargetsDocument = /* @__PURE__ */ new TypedDocumentString(`
    query ReleaseTargets($id: ID!, $first: Int!, $after: String) {
  release(id: $id) {
    id
    revision
    targets(first: $first, after: $after) {
      nodes {
        ...Target
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    fragment Target on ReleaseTarget {
  id
  status
  wave
  attempt
  failure
  message
  exitStatus
  startedAt
  finishedAt
  fromVersion {
    id
    name
  }
  toVersion {
    id
    name
  }
  host {
    id
    hostname
    labels {
      key
      value
    }
  }
}`) as unknown as TypedDocumentString<ReleaseTargetsQuery, ReleaseTargetsQueryVariables>;
export const ReleaseHeadAgainDocument = /* @__PURE__ */ new TypedDocumentString(`
    query ReleaseHeadAgain($id: ID!) {
  release(id: $id) {
    ...ReleaseHead
  }
}
    fragment Progress on ReleaseProgress {
  total
  queued
  running
  succeeded
  failed
  canceled
  unknown
  skipped
  unreachable
  unhealthy
}
fragment Rollout on Rollout {
  maxParallel
  maxFailures
  maxPerLabel {
    key
    count
  }
  onFailure
  withdrawOnUndo
}
fragment ReleaseRow on Release {
  id
  revision
  action
  status
  reason
  createdBy
  createdAt
  finishedAt
  service {
    id
    name
  }
  targetVersion {
    id
    name
  }
  progress {
    ...Progress
  }
}
fragment ReleaseHead on Release {
  ...ReleaseRow
  origin
  startedAt
  deadlineAt
  pause {
    ...PauseNow
  }
  waves {
    ...WaveRow
  }
  undoWaitsFor {
    id
    host {
      id
      hostname
    }
  }
  cancelRequestedAt
  cancelReason
  undoMessage
  stoppedAt
  parent {
    id
  }
  followUps(first: 5) {
    nodes {
      id
      origin
    }
  }
  rollout {
    ...Rollout
  }
}
fragment PauseNow on Pause {
  reason
  since
  by
  message
}
fragment WaveRow on ReleaseWave {
  number
  size
  soakSeconds
  pauseAfter
  label {
    key
    value
  }
  status
  soakUntil
  progress {
    ...Progress
  }
}`) as unknown as TypedDocumentString<ReleaseHeadAgainQuery, ReleaseHeadAgainQueryVariables>;
export const ReleaseSkippedDocument = /* @__PURE__ */ new TypedDocumentString(`
    query ReleaseSkipped($id: ID!) {
  release(id: $id) {
    id
    skipped(first: 100) {
      totalCount
      nodes {
        ...Skipped
      }
    }
  }
}
    fragment Skipped on SkippedInstance {
  reason
  instance {
    id
    host {
      id
      hostname
    }
    version {
      id
      name
    }
  }
  locks {
    ...LockRow
  }
}
fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}`) as unknown as TypedDocumentString<ReleaseSkippedQuery, ReleaseSkippedQueryVariables>;
export const TargetDetailDocument = /* @__PURE__ */ new TypedDocumentString(`
    query TargetDetail($id: ID!) {
  node(id: $id) {
    ... on ReleaseTarget {
      ...Target
      instance {
        id
        status
        version {
          id
          name
        }
        locks {
          ...LockRow
        }
      }
      steps {
        name
        status
        startedAt
        finishedAt
        message
      }
      log(last: 5) {
        nodes {
          cursor
          stream
          text
        }
      }
    }
  }
}
    fragment Target on ReleaseTarget {
  id
  status
  wave
  attempt
  failure
  message
  exitStatus
  startedAt
  finishedAt
  fromVersion {
    id
    name
  }
  toVersion {
    id
    name
  }
  host {
    id
    hostname
    labels {
      key
      value
    }
  }
}
fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}`) as unknown as TypedDocumentString<TargetDetailQuery, TargetDetailQueryVariables>;
export const ReleaseOutputDocument = /* @__PURE__ */ new TypedDocumentString(`
    query ReleaseOutput($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  release(id: $id) {
    id
    log(first: $first, after: $after, last: $last, before: $before) {
      ...Lines
    }
  }
}
    fragment Lines on LogLineConnection {
  nodes {
    ...Line
  }
  pageInfo {
    hasNextPage
    hasPreviousPage
    startCursor
    endCursor
  }
}
fragment Line on LogLine {
  cursor
  targetId
  hostname
  attempt
  stream
  text
  at
}`) as unknown as TypedDocumentString<ReleaseOutputQuery, ReleaseOutputQueryVariables>;
export const TargetOutputDocument = /* @__PURE__ */ new TypedDocumentString(`
    query TargetOutput($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  node(id: $id) {
    ... on ReleaseTarget {
      id
      log(first: $first, after: $after, last: $last, before: $before) {
        ...Lines
      }
    }
  }
}
    fragment Lines on LogLineConnection {
  nodes {
    ...Line
  }
  pageInfo {
    hasNextPage
    hasPreviousPage
    startCursor
    endCursor
  }
}
fragment Line on LogLine {
  cursor
  targetId
  hostname
  attempt
  stream
  text
  at
}`) as unknown as TypedDocumentString<TargetOutputQuery, TargetOutputQueryVariables>;
export const OutputFollowsDocument = /* @__PURE__ */ new TypedDocumentString(`
    subscription OutputFollows($release: ID!, $target: ID, $after: String) {
  releaseLog(releaseId: $release, targetId: $target, after: $after) {
    ...Line
  }
}
    fragment Line on LogLine {
  cursor
  targetId
  hostname
  attempt
  stream
  text
  at
}`) as unknown as TypedDocumentString<OutputFollowsSubscription, OutputFollowsSubscriptionVariables>;
export const CancelReleaseDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation CancelRelease($input: CancelReleaseInput!) {
  cancelRelease(input: $input) {
    release {
      id
      status
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<CancelReleaseMutation, CancelReleaseMutationVariables>;
export const WaitingDocument = /* @__PURE__ */ new TypedDocumentString(`
    query Waiting($id: ID!) {
  release(id: $id) {
    id
    targets(first: 5, statuses: [QUEUED]) {
      nodes {
        id
        host {
          id
          hostname
        }
        waitsFor {
          ...WaitRow
        }
      }
    }
  }
}
    fragment WaitRow on Wait {
  kind
  message
  until
  releases {
    id
  }
}`) as unknown as TypedDocumentString<WaitingQuery, WaitingQueryVariables>;
export const TargetWaitsDocument = /* @__PURE__ */ new TypedDocumentString(`
    query TargetWaits($id: ID!) {
  node(id: $id) {
    ... on ReleaseTarget {
      id
      waitsFor {
        ...WaitRow
      }
    }
  }
}
    fragment WaitRow on Wait {
  kind
  message
  until
  releases {
    id
  }
}`) as unknown as TypedDocumentString<TargetWaitsQuery, TargetWaitsQueryVariables>;
export const PauseReleaseDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation PauseRelease($input: PauseReleaseInput!) {
  pauseRelease(input: $input) {
    release {
      id
      status
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<PauseReleaseMutation, PauseReleaseMutationVariables>;
export const ResumeReleaseDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation ResumeRelease($input: ResumeReleaseInput!) {
  resumeRelease(input: $input) {
    release {
      id
      status
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<ResumeReleaseMutation, ResumeReleaseMutationVariables>;
export const UndoDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation Undo($input: UndoReleaseInput!) {
  result: undoRelease(input: $input) {
    release {
      id
    }
    acceptedCount
    skipped(first: 100) {
      ...Skipped
    }
    skippedCount
    skippedCounts {
      reason
      count
    }
    plan {
      ...PlanShown
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment Skipped on SkippedInstance {
  reason
  instance {
    id
    host {
      id
      hostname
    }
    version {
      id
      name
    }
  }
  locks {
    ...LockRow
  }
}
fragment PlanShown on Plan {
  rollout {
    ...Rollout
  }
  waves {
    number
    size
    soakSeconds
    pauseAfter
    label {
      key
      value
    }
  }
  worstCaseFailures
  warnings {
    code
    message
    counts {
      count
      version {
        id
        name
      }
    }
  }
}
fragment Rollout on Rollout {
  maxParallel
  maxFailures
  maxPerLabel {
    key
    count
  }
  onFailure
  withdrawOnUndo
}
fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}
fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<UndoMutation, UndoMutationVariables>;
export const RetryDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation Retry($input: RetryReleaseInput!) {
  result: retryRelease(input: $input) {
    release {
      id
    }
    acceptedCount
    skipped(first: 100) {
      ...Skipped
    }
    skippedCount
    skippedCounts {
      reason
      count
    }
    plan {
      ...PlanShown
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment Skipped on SkippedInstance {
  reason
  instance {
    id
    host {
      id
      hostname
    }
    version {
      id
      name
    }
  }
  locks {
    ...LockRow
  }
}
fragment PlanShown on Plan {
  rollout {
    ...Rollout
  }
  waves {
    number
    size
    soakSeconds
    pauseAfter
    label {
      key
      value
    }
  }
  worstCaseFailures
  warnings {
    code
    message
    counts {
      count
      version {
        id
        name
      }
    }
  }
}
fragment Rollout on Rollout {
  maxParallel
  maxFailures
  maxPerLabel {
    key
    count
  }
  onFailure
  withdrawOnUndo
}
fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}
fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<RetryMutation, RetryMutationVariables>;
export const ServiceDocument = /* @__PURE__ */ new TypedDocumentString(`
    query Service($name: String!, $filter: InstanceFilter, $first: Int, $after: String, $last: Int, $before: String) {
  service(name: $name) {
    id
    name
    description
    language
    executor
    budget {
      maxUnavailable
      maxPerLabel {
        key
        count
      }
      spent
      by {
        id
        status
        host {
          id
          hostname
        }
      }
    }
    rolloutDefaults {
      ...Defaults
    }
    freezes {
      ...HoldRow
    }
    instanceCounts {
      status
      count
      version {
        id
        name
      }
    }
    versions(first: 200, orderBy: {field: PRECEDENCE, direction: DESC}) {
      nodes {
        ...VersionRow
      }
    }
    instances(
      first: $first
      after: $after
      last: $last
      before: $before
      filter: $filter
    ) {
      nodes {
        ...InstanceRow
      }
      totalCount
      pageInfo {
        ...Page
      }
    }
    releases(first: 10) {
      nodes {
        ...ReleaseRow
      }
    }
  }
}
    fragment Progress on ReleaseProgress {
  total
  queued
  running
  succeeded
  failed
  canceled
  unknown
  skipped
  unreachable
  unhealthy
}
fragment Defaults on RolloutDefaults {
  maxParallel {
    ...Written
  }
  maxFailures {
    ...Written
  }
  maxUnreachable {
    ...Written
  }
  maxPerLabel {
    key
    count
  }
  onFailure
  withdrawOnUndo
  deadlineSeconds
  waves {
    upTo {
      ...Written
    }
    maxFailures {
      ...Written
    }
    soakSeconds
    pauseAfter
  }
}
fragment Written on Amount {
  count
  percent
}
fragment InstanceRow on Instance {
  id
  revision
  status
  locked
  maintenance
  drainedSince
  observedVersion
  health
  healthAt
  updatedAt
  updatedBy
  version {
    id
    name
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  locks {
    ...LockRow
  }
  lastTarget {
    id
    exitStatus
    failure
    message
    finishedAt
    release {
      id
    }
  }
}
fragment LockRow on Lock {
  reason
  by
  since
  until
  holder {
    __typename
    ... on Hold {
      id
    }
    ... on Release {
      id
    }
  }
}
fragment ReleaseRow on Release {
  id
  revision
  action
  status
  reason
  createdBy
  createdAt
  finishedAt
  service {
    id
    name
  }
  targetVersion {
    id
    name
  }
  progress {
    ...Progress
  }
}
fragment Page on PageInfo {
  hasNextPage
  hasPreviousPage
  startCursor
  endCursor
}
fragment VersionRow on Version {
  id
  name
  description
  ref
  buildStatus
  buildMessage
  createdAt
  createdBy
  builtAt
  withdrawal {
    reason
    by
    at
  }
}
fragment HoldRow on Hold {
  id
  reason
  includesReverts
  createdBy
  createdAt
  until
  endedAt
  endedBy
  freezeWindow {
    id
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  instance {
    id
    host {
      id
      hostname
    }
    service {
      id
      name
    }
  }
}`) as unknown as TypedDocumentString<ServiceQuery, ServiceQueryVariables>;
export const FreezeServiceDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation FreezeService($input: FreezeServiceInput!) {
  freezeService(input: $input) {
    service {
      id
      freezes {
        ...HoldRow
      }
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment HoldRow on Hold {
  id
  reason
  includesReverts
  createdBy
  createdAt
  until
  endedAt
  endedBy
  freezeWindow {
    id
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  instance {
    id
    host {
      id
      hostname
    }
    service {
      id
      name
    }
  }
}
fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<FreezeServiceMutation, FreezeServiceMutationVariables>;
export const UnfreezeServiceDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation UnfreezeService($input: UnfreezeServiceInput!) {
  unfreezeService(input: $input) {
    service {
      id
      freezes {
        ...HoldRow
      }
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment HoldRow on Hold {
  id
  reason
  includesReverts
  createdBy
  createdAt
  until
  endedAt
  endedBy
  freezeWindow {
    id
  }
  service {
    id
    name
  }
  host {
    id
    hostname
  }
  instance {
    id
    host {
      id
      hostname
    }
    service {
      id
      name
    }
  }
}
fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<UnfreezeServiceMutation, UnfreezeServiceMutationVariables>;
export const SystemDocument = /* @__PURE__ */ new TypedDocumentString(`
    query System {
  suspension {
    reason
    by
    since
  }
  executors {
    name
    kind
  }
}
    `) as unknown as TypedDocumentString<SystemQuery, SystemQueryVariables>;
export const ServerStateDocument = /* @__PURE__ */ new TypedDocumentString(`
    query ServerState {
  server {
    version
    database
    workers {
      name
      executors
      maxTargets
      startedAt
      lastBeat
      running
    }
  }
}
    `) as unknown as TypedDocumentString<ServerStateQuery, ServerStateQueryVariables>;
export const SuspendFleetDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation SuspendFleet($input: SuspendFleetInput!) {
  suspendFleet(input: $input) {
    suspension {
      reason
      by
      since
    }
    userErrors {
      ...Problem
    }
  }
}
    fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<SuspendFleetMutation, SuspendFleetMutationVariables>;
export const ResumeFleetDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation ResumeFleet {
  resumeFleet {
    userErrors {
      ...Problem
    }
  }
}
    fragment Problem on UserError {
  code
  field
  message
  relatedIds
}`) as unknown as TypedDocumentString<ResumeFleetMutation, ResumeFleetMutationVariables>;