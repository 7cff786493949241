import type { PatternVariable, RowPattern } from '../expressions/row-pattern.js';
import { StreamcellError } from '../types/index.js';

/** A row taken by a variable, behind the rows taken before it. Paths share what they have in common; `refs` counts who points here. */
export class PathNode {
  refs = 0;
  /** First row of the run of rows that this variable took. */
  readonly first: PathNode;
  /** Rows before this one: in the run, and in all. */
  readonly index: number;
  readonly depth: number;

  constructor(
    readonly variable: number,
    readonly row: number,
    /** Place of the row in the order of its partition. */
    readonly sequence: number,
    readonly previous: PathNode | null,
  ) {
    const joins = previous !== null && previous.variable === variable;
    this.first = joins ? previous.first : this;
    this.index = joins ? previous.index + 1 : 0;
    this.depth = previous === null ? 0 : previous.depth + 1;
  }

  /** The last row that the variable took on this path; null: none. */
  runOf(variable: number): PathNode | null {
    if (this.variable === variable) return this;
    // Variables take their rows in their own order.
    return this.variable < variable ? null : (this.first.previous?.runOf(variable) ?? null);
  }

  get start(): PathNode {
    let node: PathNode = this.first;
    while (node.previous !== null) node = node.previous.first;
    return node;
  }

  back(steps: number): PathNode | null {
    if (steps === 0) return this;
    let node = this.previous;
    for (let k = 1; k < steps && node !== null; k++) node = node.previous;
    return node;
  }
}

/** A match under way, or found and not yet sent. */
export interface Partial {
  readonly state: number;
  /** null: nothing taken yet. */
  readonly path: PathNode | null;
  /** Sequence and time of its first row; Infinity before there is one. */
  readonly start: number;
  readonly startTime: number;
}

interface Transition {
  readonly target: number;
  /** Takes the row; otherwise goes on to the target with the same row still to be taken. */
  readonly takes: boolean;
  /** Variables that must not want the row: greedy ones before this. */
  readonly unless: readonly number[];
}

interface State {
  readonly variable: number;
  readonly transitions: Transition[];
}

/** The state that a match is complete in. */
const DONE = -1;

/**
 * The automaton of a row pattern.
 *
 * Algorithm: states are made from the last variable to the first; a variable that must come n times is n states, an unbounded one ends in a
 * state that leads back to itself, an optional one lets go on without a row. A greedy variable forbids the state behind it to take (or leave
 * out) a row that the variable itself would take. All ways a match can go are followed at once, as Flink does; which of several equally early
 * matches comes first follows from the order of transitions, and is Flink's order, too.
 */
export class PatternAutomaton {
  readonly states: readonly State[];
  readonly start: number;

  constructor(variables: readonly PatternVariable[]) {
    const states: State[] = [];
    let next = DONE;
    for (let v = variables.length - 1; v >= 0; v--) next = addVariable(states, variables[v], v, next);
    this.states = states;
    this.start = next;
  }
}

/** @returns the variable's first state. */
function addVariable(states: State[], element: PatternVariable, variable: number, next: number): number {
  const { min, max, greedy } = element;
  const add = (...transitions: Transition[]): number => states.push({ variable, transitions }) - 1;
  const take = (target: number): Transition => ({ target, takes: true, unless: [] });
  const pass = (target: number): Transition => ({ target, takes: false, unless: [] });
  const claim = (): void => {
    if (next === DONE) return;
    const { transitions } = states[next];
    transitions.forEach((t, i) => (transitions[i] = { ...t, unless: [...t.unless, variable] }));
  };
  const least = Math.max(min, 1);
  let after = next;
  if (max === null) {
    after = states.length;
    add(pass(next), take(after));
    if (greedy) claim();
  } else if (max > 1) {
    if (greedy && least !== max) claim();
    for (let k = least; k < max; k++) after = add(take(after), pass(next));
  }
  for (let k = 1; k < least; k++) after = add(take(after));
  return min === 0 ? add(take(after), pass(next)) : add(take(after));
}

/** Asked whether a variable takes the row at hand, as the path stands. */
export type Condition = (variable: number, path: PathNode | null) => boolean;

/** What a partition's matcher needs of the operator. */
export interface MatchHost {
  /** A path is pointed to once more, or no longer. */
  retain(path: PathNode): void;
  release(path: PathNode): void;
  /** A match, in the order of sending. The path is the host's to read until the call returns. */
  match(path: PathNode): void;
}

/**
 * The matches of one partition: fed with its rows in order.
 *
 * State: partial matches, the empty one among them; complete matches that wait, since a partial one began before them.
 * Maintains the invariant that matches are sent in the order of their first rows, and that none is sent whose first row was skipped.
 */
export class PartitionMatcher {
  partial = new PartialQueue();
  complete = new PartialQueue();

  constructor(
    private readonly automaton: PatternAutomaton,
    private readonly pattern: Pick<RowPattern, 'skip' | 'within' | 'variables'>,
    private readonly host: MatchHost,
  ) {
    this.partial.add(this.empty());
  }

  /** Nothing but the empty match: the partition may be forgotten. */
  get idle(): boolean {
    return this.partial.items.length === 1 && this.complete.items.length === 0;
  }

  /** Offers the next row. @returns whether a match may have begun with it. */
  row(row: number, sequence: number, time: number, accepts: Condition): boolean {
    const going = this.partial.items;
    const partial = new PartialQueue();
    const found = new PartialQueue();
    let begun = false;
    for (const each of going) {
      if (this.step(each, row, sequence, time, accepts, partial, found) && each.path === null) begun = true;
      if (each.path !== null) this.host.release(each.path);
    }
    this.partial = partial;
    for (const each of found.items) this.complete.add(each);
    this.send();
    return begun;
  }

