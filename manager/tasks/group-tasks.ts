import type { Task } from "../../shared/objects/types.ts";

type Key = string | number;

/** How tasks are divided, and what a group becomes. The same tasks always become the same. */
export interface Grouping<Group> {
  /** null = it is in no group. */
  readonly keyOf: (task: Task) => Key | null;
  readonly toGroup: (tasks: readonly Task[]) => Group;
  readonly compare: (a: Group, b: Group) => number;
}

/** With fewer tasks, grouping them anew costs no more than to find out what has changed. */
const TASKS_MIN = 32;
/** Of services with more tasks, so many are remembered; another one is grouped from nothing. */
const REMEMBERED_MAX = 1024;

interface Grouped {
  readonly tasks: readonly Task[];
  /** By key, in no order. */
  readonly parts: Map<Key, { readonly tasks: readonly Task[]; readonly group: unknown }>;
  readonly groups: readonly unknown[];
}

/**
 * What was grouped last, by kind. Nothing depends on it: it only spares work, since most of what a loop groups is what
 * it, or another loop, grouped a moment ago, but for one task.
 */
const remembered = new Map<string, Grouped>();

/**
 * Tasks, sorted by id, in groups, which are sorted as well. `kind` names the division: it must differ where keys or
 * groups of the same tasks would.
 */
export function groupTasks<Group>(tasks: readonly Task[], kind: string, grouping: Grouping<Group>): readonly Group[] {
  if (tasks.length < TASKS_MIN) return groupAnew(tasks, grouping).groups as readonly Group[];
  const known = remembered.get(kind);
  // The one that was used last is the last to go; and if it fails halfway, nothing is left of it.
  remembered.delete(kind);
  const grouped = known === undefined ? groupAnew(tasks, grouping) : regroup(known, tasks, grouping);
  remembered.set(kind, grouped);
  const [oldest] = remembered.keys();
  if (remembered.size > REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest);
  return grouped.groups as readonly Group[];
}

function groupAnew<Group>(tasks: readonly Task[], { keyOf, toGroup, compare }: Grouping<Group>): Grouped {
  const lists = new Map<Key, Task[]>();
  for (const task of tasks) {
    const key = keyOf(task);
    if (key === null) continue;
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [task]);
    else list.push(task);
  }
  const parts = new Map([...lists].map(([key, list]) => [key, { tasks: list, group: toGroup(list) }]));
  const groups = [...parts.values()].map(({ group }) => group).sort(compare);
  return { tasks, parts, groups };
}

function regroup<Group>(known: Grouped, tasks: readonly Task[], grouping: Grouping<Group>): Grouped {
  if (known.tasks === tasks) return known;
  const { gone, come } = differences(known.tasks, tasks);
  const { keyOf, toGroup, compare } = grouping;
  const changed = new Map<Key, Task[]>();
  const listOf = (key: Key): Task[] => {
    const list = changed.get(key) ?? [...(known.parts.get(key)?.tasks ?? [])];
    changed.set(key, list);
    return list;
  };
  for (const task of gone) {
    const key = keyOf(task);
    if (key === null) continue;
    const list = listOf(key);
    list.splice(list.indexOf(task), 1);
  }
  for (const task of come) {
    const key = keyOf(task);
    if (key !== null) listOf(key).push(task);
  }
  const stale = new Set<unknown>();
  const fresh: Group[] = [];
  for (const [key, list] of changed) {
    const part = known.parts.get(key);
    if (part !== undefined) stale.add(part.group);
    known.parts.delete(key);
    if (list.length === 0) continue;
    // In the order of ids, as from nothing: what groups are made of must not depend on what came first.
    const group = toGroup(list.sort((a, b) => (a.id < b.id ? -1 : 1)));
    known.parts.set(key, { tasks: list, group });
    fresh.push(group);
  }
  const groups = merge(known.groups as readonly Group[], stale, fresh.sort(compare), compare);
  return { tasks, parts: known.parts, groups };
}

/** What differs between two lists sorted by id: a task that has changed is gone, and has come. */
function differences(
  before: readonly Task[],
  after: readonly Task[],
): { readonly gone: readonly Task[]; readonly come: readonly Task[] } {
  const gone: Task[] = [];
  const come: Task[] = [];
  let [left, right] = [0, 0];
  while (left < before.length || right < after.length) {
    const [old, task] = [before[left], after[right]];
    if (old === task) {
      left++;
      right++;
    } else if (task === undefined || (old !== undefined && old.id <= task.id)) {
      if (old !== undefined) gone.push(old);
      left++;
    } else {
      come.push(task);
      right++;
    }
  }
  return { gone, come };
}

function merge<Group>(
  groups: readonly Group[],
  stale: ReadonlySet<unknown>,
  fresh: readonly Group[],
  compare: (a: Group, b: Group) => number,
): readonly Group[] {
  const merged: Group[] = [];
  let next = 0;
  for (const group of groups) {
    if (stale.has(group)) continue;
    for (let other = fresh[next]; other !== undefined && compare(other, group) < 0; other = fresh[++next]) {
      merged.push(other);
    }
    merged.push(group);
  }
  for (; next < fresh.length; next++) merged.push(fresh[next] as Group);
  return merged;
}
