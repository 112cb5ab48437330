import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceSpec } from "../../../../../shared/rpc/gen/objects.ts";
import { Flags } from "../../../../../swarmctl/flags.ts";
import { createSpec } from "../../../../../swarmctl/service/spec/create-spec.ts";
import { updateSpec } from "../../../../../swarmctl/service/spec/update-spec.ts";

const world = { environment: { HOME: "/root" }, absolute: (path: string) => path, readTextFile: () => "A=file\nB=2\n" };
const create = (options: Record<string, unknown>, args = ["nginx"]): ServiceSpec =>
  createSpec(args, new Flags(options), world);
const update = (spec: ServiceSpec, options: Record<string, unknown>): ServiceSpec =>
  updateSpec(spec, new Flags(options), world);

test("an image alone is one replica of it and nothing else is said", () => {
  const spec = create({});
  assert.equal(spec.mode, "replicated");
  assert.deepEqual(spec.replicated, { replicas: 1, autoscale: "" });
  assert.equal(spec.task?.container?.image, "nginx");
  assert.deepEqual(spec.task?.container?.args, []);
  for (const unsaid of [spec.task?.limits, spec.task?.reservations, spec.task?.restart, spec.update]) {
    assert.equal(unsaid, null);
  }
  assert.equal("stopGracePeriodMs" in (spec.task?.container ?? {}), false);
});

test("options land where they belong", () => {
  const spec = create(
    {
      name: "web",
      replicas: "3",
      publish: ["80:80", "target=53,protocol=udp,mode=host"],
      env: ["C=3", "HOME"],
      envFile: ["x.env"],
      label: ["team=a"],
      containerLabel: ["c=d"],
      constraint: ["node.role==manager"],
      limitCpu: "0.5",
      limitMemory: "64m",
      reserveMemory: "32m",
      restartCondition: "on-failure",
      restartDelay: "0",
      updateParallelism: "0",
      stopGracePeriod: "30s",
      entrypoint: "sh -c",
      healthCmd: "true",
      capAdd: ["NET_ADMIN"],
      readOnly: true,
    },
    ["nginx", "echo", "--flag"],
  );
  const container = spec.task?.container;
  assert.equal(spec.annotations?.name, "web");
  assert.deepEqual({ ...spec.annotations?.labels }, { team: "a" });
  assert.deepEqual(spec.replicated, { replicas: 3, autoscale: "" });
  assert.deepEqual(
    spec.endpoint?.ports.map(({ publishMode }) => publishMode),
    ["INGRESS", "HOST"],
  );
  assert.deepEqual(container?.env, ["A=file", "B=2", "C=3", "HOME=/root"]);
  assert.deepEqual(container?.command, ["sh", "-c"]);
  assert.deepEqual(container?.args, ["echo", "--flag"]);
  assert.equal(container?.stopGracePeriodMs, 30_000);
  assert.deepEqual(container?.healthcheck?.test, ["CMD-SHELL", "true"]);
  assert.deepEqual(container?.capabilityAdd, ["NET_ADMIN"]);
  assert.equal(container?.readOnly, true);
  assert.deepEqual(spec.task?.limits, { nanoCpus: 5e8, memoryBytes: 64 * 2 ** 20, pids: 0, generic: [] });
  assert.deepEqual(spec.task?.reservations, { nanoCpus: 0, memoryBytes: 32 * 2 ** 20, pids: 0, generic: [] });
  assert.equal(spec.task?.restart?.condition, "ON_FAILURE");
  assert.equal(spec.task?.restart?.delayMs, 0);
  assert.equal(spec.update?.parallelism, 0);
  assert.equal(spec.update?.monitorMs, 5_000);
});

test("what an empty value undoes is not there from the start with one", () => {
  assert.deepEqual(create({ schedule: "", preDeploy: "" }), create({}));
  assert.deepEqual(create({ preDeploy: "", preDeployTimeout: "5s" }).preDeploy?.command, []);
});