  /** Drops partial matches that can no longer end in time; matches that waited for them are sent. */
  advance(time: number): void {
    const { within } = this.pattern;
    if (within === 0) return;
    const going = this.partial.items;
    if (going.some((p) => time - p.startTime >= within)) {
      this.partial = new PartialQueue();
      for (const each of going) {
        if (each.path !== null && time - each.startTime >= within) this.host.release(each.path);
        else this.partial.add(each);
      }
    }
    this.send();
  }

  private empty(): Partial {
    return { state: this.automaton.start, path: null, start: Infinity, startTime: Infinity };
  }

  private step(
    from: Partial,
    row: number,
    sequence: number,
    time: number,
    accepts: Condition,
    partial: PartialQueue,
    found: PartialQueue,
  ): boolean {
    const { states } = this.automaton;
    const start = from.path === null ? sequence : from.start;
    const startTime = from.path === null ? time : from.startTime;
    const known = new Map<number, boolean>();
    const wants = (variable: number): boolean => {
      let answer = known.get(variable);
      if (answer === undefined) known.set(variable, (answer = accepts(variable, from.path)));
      return answer;
    };
    const open = (t: Transition, variable: number): boolean => (!t.takes || wants(variable)) && !t.unless.some(wants);
    const takes: { variable: number; target: number }[] = [];
    const reached = [from.state];
    while (reached.length > 0) {
      const at = reached.pop() as number;
      if (at === DONE) continue;
      const { variable, transitions } = states[at];
      for (const t of transitions) {
        if (!open(t, variable)) continue;
        if (t.takes) takes.push({ variable, target: t.target });
        else reached.push(t.target);
      }
    }
    const place = (state: number, path: PathNode): void => {
      this.host.retain(path);
      (state === DONE ? found : partial).add({ state, path, start, startTime });
    };
    for (const { variable, target } of takes) {
      const path = new PathNode(variable, row, sequence, from.path);
      place(target, path);
      if (target !== DONE && this.completes(target, open)) place(DONE, path);
    }
    if (from.path === null) partial.add(from);
    return takes.length > 0;
  }

  /** Whether what is left of the pattern may be left out. Conditions on the way see the row that was just taken, as in Flink. */
  private completes(state: number, open: (t: Transition, variable: number) => boolean): boolean {
    const reached = [state];
    while (reached.length > 0) {
      const at = this.automaton.states[reached.pop() as number];
      for (const t of at.transitions) {
        if (t.takes || !open(t, at.variable)) continue;
        if (t.target === DONE) return true;
        reached.push(t.target);
      }
    }
    return false;
  }

  private send(): void {
    for (;;) {
      const first = this.complete.items[0];
      if (first === undefined || first.start > this.partial.items[0].start) return;
      this.complete.take();
      const path = first.path as PathNode;
      const skipped = this.skipTo(path);
      const drop = (p: Partial): boolean => {
        if (!(p.start < skipped)) return false;
        this.host.release(p.path as PathNode);
        return true;
      };
      this.partial.remove(drop);
      this.complete.remove(drop);
      this.host.match(path);
      this.host.release(path);
    }
  }

  /** Sequence of the row that the next match may begin with. */
  private skipTo(path: PathNode): number {
    const { skip, variables } = this.pattern;
    const start = path.start.sequence;
    if (skip.kind === 'nextRow') return start + 0.5;
    if (skip.kind === 'pastLastRow') return path.sequence + 0.5;
    const { name } = variables[skip.variable];
    const run = path.runOf(skip.variable);
    if (run === null)
      throw new StreamcellError('EXPRESSION_FAILED', `Could not skip to ${name}. No such element in the found match.`, {
        hint: 'AFTER MATCH SKIP TO needs a variable that takes a row in every match.',
      });
    const target = skip.kind === 'first' ? run.first.sequence : run.sequence;
    if (target === start)
      throw new StreamcellError('EXPRESSION_FAILED', 'Could not skip to first element of a match.', {
        hint: `${name} begins the match: the same match would be found for ever.`,
      });
    return target;
  }
}

/**
 * Partial matches by their first row, the earliest first: a binary heap, which keeps equal ones in the order in which Java's PriorityQueue
 * would, since that decides which of several matches of one first row is Flink's.
 */
export class PartialQueue {
  items: Partial[] = [];

  add(item: Partial): void {
    const { items } = this;
    let at = items.length;
    while (at > 0) {
      const up = (at - 1) >>> 1;
      if (item.start >= items[up].start) break;
      items[at] = items[up];
      at = up;
    }
    items[at] = item;
  }

  take(): void {
    const last = this.items.pop() as Partial;
    if (this.items.length > 0) this.sink(0, last);
  }

  remove(drop: (item: Partial) => boolean): void {
    const kept = this.items.filter((item) => !drop(item));
    if (kept.length === this.items.length) return;
    this.items = kept;
    for (let at = (kept.length >>> 1) - 1; at >= 0; at--) this.sink(at, kept[at]);
  }

  private sink(from: number, item: Partial): void {
    const { items } = this;
    const half = items.length >>> 1;
    let at = from;
    while (at < half) {
      let down = 2 * at + 1;
      if (down + 1 < items.length && items[down].start > items[down + 1].start) down++;
      if (item.start <= items[down].start) break;
      items[at] = items[down];
      at = down;
    }
    items[at] = item;
  }
}
