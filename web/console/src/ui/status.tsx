import { useWords } from '../i18n/language.tsx';
import type { BuildStatus, InstanceStatus, ReleaseStatus, ReleaseTargetStatus, StepStatus } from '../gql/graphql.ts';

export type Shape = 'succeeded' | 'running' | 'failed' | 'unknown' | 'queued' | 'canceled' | 'skipped' | 'paused' | 'soaking' | 'warning' | 'locked';
export type AnyStatus = InstanceStatus | ReleaseStatus | ReleaseTargetStatus | BuildStatus | StepStatus;

/** The sign of each shape, which can be told apart without colors. */
export const SIGNS: Record<Shape, string> = {
  succeeded: '●',
  running: '◐',
  failed: '✕',
  unknown: '?',
  queued: '○',
  canceled: '–',
  skipped: '▢',
  paused: '‖',
  soaking: '◔',
  warning: '!',
  locked: '',
};

const SHAPES: Partial<Record<AnyStatus, Shape>> = {
  PENDING: 'queued',
  QUEUED: 'queued',
  WAITING: 'queued',
  PAUSED: 'paused',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'failed',
  DUPLICATE: 'canceled',
  CANCELED: 'canceled',
  REMOVED: 'canceled',
  SKIPPED: 'skipped',
  UNKNOWN: 'unknown',
  INSTALL_FAILED: 'failed',
  UPGRADE_FAILED: 'failed',
  REVERT_FAILED: 'failed',
  UNINSTALL_FAILED: 'failed',
};

/** The shape of a release, a target, a build or a step. */
export const shapeOf = (status: AnyStatus): Shape => SHAPES[status] ?? 'running';

/** The shape of an instance: one that runs is as it should be. */
export const instanceShape = (status: InstanceStatus): Shape => (status === 'RUNNING' ? 'succeeded' : shapeOf(status));

export function Sign({ shape }: { shape: Shape }) {
  return shape === 'locked' ? (
    <svg className="sign s-locked" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M4 7V5a4 4 0 0 1 8 0v2h1v8H3V7zm2 0h4V5a2 2 0 0 0-4 0z" />
    </svg>
  ) : (
    <span className={`sign s-${shape}`} aria-hidden="true">
      {SIGNS[shape]}
    </span>
  );
}

/** A status as shape and word. */
export function Status({ shape, children }: { shape: Shape; children: React.ReactNode }) {
  return (
    <span className="status">
      <Sign shape={shape} /> {children}
    </span>
  );
}

export function InstanceState({ status }: { status: InstanceStatus }) {
  const { t } = useWords();
  return <Status shape={instanceShape(status)}>{t.instanceStatus[status]}</Status>;
}

export function ReleaseState({ status }: { status: ReleaseStatus }) {
  const { t } = useWords();
  return <Status shape={shapeOf(status)}>{t.releaseStatus[status]}</Status>;
}

export function TargetState({ status }: { status: ReleaseTargetStatus }) {
  const { t } = useWords();
  return <Status shape={shapeOf(status)}>{t.targetStatus[status]}</Status>;
}
