import assert from "node:assert/strict";
import { test } from "node:test";
import { readTable, type TopParts, top } from "../../../../worker/engine/streams/top.ts";
import { readLinks, readUsage } from "../../../../worker/engine/streams/usage.ts";

test("of a table of ps the rows of a container's processes are taken, with all words of the last column", () => {
  const text = "  PID USER     COMMAND\n   10 root     sh -c sleep 5\n   11 root     sleep  5\n  110 root     other\n";
  assert.deepEqual(readTable(text, new Set([10, 110])), {
    titles: ["PID", "USER", "COMMAND"],
    processes: [{ fields: ["10", "root", "sh -c sleep 5"] }, { fields: ["110", "root", "other"] }],
  });
});

test("ps is asked for the container's processes, as it leaves out those with a terminal, or for all where it must choose", async () => {
  const asked: string[] = [];
  const told: string[] = [];
  const parts = {
    onUse: (key: string, action: string) => told.push(`${key} ${action}`),
    lookup: { findRunning: async () => ({ key: "k", name: "web" }) },
    cgroups: { processesIn: async (group: string) => (group === "/batch/k" ? [10, 11] : []) },
    groupOf: (key: string) => `/batch/${key}`,
    commands: {
      run: async (argv: readonly string[]) => {
        const isRefused = argv.includes("-ef") && argv.includes("-q10,11");
        asked.push(argv.join(" "));
        return { exitCode: isRefused ? 1 : 0, stdout: "PID COMMAND\n10 a\n12 b\n", stderr: "" };
      },
    },
  } as unknown as TopParts;
  const fieldsOf = async (psOptions: string[]): Promise<unknown> =>
    (await top(parts, { container: "web", psOptions })).processes?.map(({ fields }) => fields);
  assert.deepEqual(await fieldsOf(["-o", "pid,args"]), [["10", "a"]]);
  assert.deepEqual(await fieldsOf([]), [["10", "a"]]);
  assert.deepEqual(asked, ["ps -o pid,args -q10,11", "ps -ef -q10,11", "ps -ef"]);
  assert.deepEqual(told, ["k top", "k top"], "each time it is an event");
});

test("a table without process numbers is refused", () => {
  assert.throws(() => readTable("USER COMMAND\nroot sh\n", new Set([1])), { code: "invalidArgument", message: /PID/ });
});

function reading(files: Readonly<Record<string, string>>): (path: string) => Promise<string | null> {
  return async (path) => files[path] ?? null;
}

test("use is read from one hierarchy of control groups", async () => {
  const group = "/sys/fs/cgroup/swarm/x";
  const files = {
    "/sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
    [`${group}/cpu.stat`]: "usage_usec 1500\nuser_usec 7\n",
    [`${group}/memory.current`]: "5000\n",
    [`${group}/memory.stat`]: "anon 1\ninactive_file 1000\n",
    [`${group}/memory.max`]: "max\n",
    [`${group}/pids.current`]: "3\n",
    [`${group}/io.stat`]: "8:0 rbytes=10 wbytes=20 rios=1\n8:16 rbytes=1 wbytes=2 rios=1\n",
  };
  assert.deepEqual(await readUsage("/swarm/x", reading(files)), {
    cpuNs: 1_500_000,
    memoryBytes: 4_000,
    memoryLimitBytes: 0,
    pids: 3,
    readBytes: 11,
    writtenBytes: 22,
  });
});

test("use is read from a hierarchy for each controller", async () => {
  const files = {
    "/sys/fs/cgroup/cpuacct/swarm/x/cpuacct.usage": "77\n",
    "/sys/fs/cgroup/memory/swarm/x/memory.usage_in_bytes": "5000\n",
    "/sys/fs/cgroup/memory/swarm/x/memory.stat": "cache 1\ntotal_inactive_file 1000\n",
    "/sys/fs/cgroup/memory/swarm/x/memory.limit_in_bytes": "9223372036854771712\n",
    "/sys/fs/cgroup/pids/swarm/x/pids.current": "3\n",
    "/sys/fs/cgroup/blkio/swarm/x/blkio.throttle.io_service_bytes_recursive":
      "8:0 Read 10\n8:0 Write 20\n8:0 Sync 30\n8:16 Read 1\nTotal 31\n",
  };
  assert.deepEqual(await readUsage("/swarm/x", reading(files)), {
    cpuNs: 77,
    memoryBytes: 4_000,
    memoryLimitBytes: 0,
    pids: 3,
    readBytes: 11,
    writtenBytes: 20,
  });
});

test("what a host does not count is zero", async () => {
  const { cpuNs, memoryBytes, pids } = await readUsage("/swarm/x", reading({}));
  assert.deepEqual([cpuNs, memoryBytes, pids], [0, 0, 0]);
});

test("links are summed up without loopback", () => {
  const text = `Inter-|   Receive  |  Transmit
 face |bytes packets errs drop fifo frame compressed multicast|bytes packets
    lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0
  eth0: 100 1 0 0 0 0 0 0 200 1 0 0 0 0 0 0
  eth1:5 1 0 0 0 0 0 0 6 1 0 0 0 0 0 0
`;
  assert.deepEqual(readLinks(text), { receivedBytes: 105, sentBytes: 206 });
});
