/** Managers that are locked: nothing on their disks opens without the unlock key, and containers do not mind. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DockerCli } from "../support/docker-cli.ts";
import { Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

const CERTIFICATES = "/var/lib/swarm/certificates";
const KEY_FILE = "/run/swarm/unlock-key";
const SENTENCE =
  /Swarm is encrypted and needs to be unlocked before it can be used\. Please use "(docker swarm|swarmctl) unlock" to unlock it\./;
const KEY = /SWMKEY-1-[A-Za-z0-9+/]{43}/;
const FOREIGN_KEY = `SWMKEY-1-${"A".repeat(43)}`;

describe("a swarm whose managers are locked", { timeout: 600_000 }, () => {
  let lab: Lab;
  let docker: DockerCli;
  let key = "";
  before(async () => {
    lab = await Lab.up(3, { noSwarm: true, daemonOptions: ["--unlock-key-file", KEY_FILE] });
    docker = await DockerCli.on(lab);
  });
  after(async () => {
    docker?.[Symbol.dispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  const ctl = async (host: string, ...words: string[]): Promise<string> => (await lab.ctl(host, ...words)).trim();
  const refused = async (host: string, ...words: string[]): Promise<string> => {
    const { exitCode, stderr } = await lab.tryCtl(host, ...words);
    assert.equal(exitCode, 1, words.join(" "));
    return stderr;
  };
  const dockerRefused = async (host: string, ...words: string[]): Promise<string> => {
    const { exitCode, stderr } = await docker.try(host, ...words);
    assert.equal(exitCode, 1, words.join(" "));
    return stderr;
  };
  const stateOf = (host: string): Promise<string> => ctl(host, "info", "--format", "{{.Swarm.LocalNodeState}}");
  const pidsOf = (host: string): Promise<string> => lab.exec(host, "sh", "-c", "cat /run/swarm/containers/*/pid");
  /** Private files that are on a host's disk as they are. */
  const inClear = async (host: string): Promise<string> =>
    (await lab.tryExec(host, "grep", "-rlE", 'PRIVATE KEY|"key": ', CERTIFICATES)).stdout.trim();
  const untilSealed = (host: string): Promise<unknown> =>
    waitFor(`the keys of ${host} to be sealed`, async () => (await inClear(host)) === "");
  const restart = async (host: string): Promise<void> => {
    await lab.killDaemon(host);
    await lab.startDaemon(host);
  };
  const untilReachable = (host: string): Promise<unknown> =>
    waitFor(`${host} to be a manager again`, async () => {
      const asked = host === "host1" ? "host3" : "host1";
      const words = ["node", "ls", "--filter", `name=${host}`, "--format", "{{.Status}} {{.ManagerStatus}}"];
      return /^Ready (Reachable|Leader)$/.test(await ctl(asked, ...words));
    });
  const unlock = (host: string, text: string) => lab.tryCtlWith(`${text}\n`, host, "unlock");
  const dockerUnlock = (host: string, text: string) =>
    lab.tryExec(host, "sh", "-c", `echo ${text} | ${docker.command("swarm", "unlock").join(" ")}`);

  it("is made by docker's command line, which shows the key, and no key is ever on a disk as it is", async () => {
    const said = await docker.run("host1", "swarm", "init", "--autolock", "--advertise-addr", lab.ip("host1"));
    assert.match(said, /To unlock a swarm manager after it restarts, run the `docker swarm unlock`/);
    key = KEY.exec(said)?.[0] ?? "";
    assert.equal(await ctl("host1", "unlock-key", "-q"), key);
    assert.equal(await docker.run("host1", "swarm", "unlock-key", "-q"), key);
    assert.equal(
      await docker.run("host1", "info", "--format", "{{.Swarm.Cluster.Spec.EncryptionConfig.AutoLockManagers}}"),
      "true",
    );
    assert.equal(await inClear("host1"), "");
    const token = await ctl("host1", "join-token", "-q", "manager");
    for (const host of ["host2", "host3"]) {
      await lab.ctl(host, "join", "--token", token, `${lab.ip("host1")}:2377`);
      assert.equal(await inClear(host), "");
    }
    const shown = await ctl("host1", "inspect", "--type", "cluster").catch(() => "");
    assert.ok(!shown.includes(key));
  });

  it("comes up locked after a crash: its containers go on, and everything about the swarm is refused", async () => {
    await lab.ctl("host1", "service", "create", "--name", "held", "--mode", "global", "busybox", "sleep", "100000");
    const pids = await pidsOf("host2");
    await restart("host2");
    assert.equal(await stateOf("host2"), "locked");
    assert.equal(await pidsOf("host2"), pids);
    assert.equal(await docker.run("host2", "info", "--format", "{{.Swarm.LocalNodeState}}"), "locked");
    assert.match(await docker.run("host2", "ps", "--format", "{{.Names}} {{.State}}"), /^held\.\S+ running$/);
    assert.match(await ctl("host2", "ps", "--format", "{{.Names}}"), /^held\./);
    assert.equal(await docker.run("host2", "info", "--format", "{{.ContainersRunning}}"), "1");
    assert.equal(await ctl("host2", "info", "--format", "{{.ContainersRunning}}"), "1");
    assert.match(await ctl("host2", "system", "df"), /^Containers +1 +1 /m);
    const [name = ""] = (await ctl("host2", "ps", "--format", "{{.Names}}")).split("\n");
    assert.equal(await ctl("host2", "exec", name, "cat", "/proc/1/comm"), "sleep");
    assert.match(await refused("host2", "stop", name), /belongs to a service/);
    for (const words of [["node", "ls"], ["service", "ls"], ["unlock-key"], ["update", "--autolock=false"]]) {
      assert.match(await refused("host2", ...words), SENTENCE);
    }
    for (const words of [
      ["node", "ls"],
      ["service", "ls"],
      ["swarm", "unlock-key"],
      ["secret", "ls"],
    ]) {
      assert.match(await dockerRefused("host2", ...words), SENTENCE);
    }
    assert.match(
      await refused("host2", "leave"),
      /Swarm is encrypted and locked\. Please unlock it first or use `--force`/,
    );
    assert.match(await dockerRefused("host2", "swarm", "init"), /already part of a swarm/);
    assert.match((await unlock("host2", "nonsense")).stderr, /invalid unlock key/);
    assert.match((await unlock("host2", FOREIGN_KEY)).stderr, /swarm could not be unlocked: invalid key provided/);
    assert.match((await dockerUnlock("host2", FOREIGN_KEY)).stderr, /invalid key provided/);
    assert.equal(await stateOf("host2"), "locked");
  });

  it("goes on as before when it is unlocked", async () => {
    const pids = await pidsOf("host2");
    assert.equal((await unlock("host2", key)).exitCode, 0);
    await untilReachable("host2");
    assert.equal(await pidsOf("host2"), pids);
    assert.match(await refused("host2", "unlock"), /swarm is not locked/);
    assert.match(await dockerRefused("host2", "swarm", "unlock"), /swarm is not locked/);
  });

  it("takes a new key on every manager, and one that was down opens with its old key once more", async () => {
    await lab.stopDaemon("host3");
    const old = key;
    key = await docker.run("host1", "swarm", "unlock-key", "--rotate", "-q");
    assert.notEqual(key, old);
    await waitFor("the leader to be locked with the new key", async () =>
      (await lab.logs("host1")).includes("under its former lock has been replaced"),
    );
    await lab.startDaemon("host3");
    assert.match((await unlock("host3", key)).stderr, /invalid key provided/);
    assert.equal((await dockerUnlock("host3", old)).exitCode, 0);
    await untilReachable("host3");
    await waitFor("host3 to follow to the new key", async () =>
      (await lab.logs("host3")).includes("keys have a new lock"),
    );
    await restart("host3");
    assert.match((await unlock("host3", old)).stderr, /invalid key provided/);
    assert.equal((await unlock("host3", key)).exitCode, 0);
    await untilReachable("host3");
  });

  it("leaves no lock on a worker, and locks a worker that becomes a manager", async () => {
    await lab.ctl("host1", "node", "demote", "host3");
    await waitFor("host3's keys to be open", async () => (await inClear("host3")) !== "");
    await restart("host3");
    assert.equal(await stateOf("host3"), "active");
    await lab.ctl("host1", "node", "promote", "host3");
    await untilReachable("host3");
    await untilSealed("host3");
    await restart("host3");
    assert.equal((await unlock("host3", key)).exitCode, 0);
    await untilReachable("host3");
  });

  it("unlocks itself where it is told a file with the key, and says why when the key is another's", async () => {
    await lab.exec("host2", "sh", "-c", `umask 077; echo ${FOREIGN_KEY} > ${KEY_FILE}`);
    await restart("host2");
    assert.match(
      await ctl("host2", "info", "--format", "{{.Swarm.Error}}"),
      /--unlock-key-file does not open it: .*invalid key/,
    );
    await lab.exec("host2", "sh", "-c", `echo ${key} > ${KEY_FILE}`);
    await restart("host2");
    await untilReachable("host2");
    await lab.exec("host2", "rm", KEY_FILE);
  });

  it("is opened again by its last unlocked manager, which knows the key without a majority", async () => {
    await Promise.all(["host1", "host3"].map(restart));
    for (const host of ["host1", "host3"]) assert.equal(await stateOf(host), "locked");
    assert.match(await refused("host2", "node", "ls"), /The swarm does not have a leader\./);
    assert.match(await refused("host2", "unlock-key", "--rotate"), /The swarm does not have a leader\./);
    const { stdout, stderr } = await lab.tryCtl("host2", "unlock-key", "-q");
    assert.equal(stdout.trim(), key);
    assert.match(stderr, /the key that this manager knew last/);
    assert.equal(await docker.run("host2", "swarm", "unlock-key", "-q"), key);
    for (const host of ["host1", "host3"]) assert.equal((await unlock(host, key)).exitCode, 0);
    await untilReachable("host1");
    await untilReachable("host3");
  });

  it("is left by force without the key", async () => {
    await restart("host3");
    assert.equal(await stateOf("host3"), "locked");
    await lab.ctl("host3", "leave", "--force");
    assert.equal(await stateOf("host3"), "inactive");
    assert.equal(await lab.exec("host3", "ls", CERTIFICATES), "");
    await waitFor("host3 to be down", async () =>
      (await ctl("host1", "node", "ls", "--filter", "name=host3", "--format", "{{.Status}}")).startsWith("Down"),
    );
    await lab.ctl("host1", "node", "demote", "host3");
    await lab.ctl("host1", "node", "rm", "host3");
  });

  it("is not locked any more when that is turned off, and locked with another key when it is turned on again", async () => {
    assert.equal(await docker.run("host1", "swarm", "update", "--autolock=false"), "Swarm updated.");
    assert.match(await refused("host1", "unlock-key"), /no unlock key is set/);
    assert.match(await refused("host1", "unlock-key", "--rotate"), /cannot rotate because autolock is not turned on/);
    await waitFor("both managers' keys to be open", async () =>
      (await Promise.all(["host1", "host2"].map(inClear))).every((files) => files !== ""),
    );
    await restart("host2");
    await waitFor("host2 to be active", async () => (await stateOf("host2")) === "active");
    await waitFor("a leader", async () => (await ctl("host2", "node", "ls", "-q")) !== "");
    const said = await ctl("host1", "update", "--autolock");
    assert.match(said, /^Swarm updated\.\nTo unlock a swarm manager after it restarts, run the `swarmctl unlock`/);
    assert.notEqual(KEY.exec(said)?.[0], key);
    await untilSealed("host1");
    await untilSealed("host2");
  });
});
