// What a person wants to know before a release, from what the dry run says.

/** Where instances would go back to: how many to which version, the most first. */
export function wayBack(accepted: readonly { version: { id: string; name: string } | null }[]): { id: string; name: string; count: number }[] {
  const back = new Map<string, { id: string; name: string; count: number }>();
  for (const { version } of accepted) {
    if (version) {
      back.set(version.id, { ...version, count: (back.get(version.id)?.count ?? 0) + 1 });
    }
  }
  return [...back.values()].sort((a, b) => b.count - a.count || a.name.localeCompare(b.name));
}
