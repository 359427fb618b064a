import type { TargetFragment } from '../gql/graphql.ts';

/** The targets of a release, each as the newest of what pages and events have said. */
export class Targets {
  private readonly byId = new Map<string, { target: TargetFragment; revision: number }>();
  private readonly byHost = new Map<string, string>();
  /** In the order of the pages; then those of which only events have told yet. */
  private readonly order = new Set<string>();
  private readonly early = new Set<string>();
  private listed: readonly TargetFragment[] | null = null;

  /** A page of the list, as it was at a revision of the release. */
  page(targets: readonly TargetFragment[], revision: number): void {
    for (const target of targets) {
      if (this.early.delete(target.id) || !this.order.has(target.id)) {
        this.order.add(target.id);
        this.listed = null;
      }
      this.put(target, revision);
    }
  }

  /** A target as an event has it. One that no page has brought yet waits for its place in the order. */
  event(target: TargetFragment, revision: number): void {
    if (!this.order.has(target.id)) {
      this.early.add(target.id);
    }
    this.put(target, revision);
  }

  /** All of them, in the order in which they are started, as far as it is known. */
  all(): readonly TargetFragment[] {
    this.listed ??= [...this.order, ...this.early].flatMap(id => this.byId.get(id)?.target ?? []);
    return this.listed;
  }

  get(id: string): TargetFragment | undefined {
    return this.byId.get(id)?.target;
  }

  onHost(hostname: string): TargetFragment | undefined {
    return this.get(this.byHost.get(hostname) ?? '');
  }

  private put(target: TargetFragment, revision: number): void {
    const known = this.byId.get(target.id);
    if (!known) {
      this.byHost.set(target.host.hostname, target.id);
    }
    if (!known || revision >= known.revision) {
      this.byId.set(target.id, { target, revision });
      this.listed = null;
    }
  }
}