test("a global service has no replicas", () => {
  assert.equal(create({ mode: "global" }).mode, "global");
  assert.throws(() => create({ mode: "global", replicas: "2" }), {
    message: /is only valid with a replicated service/,
  });
  assert.throws(() => create({ mode: "globe" }), { message: /expected replicated, global,/ });
  assert.throws(() => update(create({ mode: "global" }), { replicas: "2" }), {
    message: /only valid with a replicated/,
  });
});

test("secrets and configs are given, swapped and taken back by name", () => {
  const files = (spec: ServiceSpec) =>
    [spec.task?.container?.secrets ?? [], spec.task?.container?.configs ?? []].flat();
  const spec = create({
    secret: ["key_v1", "source=other,target=a"],
    config: ["source=site,target=/etc/site,mode=0400"],
  });
  assert.deepEqual(
    files(spec).map(({ sourceName, target, mode }) => [sourceName, target, mode]),
    [
      ["key_v1", "key_v1", undefined],
      ["other", "a", undefined],
      ["site", "/etc/site", 0o400],
    ],
  );
  const swapped = update(spec, {
    secretRm: ["key_v1", "other"],
    secretAdd: ["source=key_v2,target=key_v1"],
    configAdd: ["source=site,target=/etc/site,uid=5"],
  });
  assert.deepEqual(
    files(swapped).map(({ sourceName, target, uid }) => [sourceName, target, uid]),
    [
      ["key_v2", "key_v1", 0],
      ["site", "/etc/site", 5],
    ],
  );
  assert.throws(() => update(spec, { configRm: ["nope"] }), { message: /has no config "nope" to remove/ });
});

test("contradictions are refused", () => {
  const twice = { network: ["a", "name=a,alias=b"] };
  assert.throws(() => create(twice), { message: 'network "name=a,alias=b" is given twice' });
  assert.throws(() => create({ healthcheck: false, healthCmd: "x" }), { message: /--no-healthcheck conflicts/ });
  assert.throws(() => create({}, []), { message: /give the image to run/ });
});

test("privileges and limits can be given, changed and taken back", () => {
  const container = (spec: ServiceSpec) => spec.task?.container;
  assert.equal(container(create({}))?.noNewPrivileges, undefined);
  const spec = create({ securityOpt: ["no-new-privileges"], ulimit: ["nofile=10:20", "core=-1", "nofile=30"] });
  assert.equal(container(spec)?.noNewPrivileges, true);
  assert.deepEqual(container(spec)?.ulimits, [
    { name: "nofile", soft: 30, hard: 30 },
    { name: "core", soft: -1, hard: -1 },
  ]);
  const changed = update(spec, {
    securityOpt: ["no-new-privileges:false"],
    ulimitRm: ["core"],
    ulimitAdd: ["nproc=1:2", "nofile=1"],
  });
  assert.equal(container(changed)?.noNewPrivileges, false);
  assert.equal(
    "noNewPrivileges" in (container(update(changed, { securityOpt: ["no-new-privileges=default"] })) ?? {}),
    false,
  );
  assert.deepEqual(container(changed)?.ulimits, [
    { name: "nofile", soft: 1, hard: 1 },
    { name: "nproc", soft: 1, hard: 2 },
  ]);
  const refusals: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ securityOpt: ["seccomp"] }, /invalid --security-opt "seccomp": expected no-new-privileges/],
    [{ securityOpt: ["no-new-privileges=maybe"] }, /invalid --security-opt/],
    [{ ulimit: ["nofile"] }, /invalid --ulimit "nofile": expected NAME=SOFT\[:HARD\]/],
    [{ ulimit: ["nofile=1:2:3"] }, /invalid --ulimit/],
    [{ ulimit: ["files=1"] }, /invalid ulimit "files": expected one of core, cpu/],
    [{ ulimit: ["nofile=3:2"] }, /the soft limit 3 is above the hard limit 2/],
    [{ ulimit: ["nofile=-1:2"] }, /the soft limit -1 is above the hard limit 2/],
    [{ ulimit: ["nofile=99999999999999999999"] }, /limits are whole numbers/],
  ];
  for (const [options, message] of refusals) assert.throws(() => create(options), { message }, String(message));
  assert.throws(() => update(spec, { ulimitRm: ["stack"] }), {
    message: /the service has no ulimit "stack" to remove/,
  });
});

