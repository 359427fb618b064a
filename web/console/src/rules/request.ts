// What the dialogue asks for: from what is in the address to the input of a mutation.

import type { HostSelection, OnFailure, ReleaseAction } from '../gql/graphql.ts';
import { amount, perLabel, seconds } from './amounts.ts';
import { labelInput } from './labels.ts';
import { list, oneOf, sequence, text } from './url.ts';
import { isWave, readWave, waveInput } from './waves.ts';

export interface Request {
  action: ReleaseAction;
  /** The version to move to, by name. */
  to: string;
  /** Only instances that run this version, by name; empty for all. */
  from: string;
  /** How hosts are selected; empty if what else is in the address says it. */
  by: '' | 'all' | 'hosts' | 'labels';
  hosts: string[];
  labels: string[];
  parallel: string;
  failures: string;
  unreachable: string;
  /** How many may run at a time for each value of a label, as `rack:2`. */
  perLabel: string;
  deadline: string;
  /** Waves as `rules/waves.ts` writes them, or only `none`; empty for those of the service. */
  waves: string[];
  onFailure: '' | OnFailure;
  /** Whether an undo withdraws the version; empty for what the service has. */
  withdraw: '' | 'yes' | 'no';
  unknown: '' | 'yes';
  reapply: '' | 'yes';
  reason: string;
}

/** The fields of the address. */
export const REQUEST = {
  action: oneOf<ReleaseAction>('UPGRADE', 'REVERT', 'INSTALL', 'UNINSTALL'),
  to: text(),
  from: text(),
  by: oneOf<Request['by']>('', 'all', 'hosts', 'labels'),
  hosts: list(),
  labels: list(),
  parallel: text(),
  failures: text(),
  unreachable: text(),
  perLabel: text(),
  deadline: text(),
  waves: sequence(),
  onFailure: oneOf<Request['onFailure']>('', 'STOP', 'CONTINUE', 'PAUSE', 'UNDO'),
  withdraw: oneOf<Request['withdraw']>('', 'yes', 'no'),
  unknown: oneOf<Request['unknown']>('', 'yes'),
  reapply: oneOf<Request['reapply']>('', 'yes'),
  reason: text(),
};

/**
 * How hosts are selected: as it was chosen, or else as the hosts or labels in the address say. New instances are never put on
 * all hosts.
 */
export function selectedBy({ action, by, hosts, labels }: Pick<Request, 'action' | 'by' | 'hosts' | 'labels'>): 'all' | 'hosts' | 'labels' {
  const all = action === 'INSTALL' ? 'hosts' : 'all';
  return by === 'all' ? all : by || (hosts.length ? 'hosts' : labels.length ? 'labels' : all);
}

function selection(request: Request): HostSelection {
  switch (selectedBy(request)) {
    case 'hosts':
      return { hostnames: request.hosts };
    case 'labels':
      return { labels: request.labels.map(labelInput) };
    case 'all':
      return { all: true };
  }
}

/** Whether there is enough to ask the server: a version where one is needed, and hosts. */
export function complete(request: Request): boolean {
  const by = selectedBy(request);
  const hosts = by === 'all' || (by === 'hosts' ? request.hosts.length > 0 : request.labels.length > 0);
  return hosts && (request.action === 'UNINSTALL' || request.to !== '');
}

/** What stands for no waves, where the service has some. */
export const NO_WAVES = 'none';

/** The waves that a request asks for itself; undefined if it leaves them to the service. */
export function wavesOf({ waves }: Pick<Request, 'waves'>) {
  return waves.length === 0 ? undefined : waves[0] === NO_WAVES ? [] : waves.map(readWave);
}

/** Whether all amounts and times of a request can be read. */
export function readable(request: Request): boolean {
  const { parallel, failures, unreachable, perLabel: label, deadline } = request;
  return (
    [parallel, failures, unreachable].every(written => written === '' || amount(written) !== undefined) &&
    (label === '' || perLabel(label) !== undefined) &&
    (deadline === '' || seconds(deadline) !== undefined) &&
    (wavesOf(request) ?? []).every(isWave)
  );
}

/** Whether the undo of an action can withdraw the version. */
export const mayWithdraw = (action: ReleaseAction): boolean => action === 'UPGRADE' || action === 'INSTALL';

/** The input of the mutation for a request, without what only the sender knows. Fields that are left out have the server's
 * defaults. */
export function inputOf(service: string, request: Request) {
  const { action, to, from, parallel, failures, unreachable, deadline, onFailure, withdraw, unknown, reapply, reason } = request;
  const rollout = {
    maxParallel: amount(parallel),
    maxFailures: amount(failures),
    maxUnreachable: amount(unreachable),
    maxPerLabel: perLabel(request.perLabel),
    deadlineSeconds: seconds(deadline),
    waves: wavesOf(request)?.flatMap(wave => waveInput(wave) ?? []),
    onFailure: onFailure || undefined,
    withdrawOnUndo: withdraw && mayWithdraw(action) ? withdraw === 'yes' : undefined,
  };
  const moves = action === 'UPGRADE' || action === 'REVERT';
  return {
    service,
    version: action === 'UNINSTALL' ? undefined : to,
    currentVersion: (moves && from) || undefined,
    reapply: (moves && reapply === 'yes') || undefined,
    hosts: selection(request),
    includeUnknown: unknown === 'yes' || undefined,
    rollout: Object.values(rollout).some(value => value !== undefined) ? rollout : undefined,
    reason: reason || undefined,
  };
}

export type Input = ReturnType<typeof inputOf>;

/** Keys for inputs: the same input, sent again after a double click or a lost answer, has the same key; another has another. */
export class Keys {
  private readonly keys = new Map<string, string>();

  constructor(private readonly make: () => string) {}

  for(input: object): string {
    const text = JSON.stringify(input);
    const key = this.keys.get(text) ?? this.make();
    this.keys.set(text, key);
    return key;
  }
}

/** A random key. It works without TLS, too, where browsers have no `randomUUID`. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
}
