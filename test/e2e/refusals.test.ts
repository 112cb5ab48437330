/**
 * Bad input, on one manager and two workers: each is refused with one clear sentence and a non-zero exit code, and
 * changes nothing.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type CommandResult, Lab } from "../support/lab.ts";
import { nodeOf, nodesOf, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const create = (...args: string[]): string[] => ["service", "create", "--detach", ...args];

/** Each must leave `service ls` as it was. */
const BAD_SERVICES: readonly (readonly [string, readonly string[], RegExp])[] = [
  ["an unknown image", create("nosuchimage"), /nosuchimage/],
  ["an unknown tag", create("nginx:nosuchtag"), /nginx:nosuchtag/],
  ["a name that is taken", create("--name", "web", "nginx"), /name conflicts|already exists|in use/i],
  ["a published port that is taken", create("--name", "web2", "-p", "80:80", "nginx"), /port '?80.*web/i],
  ["a name that is no name", create("--name", "no_such/name", "nginx"), /name/i],
  ["an image that is no image", create("Not An Image"), /image|reference/i],
  ["a constraint without an operator", create("--constraint", "node.role=manager", "nginx"), /constraint/i],
  ["a port out of range", create("-p", "70000:80", "nginx"), /port/i],
  ["a host address that is none", create("-p", "eth0:80:80", "nginx"), /"eth0" is no address of hosts/],
  ["a port of the swarm's", create("-p", "7946:80", "nginx"), /7946\/tcp cannot be published: the swarm's gossip/],
  ["a port that is no port", create("-p", "eighty:80", "nginx"), /port/i],
  ["a memory size that is none", create("--limit-memory", "much", "nginx"), /memory|size/i],
  ["less memory than a process needs", create("--limit-memory", "1m", "nginx"), /4 ?MiB|memory/i],
  ["a mount without a target", create("--mount", "type=volume,source=data", "nginx"), /target/i],
  ["a mount of an unknown type", create("--mount", "type=cloud,target=/x", "nginx"), /type/i],
  [
    "a propagation that is none",
    create("--mount", "type=bind,source=/tmp,target=/x,bind-propagation=wide", "nginx"),
    /expected private, rprivate, shared, rshared, slave or rslave/,
  ],
  [
    "read-only for sure and propagated",
    create("--mount", "type=bind,source=/tmp,target=/x,ro,bind-recursive=readonly,bind-propagation=slave", "nginx"),
    /bind-recursive=readonly needs bind-propagation=rprivate/,
  ],
  ["a volume driver that is not there", create("--mount", "target=/x,volume-driver=rexray", "nginx"), /only "local"/],
  [
    "a volume option that is none",
    create("--mount", "target=/x,volume-opt=speed=9", "nginx"),
    /invalid volume option "speed": the driver "local" has type, o, device and size/,
  ],
  [
    "a volume to be mounted from nowhere",
    create("--mount", "target=/x,volume-opt=type=nfs", "nginx"),
    /volume-opt=device=\.\.\. is missing/,
  ],
  ["a volume label without a key", create("--mount", "target=/x,volume-label==b", "nginx"), /expected KEY=VALUE/],
  [
    "a part outside of a volume",
    create("--mount", "source=data,target=/x,volume-subpath=../y", "nginx"),
    /invalid volume subpath "\.\.\/y": it must be a relative path inside of the volume/,
  ],
  [
    "a part of a new volume",
    create("--mount", "target=/x,volume-subpath=y", "nginx"),
    /volume-subpath needs a source, for a new volume is empty/,
  ],
  [
    "a volume option on a bind",
    create("--mount", "type=bind,source=/a,target=/x,volume-nocopy", "nginx"),
    /type=volume/,
  ],
  [
    "a memory option that is none",
    create("--mount", "type=tmpfs,target=/x,tmpfs-options=suid", "nginx"),
    /exec or noexec/,
  ],
  ["replicas of a global service", create("--mode", "global", "--replicas", "2", "nginx"), /replicas/i],
  ["a capability Linux does not have", create("--cap-add", "NOPE", "nginx"), /no capability "NOPE"/],
  ["a signal Linux does not have", create("--stop-signal", "SIGFOO", "nginx"), /no signal "SIGFOO"/],
  [
    "a number wider than its field",
    create("--health-cmd", "true", "--health-retries", "4294967297", "nginx"),
    /retries/,
  ],
  ["more retries than make sense", create("--health-cmd", "true", "--health-retries", "10001", "nginx"), /retries/],
  ["a duration beyond all use", create("--stop-grace-period", "99999999h", "nginx"), /at most 87600h/],
  ["more processes than the kernel has", create("--limit-pids", "5000000", "nginx"), /pids/],
  ["a switch that is neither on nor off", create("--read-only=perhaps", "nginx"), /"perhaps" for --read-only/],
  ["an option that update has in two forms", ["service", "update", "--publish", "81:80", "web"], /--publish-add/],
  ["scaling one that is there and one that is not", ["service", "scale", "-d", "web=2", "nope=2"], /nope not found/],
  ["an env file that is no UTF-8", create("--env-file", "/proc/self/exe", "nginx"), /is not UTF-8/],
  [
    "a rollback that is to be rolled back",
    create("--rollback-failure-action", "rollback", "nginx"),
    /pause or continue/,
  ],
  ["a rollback of a service that was never updated", ["service", "rollback", "web"], /no previous spec/],
  ["a rollback with further changes", ["service", "update", "--rollback", "--force", "web"], /--rollback may only/],
  ["a log driver there is not", create("--log-driver", "fluentd", "nginx"), /k8s-file, journald, syslog or none$/m],
  [
    "a log option there is not",
    create("--log-opt", "colour=x", "nginx"),
    /"colour" .*: expected max-size, max-file, labels, env or tag$/m,
  ],
  ["a log size that is none", create("--log-opt", "max-size=ten", "nginx"), /invalid max-size "ten"/],
  ["a log of no files", create("--log-opt", "max-file=0", "nginx"), /invalid max-file "0"/],
  ["an option of no log", create("--log-driver", "none", "--log-opt", "max-file=2", "nginx"), /none has no option/],
  ["an unknown mode", create("--mode", "sometimes", "nginx"), /mode/i],
  [
    "update settings of a job",
    create("--mode", "replicated-job", "--update-delay", "1s", "nginx"),
    /--update-delay is only valid with a replicated service or a global service/,
  ],
  ["a number for a global job", create("--mode", "global-job", "--replicas", "2", "nginx"), /--replicas is only valid/],
  ["a list by an unknown mode", ["service", "ls", "--filter", "mode=sometimes"], /expected replicated.*global-job/],
  ["a network there is not", create("--network", "front", "nginx"), /network front not found/],
  ["the same later", ["service", "update", "--network-add", "front", "web"], /network front not found/],
  [
    "more jobs at once",
    create("--max-concurrent", "2", "nginx"),
    /--max-concurrent is only valid with a replicated job/,
  ],
  ["Windows' credentials", create("--credential-spec", "file://x", "nginx"), /only valid for containers of Windows/],
  ["Windows' isolation", create("--isolation", "hyperv", "nginx"), /only valid for containers of Windows/],
  [
    "no health check and one",
    create("--no-healthcheck", "--health-cmd", "true", "nginx"),
    /--no-healthcheck conflicts/,
  ],
  ["a strategy that is none", create("--placement-pref", "pack=node.labels.a", "nginx"), /spread=node\.labels\.KEY/],
  ["a preference with a value", create("--placement-pref", "spread=node.labels.a=b", "nginx"), /placement preference/],
  ["no generic resources at all", create("--generic-resource", "gpu=0", "nginx"), /at least 1/],
  ["a kind without a number", create("--generic-resource", "gpu", "nginx"), /expected KIND=VALUE/],
  ["a group that is none", create("--group", "a b", "nginx"), /invalid group "a b"/],
  ["a host without address", create("--host", "db", "nginx"), /expected NAME:ADDRESS/],
  ["a host whose address is none", create("--host", "db:10.0.0", "nginx"), /invalid address of a host "10\.0\.0"/],
  ["a name server by its name", create("--dns", "dns.test", "nginx"), /invalid name server "dns\.test"/],
  ["a search domain that is none", create("--dns-search", "a b", "nginx"), /invalid search domain "a b"/],
  ["a resolver option of two words", create("--dns-option", "ndots:1 x", "nginx"), /invalid DNS option/],
  [
    "a kernel setting of the host",
    create("--sysctl", "kernel.panic=1", "nginx"),
    /invalid kernel setting "kernel\.panic"/,
  ],
  ["a kernel setting without a value", create("--sysctl", "net.core.somaxconn", "nginx"), /net\.core\.somaxconn/],
  // Found by the command line: validate-service.test.ts has the managers' own check.
  ["a ulimit that is none", create("--ulimit", "files=1", "nginx"), /invalid ulimit "files"/],
  ["a soft ulimit above the hard one", create("--ulimit", "nofile=2:1", "nginx"), /above the hard limit/],
  ["an OOM score out of range", create("--oom-score-adj", "1001", "nginx"), /in -1000\.\.1000/],
  ["swap without a memory limit", create("--memory-swap", "1g", "nginx"), /a swap limit needs a memory limit/],
  ["a swappiness out of range", create("--memory-swappiness", "101", "nginx"), /in -1\.\.100/],
  ["a driver there is not", create("--log-driver", "fluentd", "nginx"), /log driver/],
  ["a size of logs that is none", create("--log-opt", "max-size=much", "nginx"), /max-size/],
  ["an unknown security option", create("--security-opt", "colour=x", "nginx"), /invalid --security-opt/],
  ["a template that is none", create("--env", "A={{.Task", "nginx"), /template/],
  ["a template of nothing there is", create("--hostname", "{{.Nope}}", "nginx"), /Nope/],
  ["an endpoint mode that is none", create("--endpoint-mode", "mesh", "nginx"), /expected vip or dnsrr/],
  [
    "taking away what is not there",
    ["service", "update", "--dns-rm", "9.9.9.9", "web"],
    /has no name server "9\.9\.9\.9"/,
  ],
  ["a secret there is not", create("--secret", "nosuchsecret", "nginx"), /^Error: secret not found: nosuchsecret$/m],
  ["a config there is not", create("--config", "nosuchconfig", "nginx"), /^Error: config not found: nosuchconfig$/m],
  [
    "two files at one target",
    create("--secret", "key", "--config", "source=site,target=/run/secrets/key", "nginx"),
    /duplicate target \/run\/secrets\/key: config site and secret key/,
  ],
  [
    "a file where a mount is",
    create("--secret", "key", "--mount", "type=tmpfs,target=/run/secrets/key", "nginx"),
    /duplicate target \/run\/secrets\/key: secret key and a mount/,
  ],
  ["a target with ..", create("--secret", "source=key,target=../key", "nginx"), /invalid secret target/],
  ["a mode that is none", create("--secret", "source=key,mode=999", "nginx"), /octal digits/],
  ["a secret without source", create("--secret", "target=/x", "nginx"), /source is missing/],
];

/** Each must leave `secret ls` and `config ls` as they were. */
const BAD_CONTENTS: readonly (readonly [string, readonly string[], string, RegExp])[] = [
  ["an empty secret", ["secret", "create", "empty", "-"], "", /empty is empty/],
  ["an empty config", ["config", "create", "empty", "-"], "", /empty is empty/],
  ["a large secret", ["secret", "create", "large", "-"], "x".repeat(512_001), /too large: at most 512000 bytes/],
  ["a large config", ["config", "create", "large", "-"], "x".repeat(1_024_001), /too large: at most 1024000 bytes/],
  ["a secret's name that is taken", ["secret", "create", "KEY", "-"], "x", /secret KEY already exists/],
  ["a config's name that is none", ["config", "create", "a/b", "-"], "x", /invalid config name "a\/b"/],
  ["an unknown template driver", ["config", "create", "--template-driver", "perl", "t", "-"], "x", /template driver/],
  ["a template that is none", ["config", "create", "--template-driver", "golang", "t", "-"], "{{if}}", /template/],
  ["a secret in use", ["secret", "rm", "key"], "", /secret key is in use by service web/],
  ["a file that is not there", ["secret", "create", "a", "/no/such/file"], "", /no such file/],
];

describe("bad input", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(3, { noSwarm: true });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  it("a command for the cluster on a host that is in none", async () => {
    refused(await lab.tryCtl("host1", "node", "ls"), /not a swarm manager.*swarmctl init/s);
    refused(await lab.tryCtl("host1", "leave"), /not part of a swarm/);
  });

  it("joining with a bad token, at a wrong address, twice", async () => {
    await lab.ctl("host1", "init", "--advertise-addr", lab.ip("host1"));
    const token = (await lab.ctl("host1", "join-token", "-q", "worker")).trim();
    const join = (host: string, text: string, address: string): Promise<CommandResult> =>
      lab.tryCtl(host, "join", "--token", text, "--advertise-addr", lab.ip(host), address);
    const manager = `${lab.ip("host1")}:2377`;
    refused(await join("host2", "SWMTKN-1-short", manager), /token/i);
    const changed = token.endsWith("0") ? "1" : "0";
    refused(await join("host2", `${token.slice(0, -1)}${changed}`, manager), /valid join token/i);
    const parts = token.split("-");
    refused(
      await join("host2", [...parts.slice(0, 2), "0".repeat(50), parts[3]].join("-"), manager),
      /does not belong|digest/i,
    );
    refused(await join("host2", token, `${lab.ip("host3")}:2377`), /cannot connect.*refused/i);
    refused(
      await join("host2", token, `${lab.ip("host1")}:7946`),
      /closed before TLS began; managers listen on port 2377/,
    );
    assert.equal((await nodesOf(lab, "host1")).length, 1, "nobody has joined");
    for (const host of ["host2", "host3"])
      await lab.ctl(host, "join", "--token", token, "--advertise-addr", lab.ip(host), manager);
    refused(await join("host2", token, manager), /already part of a swarm/);
    refused(await lab.tryCtl("host1", "init", "--advertise-addr", lab.ip("host1")), /already part of a swarm/);
    await lab.ctl("host1", "join-token", "--rotate", "-q", "worker");
    await lab.ctl("host3", "leave");
    refused(await join("host3", token, manager), /valid join token/i);
    const fresh = (await lab.ctl("host1", "join-token", "-q", "worker")).trim();
    assert.equal((await join("host3", fresh, manager)).exitCode, 0);
  });

  it("a command for the cluster on a worker", async () => {
    refused(await lab.tryCtl("host2", "service", "ls"), /Worker nodes can't be used to view or modify cluster state/);
  });

  it("services that cannot be", async () => {
    await lab.ctlWith("planted", "host1", "secret", "create", "key", "-");
    await lab.ctlWith("site", "host1", "config", "create", "site", "-");
    await lab.ctl("host1", ...create("--name", "web", "--secret", "key", "-p", "80:80", "nginx"));
    await untilRunning(lab, "host1", "web", 1);
    const before = await lab.ctl("host1", "service", "inspect", "web");
    // All of them, so that one that is accepted does not hide the others.
    const faults: string[] = [];
    for (const [what, args, sentence] of BAD_SERVICES) {
      const result = await lab.tryCtl("host1", ...args);
      try {
        refused(result, sentence, what);
        assert.equal(result.exitCode, 1, what);
        assert.equal(result.stderr.match(/^Error: /gm)?.length, 1, `${what}: ${result.stderr}`);
      } catch (error) {
        faults.push((error as Error).message);
      }
    }
    assert.deepEqual(faults, []);
    assert.equal(await lab.ctl("host1", "service", "inspect", "web"), before);
    const services = await lab.ctlJson<{ Name: string }>("host1", "service", "ls");
    assert.deepEqual(
      services.map(({ Name }) => Name),
      ["web"],
    );
  });

  it("secrets and configs that cannot be", async () => {
    for (const [what, args, input, sentence] of BAD_CONTENTS)
      refused(await lab.tryCtlWith(input, "host1", ...args), sentence, what);
    for (const [kind, name] of [
      ["secret", "key"],
      ["config", "site"],
    ] as const) {
      const found = await lab.ctlJson<{ Name: string }>("host1", kind, "ls");
      assert.deepEqual(
        found.map(({ Name }) => Name),
        [name],
      );
    }
  });

  it("things that are not there", async () => {
    refused(await lab.tryCtl("host1", "service", "ps", "nosuch"), /nosuch/);
    refused(await lab.tryCtl("host1", "service", "inspect", "nosuch"), /nosuch/);
    refused(await lab.tryCtl("host1", "service", "rm", "nosuch"), /nosuch/);
    refused(await lab.tryCtl("host1", "service", "scale", "nosuch=2"), /nosuch/);
    refused(await lab.tryCtl("host1", "node", "inspect", "nosuch"), /nosuch/);
    refused(await lab.tryCtl("host1", "service", "frobnicate"), /frobnicate|unknown command/i);
  });

  it("removing a ready node, demoting or leaving as the last manager", async () => {
    refused(await lab.tryCtl("host1", "node", "rm", "host2"), /not down|ready|--force/i);
    refused(await lab.tryCtl("host1", "node", "demote", "host1"), /last manager/);
    refused(await lab.tryCtl("host1", "leave"), /last manager.*--force/s);
    // host3 has left once and come back: its old node stays Down until it is removed, as in Docker.
    const ready = (await nodesOf(lab, "host1")).filter(({ Status }) => Status === "Ready");
    assert.equal(ready.length, 3);
  });

  it("a service while the registry is down, in time and without a trace", async () => {
    await lab.killDaemon("hub");
    refused(await lab.tryCtl("host1", ...create("--name", "late", "busybox")), /busybox/);
    await lab.startDaemon("hub");
    assert.equal((await lab.ctlJson("host1", "service", "ls")).length, 1);
  });

  it("a second daemon on the same data directory, one without root, one with a data directory it cannot use", async () => {
    const swarmd = async (...args: string[]): Promise<CommandResult> => lab.tryExec("host1", "timeout", "120", ...args);
    const second = await swarmd("swarmd", "--run-dir", "/run/second", "--advertise-addr", lab.ip("host1"));
    assert.equal(second.exitCode, 73);
    assert.match(second.stderr, /another swarmd is already using the data directory/);
    const unusable = await swarmd("swarmd", "--data-dir", "/proc/nowhere", "--run-dir", "/run/second");
    assert.equal(unusable.exitCode, 72);
    assert.match(unusable.stderr, /cannot use the data directory \/proc\/nowhere/);
    const flags = await swarmd("swarmd", "--no-such-flag");
    assert.equal(flags.exitCode, 2);
    const nobody = await swarmd(
      "setpriv",
      "--reuid",
      "65534",
      "--clear-groups",
      "--no-new-privs",
      "sh",
      "-c",
      "exec swarmd --data-dir /tmp/x",
    );
    assert.equal(nobody.exitCode, 71);
    assert.match(nobody.stderr, /must run as root/);
  });

  it("promotion makes a manager of a worker, demotion a worker again", async () => {
    await lab.ctl("host1", "node", "promote", "host2");
    await waitFor(
      "host2 to be a manager",
      async () => (await nodeOf(lab, "host1", "host2")).ManagerStatus === "Reachable",
    );
    await waitFor("host2 to answer as one", async () => (await lab.tryCtl("host2", "node", "ls")).exitCode === 0);
    await lab.ctl("host1", "node", "demote", "host2");
    await waitFor("host2 to refuse as a worker", async () => (await lab.tryCtl("host2", "node", "ls")).exitCode !== 0);
    assert.equal((await nodeOf(lab, "host1", "host2")).ManagerStatus, "");
  });

  it("a worker that leaves is down, can be removed, and its host is free for another swarm", async () => {
    await lab.ctl("host3", "leave");
    await waitFor("host3 down", async () =>
      (await nodesOf(lab, "host1")).some(({ Hostname, Status }) => Hostname === "host3" && Status === "Down"),
    );
    for (const { ID } of (await nodesOf(lab, "host1")).filter(({ Hostname }) => Hostname === "host3"))
      await lab.ctl("host1", "node", "rm", ID);
    assert.equal((await nodesOf(lab, "host1")).length, 2);
    assert.match(await lab.ctl("host3", "info"), /inactive/i);
  });
});

/** Non-zero exit, one sentence that says what is wrong, no stack trace. */
function refused({ exitCode, stdout, stderr }: CommandResult, sentence: RegExp, what = ""): void {
  assert.notEqual(exitCode, 0, `${what}: accepted with ${stdout}`);
  assert.match(stderr, sentence, what);
  assert.doesNotMatch(stderr, /^\s+at .*\.(ts|js|mjs)/m, `${what}: shows a stack`);
}