test("an update without options changes nothing, with --force only the counter", () => {
  const spec = create({ name: "web", publish: ["80:80"], env: ["A=1"], limitCpu: "1", stopGracePeriod: "3s" });
  assert.deepEqual(update(spec, {}), spec);
  const forced = update(spec, { force: true });
  assert.equal(forced.task?.forceUpdate, 1);
  assert.deepEqual({ ...forced, task: { ...forced.task, forceUpdate: 0 } }, spec);
});

test("removals come first and additions replace what has the same key", () => {
  const spec = create({
    name: "web",
    publish: ["80:80", "81:81"],
    env: ["A=1", "B=2"],
    label: ["x=1", "y=2"],
    constraint: ["node.role==worker"],
    mount: ["source=a,target=/a", "source=b,target=/b"],
  });
  const changed = update(spec, {
    image: "nginx:1.22",
    envAdd: ["A=9", "C=3"],
    envRm: ["B"],
    labelAdd: ["y=9"],
    labelRm: ["x"],
    publishRm: ["81/tcp"],
    publishAdd: ["80:80", "90:90"],
    constraintRm: ["node.role == worker"],
    constraintAdd: ["node.labels.a==b"],
    mountRm: ["/a"],
    mountAdd: ["source=c,target=/b"],
    args: "one 'two three'",
  });
  assert.equal(changed.task?.container?.image, "nginx:1.22");
  assert.deepEqual(changed.task?.container?.env, ["A=9", "C=3"]);
  assert.equal(changed.annotations?.name, "web");
  assert.deepEqual({ ...changed.annotations?.labels }, { y: "9" });
  assert.deepEqual(
    changed.endpoint?.ports.map(({ targetPort }) => targetPort),
    [80, 90],
  );
  assert.deepEqual(changed.task?.placement?.constraints, ["node.labels.a==b"]);
  assert.deepEqual(
    changed.task?.container?.mounts.map(({ source }) => source),
    ["c"],
  );
  assert.deepEqual(changed.task?.container?.args, ["one", "two three"]);
});

for (const [option, value, what] of [
  ["envRm", "Z", "environment variable"],
  ["labelRm", "z", "label"],
  ["containerLabelRm", "z", "container label"],
  ["publishRm", "99", "published target port"],
  ["mountRm", "/z", "mount"],
  ["constraintRm", "node.id==z", "constraint"],
] as const) {
  test(`removing a ${what} that is not there is refused (${option})`, () => {
    assert.throws(() => update(create({}), { [option]: [value] }), {
      code: "invalidArgument",
      message: `the service has no ${what} "${value}" to remove`,
    });
  });
}

test("an empty health command brings the image's check back", () => {
  const test = (spec: ServiceSpec): readonly string[] | undefined => spec.task?.container?.healthcheck?.test;
  const off = create({ healthcheck: false });
  assert.deepEqual(test(off), ["NONE"]);
  assert.deepEqual(test(update(off, { healthCmd: "true" })), ["CMD-SHELL", "true"]);
  assert.deepEqual(test(update(off, { healthCmd: "" })), []);
});

test("a health check that was taken away comes back, by =false or by saying anything about it", () => {
  const off = create({ healthcheck: false });
  const back = (options: Record<string, unknown>) => update(off, options).task?.container?.healthcheck;
  assert.deepEqual(back({ healthcheck: true })?.test, []);
  assert.deepEqual([back({ healthInterval: "3s" })?.test, back({ healthInterval: "3s" })?.intervalMs], [[], 3_000]);
  assert.deepEqual(update(create({ healthCmd: "true" }), { healthRetries: "2" }).task?.container?.healthcheck?.test, [
    "CMD-SHELL",
    "true",
  ]);
});

