/** Containers that come and go: what a host and its daemon have afterwards is what they had before. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

/** Enough for what one of them leaves to be told from what comes and goes by itself. */
const CYCLES = 15;
/** Everything that the first ones leave for good, such as a device of the host's way out, is there. */
const FIRST = 3;
/** Connections that the daemon happens to have. */
const FILES_BY_CHANCE = 6;

/** This host's: every lab of the machine has daemons. */
const DAEMON = `
here=$(readlink /proc/self/ns/net)
for pid in $(pgrep -f swarmd[.]mjs); do
  if [ "$(readlink /proc/$pid/ns/net)" = "$here" ]; then daemon=$pid; fi
done
`;

const LOOK = `${DAEMON}
echo "namespaces: $(find /run/swarm /run/netns -name 'swarm-*' 2>/dev/null | wc -l)"
echo "links: $(ip -o link | grep -vc ' sw-')"
echo "mounts: $(grep -vc ' - nsfs ' /proc/$daemon/mountinfo)"
echo "monitors: $(for pid in $(pgrep 'conmon|crun'); do readlink /proc/$pid/ns/net; done | grep -c "$here")"
echo "containers: $(ls /var/lib/swarm/containers | wc -l)"
echo "volumes: $(ls /var/lib/swarm/volumes | wc -l)"
echo "records: $(find /run/swarm -path '*containers*' -type f | wc -l)"
`;

describe("containers that come and go", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(1, { noSwarm: true });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const cycle = async (): Promise<void> => {
    const words = [
      "run",
      "-d",
      "--volume",
      "/data",
      "--publish",
      "80",
      "--stop-signal",
      "KILL",
      "busybox",
      "sleep",
      "9000",
    ];
    const id = (await lab.ctl("host1", ...words)).trim();
    await lab.ctl("host1", "restart", id);
    await lab.ctl("host1", "rm", "--force", "--volumes", id);
  };
  const filesOfDaemon = async (): Promise<number> =>
    Number(await lab.exec("host1", "sh", "-c", `${DAEMON} ls /proc/$daemon/fd | wc -l`));

  it("leave no processes, mounts, namespaces, links, files or open files", async () => {
    for (let at = 0; at < FIRST; at++) await cycle();
    const first = await lab.exec("host1", "sh", "-c", LOOK);
    const files = await filesOfDaemon();
    for (let at = 0; at < CYCLES; at++) await cycle();
    await waitFor("nothing to be left", async () => (await lab.exec("host1", "sh", "-c", LOOK)) === first);
    const more = (await filesOfDaemon()) - files;
    assert.ok(more < FILES_BY_CHANCE, `the daemon has ${more} more files open`);
    for (const none of ["namespaces", "monitors", "containers", "volumes"])
      assert.match(first, new RegExp(`^${none}: 0$`, "m"));
  });
});
