/** Optimal string alignment distance: how many edits (swap of neighbours counts one) turn one name into the other. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, before[j - 2] + 1);
      current.push(best);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length];
}

/** The candidates that a mistyped `name` most likely meant, nearest first; at most `limit`. Names are case-sensitive, so case alone is near. */
export function nearestNames(name: string, candidates: Iterable<string>, limit = 3): readonly string[] {
  const lower = name.toLowerCase();
  const allowed = Math.max(1, Math.floor(name.length / 3));
  const near: { name: string; distance: number }[] = [];
  for (const candidate of new Set(candidates)) {
    if (Math.abs(candidate.length - name.length) > allowed) continue;
    const distance = editDistance(lower, candidate.toLowerCase());
    if (distance <= allowed) near.push({ name: candidate, distance });
  }
  near.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return near.slice(0, limit).map((n) => n.name);
}

/** The hint of a not-found error: `Did you mean 'x' or 'y'?`, else what there is, else undefined. */
export function suggestion(name: string, candidates: Iterable<string>, what?: string): string | undefined {
  const all = [...new Set(candidates)];
  const near = nearestNames(name, all);
  if (near.length > 0) return `Did you mean ${near.map((n) => `'${n}'`).join(' or ')}?`;
  if (!what || all.length === 0) return undefined;
  const shown = all.slice(0, 10).join(', ');
  return `${what}: ${shown}${all.length > 10 ? ', ...' : ''}.`;
}