test("flags for what is not there are refused, each with what it needs", () => {
  for (const [options, message] of [
    [{ maxConcurrent: "2" }, /^--max-concurrent is only valid with a replicated job$/],
    [{ mode: "cron-job" }, /^invalid value "cron-job" for --mode: expected replicated, global, replicated-job/],
    [{ mode: "global-job", replicas: "2" }, /^--replicas is only valid with a replicated service or a replicated job$/],
    [
      { mode: "global-job", replicasMaxPerNode: "2" },
      /^--replicas-max-per-node is only valid with a replicated service or/,
    ],
    [
      { mode: "replicated-job", rollbackDelay: "1s" },
      /^--rollback-delay is only valid .* a replicated service or a global service$/,
    ],
  ] as const) {
    assert.throws(() => create(options), { code: "invalidArgument", message });
  }
  for (const withRegistryAuth of [true, false]) assert.deepEqual(create({ withRegistryAuth }), create({}));
});

test("a capability that was dropped or added comes back", () => {
  const caps = (spec: ServiceSpec): unknown => [
    spec.task?.container?.capabilityAdd,
    spec.task?.container?.capabilityDrop,
  ];
  const spec = create({ capAdd: ["NET_ADMIN", "cap_net_admin"], capDrop: ["CAP_CHOWN", "ALL"] });
  assert.deepEqual(caps(spec), [["NET_ADMIN"], ["CAP_CHOWN", "ALL"]]);
  assert.deepEqual(caps(update(spec, { capAdd: ["chown", "ALL"] })), [["NET_ADMIN"], []]);
  assert.deepEqual(caps(update(spec, { capDrop: ["net_admin"] })), [[], ["CAP_CHOWN", "ALL"]]);
  const twice = update(update(spec, { capAdd: ["CHOWN"] }), { capAdd: ["CHOWN"] });
  assert.deepEqual(caps(twice), [["NET_ADMIN", "CHOWN"], ["ALL"]]);
});

test("hosts are written NAME:ADDRESS and stored as Docker stores them", () => {
  const hostsOf = (spec: ServiceSpec) => spec.task?.container?.hosts;
  const spec = create({ host: ["db:10.0.0.1", "db:fd00::1", "web:[fd00::2]", "db:10.0.0.1"] });
  assert.deepEqual(hostsOf(spec), ["10.0.0.1 db", "fd00::1 db", "fd00::2 web"]);
  assert.deepEqual(hostsOf(update(spec, { hostRm: ["db"], hostAdd: ["new:10.0.0.9"] })), [
    "fd00::2 web",
    "10.0.0.9 new",
  ]);
  assert.deepEqual(hostsOf(update(spec, { hostRm: ["db:fd00::1"] })), ["10.0.0.1 db", "fd00::2 web"]);
  assert.throws(() => create({ host: ["db"] }), { message: 'invalid host "db" for --host: expected NAME:ADDRESS' });
  assert.throws(() => update(spec, { hostRm: ["nope"] }), { message: 'the service has no host "nope" to remove' });
});

test("what only Windows has is refused, unless it says nothing", () => {
  const sentence = / is only valid for containers of Windows, and all nodes run Linux$/;
  assert.throws(() => create({ isolation: "hyperv" }), { message: sentence });
  assert.throws(() => update(create({}), { credentialSpec: "file://x" }), { message: sentence });
  assert.deepEqual(create({ isolation: "default" }), create({}));
});

