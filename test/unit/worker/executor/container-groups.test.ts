import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskId } from "../../../../shared/ids.ts";
import { ContainerGroups } from "../../../../worker/executor/container-groups.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";
import { testId } from "../../../support/objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const task = testId<TaskId>("t1");
const other = testId<TaskId>("t2");
const nobody = (): boolean => false;

/** Groups by name with the processes in them; what is killed goes unless it is immortal. */
function makeGroups(groups: Map<string, readonly number[]>, mounts: Readonly<Record<number, string>> = {}) {
  const clock = new VirtualClock();
  const killed: number[] = [];
  const files = new MemoryHostFiles(
    Object.fromEntries(Object.entries(mounts).map(([pid, text]) => [`/proc/${pid}/mountinfo`, text])),
  );
  const immortal = new Set<number>();
  const parts = {
    ...{ clock, files },
    cgroups: {
      namesIn: async (group: string) => (group === "/swarm" ? [...groups.keys()] : []),
      processesIn: async (group: string) => groups.get(group.slice("/swarm/".length)) ?? [],
      remove: async (group: string) => {
        groups.delete(group.slice("/swarm/".length));
        return true;
      },
    },
    processes: {
      identify: async (pid: number) => ({ pid, startTicks: "1" }),
      list: async () => [],
      commandLine: async () => [],
      kill: async ({ pid }: { readonly pid: number }) => {
        killed.push(pid);
        if (immortal.has(pid)) return true;
        for (const [name, pids] of groups)
          groups.set(
            name,
            pids.filter((one) => one !== pid),
          );
        return true;
      },
    },
  };
  const made = new ContainerGroups({ parent: "/swarm", containers: "/data/containers" }, parts);
  return { made, clock, killed, groups, immortal };
}

const rootOf = (data: string, id: string): string =>
  `36 35 0:31 / / rw - overlay overlay rw,lowerdir=l/A:l/B,upperdir=${data}/containers/${id}/upper,workdir=x\n`;

test("a group in which our container runs is stray; one of another daemon's, or of no task's name, is not", async () => {
  const groups = new Map([
    [task as string, [11]],
    [other as string, [22]],
    ["system.slice", [33]],
  ]);
  const { made } = makeGroups(groups, { 11: rootOf("/data", task), 22: rootOf("/elsewhere", other) });
  assert.deepEqual(await made.stray(nobody), [task]);
  assert.deepEqual(await made.stray(nobody), [task], "again and again");
  assert.deepEqual(await made.stray((id) => id === task), []);
});

test("an empty group is stray when it was empty at the last look, too", async () => {
  const { made, groups } = makeGroups(new Map([[task as string, []]]));
  assert.deepEqual(await made.stray(nobody), []);
  assert.deepEqual(await made.stray(nobody), [task]);
  groups.set(task, [44]);
  assert.deepEqual(await made.stray(nobody), [], "something of somebody else's runs in it now");
  groups.set(task, []);
  assert.deepEqual(await made.stray(nobody), []);
});

test("clearing kills what is in it and takes it away; what does not die is named", async () => {
  const { made, killed, groups, immortal, clock } = makeGroups(new Map([[task as string, [11, 12]]]));
  const cleared = made.clear(task);
  await clock.run(100);
  await cleared;
  assert.deepEqual([killed, groups.size], [[11, 12], 0]);
  await made.clear(task);
  groups.set(other, [66]);
  immortal.add(66);
  const failed = assert.rejects(made.clear(other), /task t2.* do not die: 66/);
  await clock.run(5_000);
  await failed;
});
