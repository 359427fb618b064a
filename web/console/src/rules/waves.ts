// The waves of a release: which of them a page shows, and how waves are written in an address.

import { amount, seconds, writtenAmount, writtenTime } from './amounts.ts';

/** So many waves are shown, around the one that is carried out. */
export const WAVES_SHOWN = 8;

/** The waves that matter now: those around the first one that is not done. */
export function around<W extends { status: string }>(waves: readonly W[], shown = WAVES_SHOWN): { before: number; waves: readonly W[]; after: number } {
  const at = waves.findIndex(({ status }) => status !== 'DONE');
  const here = at < 0 ? waves.length - 1 : at;
  const from = Math.max(0, Math.min(here - 2, waves.length - shown));
  const to = Math.min(waves.length, from + shown);
  return { before: from, waves: waves.slice(from, to), after: waves.length - to };
}

/** A wave as it is asked for. */
export interface Wave {
  /** A number of targets, or a share as `25%`. */
  upTo: string;
  /** How many of it may fail, as a number or a share; empty for what holds otherwise. */
  failures: string;
  /** How long the release waits after it, as `10m`; empty if it does not. */
  soak: string;
  pause: boolean;
}

/** Stands for a size that is not written yet. */
const NO_SIZE = '_';

/**
 * A wave in an address: `25%:1~10m!`, where `:` begins how many may fail, `~` begins its soak, and `!` says that the release
 * pauses after it.
 */
export function readWave(text: string): Wave {
  const [, upTo = '', failures = '', soak = '', pause = ''] = /^([^:~!]*):?([^~!]*)~?([^!]*)(!?)/.exec(text) ?? [];
  return { upTo: upTo === NO_SIZE ? '' : upTo, failures, soak, pause: pause === '!' };
}

/** The same, written. Signs that have a meaning there are left out of what a person typed. */
export function writeWave({ upTo, failures, soak, pause }: Wave): string {
  const plain = (text: string) => text.replaceAll(/[,:~!_\s]/g, '');
  const begun = (sign: string, text: string) => plain(text) && `${sign}${plain(text)}`;
  return `${plain(upTo) || NO_SIZE}${begun(':', failures)}${begun('~', soak)}${pause ? '!' : ''}`;
}

/** Whether the server can be asked for it. */
export function isWave({ upTo, failures, soak }: Wave): boolean {
  return amount(upTo) !== undefined && (failures === '' || amount(failures) !== undefined) && (soak === '' || seconds(soak) !== undefined);
}

/** A wave as the API takes it. */
export function waveInput({ upTo, failures, soak, pause }: Wave) {
  const size = amount(upTo);
  return size ? { upTo: size, maxFailures: amount(failures), soakSeconds: seconds(soak), pauseAfter: pause || undefined } : undefined;
}

type Amount = Parameters<typeof writtenAmount>[0];

/** The waves of a service's defaults, as the dialogue writes them. */
export function writtenWaves(waves: readonly { upTo: Amount; maxFailures: Amount | null; soakSeconds: number; pauseAfter: boolean }[]): Wave[] {
  return waves.map(({ upTo, maxFailures, soakSeconds, pauseAfter }) => ({
    upTo: writtenAmount(upTo),
    failures: maxFailures ? writtenAmount(maxFailures) : '',
    soak: soakSeconds ? writtenTime(soakSeconds) : '',
    pause: pauseAfter,
  }));
}