test("resolver, kernel settings and memory can be set and undone", () => {
  const spec = create({
    ...{ dns: ["9.9.9.9"], dnsSearch: ["a.test"], dnsOption: ["ndots:2"], sysctl: ["net.core.somaxconn=7"] },
    ...{ group: ["44"], oomScoreAdj: "-500", memorySwap: "-1", memorySwappiness: "0" },
  });
  const { container, swapBytes, memorySwappiness } = spec.task ?? {};
  assert.deepEqual(container?.dns, { nameservers: ["9.9.9.9"], search: ["a.test"], options: ["ndots:2"] });
  assert.deepEqual(Object.entries(container?.sysctls ?? {}), [["net.core.somaxconn", "7"]]);
  assert.deepEqual([container?.groups, container?.oomScoreAdj], [["44"], -500]);
  assert.deepEqual([swapBytes, memorySwappiness], [-1, 0]);
  const undone = update(spec, {
    ...{ dnsRm: ["9.9.9.9"], dnsSearchRm: ["a.test"], dnsOptionRm: ["ndots:2"], sysctlRm: ["net.core.somaxconn"] },
    ...{ groupRm: ["44"], oomScoreAdj: "0", memorySwap: "0", memorySwappiness: "-1" },
  });
  assert.deepEqual(undone.task?.container?.dns, { nameservers: [], search: [], options: [] });
  assert.deepEqual(Object.keys(undone.task?.container?.sysctls ?? {}), []);
  assert.deepEqual([undone.task?.container?.groups, undone.task?.container?.oomScoreAdj], [[], 0]);
});

test("the log driver and its options can be set, changed one by one, and begin anew with another driver", () => {
  const spec = create({ logDriver: "json-file", logOpt: ["max-size=1m", "max-file=5"] });
  const driverOf = ({ task }: typeof spec) => [task?.logDriver?.name, { ...task?.logDriver?.options }];
  assert.deepEqual(driverOf(spec), ["json-file", { "max-size": "1m", "max-file": "5" }]);
  assert.equal(create({}).task?.logDriver, null);
  assert.deepEqual(driverOf(create({ logOpt: ["max-size=1m"] })), ["", { "max-size": "1m" }]);
  assert.deepEqual(driverOf(update(create({}), { logOpt: ["max-size=1m"] })), ["", { "max-size": "1m" }]);
  assert.deepEqual(driverOf(update(spec, { logOpt: ["max-size=2m"] }))[1], { "max-size": "2m", "max-file": "5" });
  assert.deepEqual(driverOf(update(spec, { logOptRm: ["max-size"] }))[1], { "max-file": "5" });
  assert.deepEqual(driverOf(update(spec, { logDriver: "json-file" })), driverOf(spec));
  assert.deepEqual(driverOf(update(spec, { logDriver: "none" })), ["none", {}]);
  assert.deepEqual(driverOf(update(spec, { logDriver: "local", logOpt: ["max-file=2"] })), [
    "local",
    { "max-file": "2" },
  ]);
});

test("networks are named on the command line, and found by their ids when they are replaced or removed", () => {
  const named = {
    ...world,
    networkIds: new Map([
      ["front", "id1"],
      ["back", "id2"],
    ]),
  };
  const given = create({ network: ["front", "name=back,alias=a,alias=b,driver-opt=k=v=w"] }).task?.networks;
  assert.deepEqual(given?.[0], { target: "front", aliases: [], driverOptions: {} });
  assert.deepEqual([given?.[1]?.aliases, { ...given?.[1]?.driverOptions }], [["a", "b"], { k: "v=w" }]);
  const networks = ["id1", "id2"].map((target) => ({ target, aliases: [], driverOptions: {} }));
  const spec = create({});
  const before = { ...spec, task: spec.task && { ...spec.task, networks } };
  const after = updateSpec(before, new Flags({ networkRm: ["Front"], networkAdd: ["name=back,alias=x"] }), named);
  assert.deepEqual(
    after.task?.networks.map(({ target, aliases }) => [target, aliases]),
    [["id2", ["x"]]],
  );
  assert.throws(() => updateSpec(before, new Flags({ networkRm: ["other"] }), named), {
    message: /^the service has no network "other" to remove$/,
  });
  for (const [text, message] of [
    ["", /the name is missing/],
    ["alias=x", /the name is missing/],
    ["name=a,alias", /invalid field "alias"/],
    ["name=a,mac=1", /invalid field "mac"/],
    ["name=a,driver-opt=x", /invalid driver-opt "x"/],
  ] as const) {
    assert.throws(() => create({ network: [text] }), { code: "invalidArgument", message });
  }
});
