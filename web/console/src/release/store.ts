// A release as the page has it: read page by page behind the first paint, and changed by events that come meanwhile. What
// an event says wins over a page that is older. Components are told ten times a second at most.

import { read } from '../api/client.ts';
import { isNotFound } from '../api/errors.ts';
import { type LiveEvent, listen } from '../api/live.ts';
import {
  ReleaseDocument,
  ReleaseHeadAgainDocument,
  type ReleaseEventKind,
  type ReleaseHeadFragment,
  type ReleaseTargetsQuery,
  ReleaseTargetsDocument,
} from '../gql/graphql.ts';
import { Targets } from './targets.ts';

const FIRST_PAGE = 100;
const PAGE = 200;
const TELL_MS = 100;
/** So long after an event of a target the head is read again where there are waves: no event tells that one is done. */
const WAVES_MS = 1_000;
/** Kinds of events that are told in words. They change more of the head than its status and its counts. */
const DEEDS = ['STOPPED', 'PAUSED', 'RESUMED', 'CANCEL_REQUESTED', 'DEADLINE'] as const satisfies ReleaseEventKind[];
export type DeedKind = (typeof DEEDS)[number];
const isDeed = (kind: ReleaseEventKind): kind is DeedKind => DEEDS.some(deed => deed === kind);

/** A wave of this status has no targets left. */
const OVER = ['SOAKING', 'DONE'];

type ReleaseEvent = Extract<LiveEvent, { on: 'release' }>['event'];

/** What somebody did to the release while one looks at it. */
export interface Deed {
  kind: DeedKind;
  by: string;
  at: string;
}

/** What those should know who do not see the grid. */
export type Milestone =
  | { kind: 'failed' | 'unhealthy'; hostname: string }
  | { kind: 'wave'; number: number }
  | { kind: 'paused' }
  | { kind: 'over'; status: ReleaseEvent['status'] };

export class ReleaseStore {
  head: ReleaseHeadFragment | null = null;
  /** Null until it is known whether the release exists. */
  exists: boolean | null = null;
  error: unknown = null;
  complete = false;
  deed: Deed | null = null;
  /** What was reached last while one looked at it. */
  milestone: Milestone | null = null;
  readonly targets = new Targets();
  private version = 0;
  private reading = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private headTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly id: string) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): number => this.version;

  /** Begins to listen and to read; returns what ends that. */
  begin(): () => void {
    const end = listen(event => {
      if (event.on === 'all') {
        void this.readAll();
      } else if (event.on === 'release' && event.event.releaseId === this.id) {
        this.apply(event.event);
      }
    });
    void this.readAll();
    return () => {
      end();
      this.reading += 1;
      clearTimeout(this.timer);
      clearTimeout(this.headTimer);
      this.timer = undefined;
      this.headTimer = undefined;
    };
  }

  /** Reads the head and all targets. Reading anew ends what was being read before. */
  readAll = async (): Promise<void> => {
    const turn = ++this.reading;
    try {
      this.error = null;
      const { release } = await read(ReleaseDocument, { id: this.id, first: FIRST_PAGE });
      if (turn !== this.reading) {
        return;
      }
      this.exists = release !== null;
      if (release) {
        this.takeHead(release);
        let page: NonNullable<ReleaseTargetsQuery['release']> = release;
        for (;;) {
          this.targets.page(page.targets.nodes, page.revision);
          this.tell();
          if (!page.targets.pageInfo.hasNextPage) {
            break;
          }
          const after = page.targets.pageInfo.endCursor;
          const next = await read(ReleaseTargetsDocument, { id: this.id, first: PAGE, after });
          if (turn !== this.reading || !next.release) {
            return;
          }
          page = next.release;
        }
        this.complete = true;
      }
    } catch (error) {
      if (turn === this.reading && isNotFound(error)) {
        this.exists = false;
      } else if (turn === this.reading) {
        this.error = error;
      }
    }
    this.tell();
  };

  private apply(event: ReleaseEvent): void {
    if (event.target) {
      this.targets.event(event.target, event.revision);
      if (event.target.status === 'FAILED' && event.kind === 'TARGET_FINISHED') {
        this.milestone = { kind: 'failed', hostname: event.target.host.hostname };
      } else if (event.kind === 'TARGET_UNHEALTHY') {
        this.milestone = { kind: 'unhealthy', hostname: event.target.host.hostname };
      }
    }
    if (this.head && event.revision > this.head.revision) {
      const { revision, status, progress } = event;
      this.head = { ...this.head, revision, status, progress };
    }
    if (event.kind === 'FINISHED') {
      this.milestone = { kind: 'over', status: event.status };
    } else if (isDeed(event.kind)) {
      this.deed = { kind: event.kind, by: event.causedBy, at: event.at };
      this.milestone = event.kind === 'PAUSED' ? { kind: 'paused' } : this.milestone;
    }
    if (event.kind === 'FINISHED' || isDeed(event.kind) || (this.head && !this.head.startedAt)) {
      void this.readHead();
    } else if (this.head && this.head.waves.length > 1) {
      this.headTimer ??= setTimeout(() => {
        this.headTimer = undefined;
        void this.readHead();
      }, WAVES_MS);
    }
    this.tell();
  }

  /** Reads the head again, for what no event tells. */
  readHead = async (): Promise<void> => {
    const { release } = await read(ReleaseHeadAgainDocument, { id: this.id }).catch(() => ({ release: null }));
    if (release) {
      this.takeHead(release);
      this.tell();
    }
  };

  private takeHead(head: ReleaseHeadFragment): void {
    if (!this.head || head.revision >= this.head.revision) {
      const before = this.head?.waves ?? head.waves;
      const wave = head.waves.findLast(({ status }, at) => OVER.includes(status) && !OVER.includes(before[at]?.status ?? status));
      if (wave && !head.finishedAt) {
        this.milestone = { kind: 'wave', number: wave.number };
      }
      this.head = head;
    }
  }

  private tell(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.version += 1;
      this.listeners.forEach(listener => listener());
    }, this.version === 0 ? 0 : TELL_MS);
  }
}
