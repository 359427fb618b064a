// Sends a request, or asks what it would do: four mutations with one shape.

import { change, tryOut } from '../api/client.ts';
import {
  InstallDocument,
  type ReleaseAction,
  RevertDocument,
  UninstallDocument,
  UpgradeDocument,
  type UpgradeMutation,
} from '../gql/graphql.ts';
import type { Input } from '../rules/request.ts';

export type Outcome = NonNullable<UpgradeMutation['result']>;

interface Extras {
  expectedCount?: number;
  idempotencyKey?: string;
}

/** The mutation of an action. */
export const MUTATIONS: Record<ReleaseAction, string> = {
  INSTALL: 'installInstances',
  UPGRADE: 'upgradeInstances',
  REVERT: 'revertInstances',
  UNINSTALL: 'uninstallInstances',
};

const NONE_LEFT_OUT = { accepted: [], skipped: [], skippedCount: 0, skippedCounts: [] };

/** What would happen. */
export const dryRun = (action: ReleaseAction, input: Input): Promise<Outcome> => carry(action, { ...input, dryRun: true }, tryOut);

/** Makes the release. */
export const release = (action: ReleaseAction, input: Input, extras: Extras): Promise<Outcome> =>
  carry(action, { ...input, ...extras }, change);

async function carry(action: ReleaseAction, input: Input & Extras & { dryRun?: boolean }, by: typeof change): Promise<Outcome> {
  const { currentVersion: _current, reapply: _reapply, ...withoutOrigin } = input;
  const { version: _version, ...withoutVersion } = withoutOrigin;
  const result =
    action === 'UPGRADE'
      ? (await by(UpgradeDocument, { input })).result
      : action === 'REVERT'
        ? (await by(RevertDocument, { input })).result
        : action === 'INSTALL'
          ? (await by(InstallDocument, { input: withoutOrigin })).result
          : (await by(UninstallDocument, { input: withoutVersion })).result;
  if (!result) {
    throw new Error('The server answered with nothing.');
  }
  return { ...NONE_LEFT_OUT, ...result };
}
