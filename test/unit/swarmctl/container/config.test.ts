import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ContainerConfig } from "../../../../shared/rpc/gen/containers.ts";
import { containerConfig } from "../../../../swarmctl/container/config.ts";
import { CREATE_OPTIONS, RUN_OPTIONS } from "../../../../swarmctl/container/run-options.ts";
import { Flags } from "../../../../swarmctl/flags.ts";
import { longName } from "../../../../swarmctl/option-spec.ts";

const WORLD = {
  environment: { HERE: "yes" },
  absolute: (path: string) => `/home/ann/${path}`,
  readTextFile: () => "FROM_FILE=1\n# no\n",
};
const configOf = (flags: Readonly<Record<string, unknown>>, ...command: string[]): ContainerConfig =>
  containerConfig(["nginx", ...command], new Flags(flags), WORLD);

/** A flag, and what it makes of the configuration. */
const ROWS: readonly (readonly [
  flag: string,
  given: Readonly<Record<string, unknown>>,
  got: (config: ContainerConfig) => unknown,
  want: unknown,
])[] = [
  ["--name", { name: "web" }, (c) => c.name, "web"],
  ["--rm", { rm: true }, (c) => c.autoRemove, true],
  ["--restart", { restart: "on-failure:3" }, (c) => c.restart, { policy: "ON_FAILURE", retries: 3 }],
  ["--restart", { restart: "unless-stopped" }, (c) => c.restart, { policy: "UNLESS_STOPPED", retries: 0 }],
  ["--network", { network: ["host"] }, (c) => c.network, "host"],
  [
    "--network",
    { network: ["name=front,alias=shop,ip=10.9.0.4", "back"], networkAlias: ["web"], link: ["db:sql"] },
    (c) => [
      c.network,
      ...c.endpoints.map(({ network, aliases, address, links }) => [network, aliases, address, links]),
    ],
    ["front", ["front", ["shop", "web"], "10.9.0.4", ["db:sql"]], ["back", [], "", []]],
  ],
  [
    "--publish",
    { publish: ["127.0.0.1:8080:80/udp"] },
    (c) => c.ports.map((p) => [p.hostIp, p.publishedPort, p.targetPort, p.protocol]),
    [["127.0.0.1", 8080, 80, "UDP"]],
  ],
  ["--publish-all", { publishAll: true }, (c) => c.publishAll, true],
  ["--expose", { expose: ["80-81", "53/udp"] }, (c) => c.exposedPorts, ["80/tcp", "81/tcp", "53/udp"]],
  ["--interactive", { interactive: true }, (c) => [c.openStdin, c.stdinOnce], [true, true]],
  ["--tty", { tty: true }, (c) => c.task?.container?.tty, true],
  ["--entrypoint", { entrypoint: "/bin/a b" }, (c) => c.task?.container?.command, ["/bin/a b"]],
  ["--env", { env: ["A=1", "HERE", "NOT"] }, (c) => c.task?.container?.env, ["A=1", "HERE=yes"]],
  [
    "--env-file",
    { envFile: ["f"], env: ["FROM_FILE=2"] },
    (c) => c.task?.container?.env,
    ["FROM_FILE=1", "FROM_FILE=2"],
  ],
  ["--label", { label: ["a=1"] }, (c) => ({ ...c.task?.container?.labels }), { a: "1" }],
  ["--user", { user: "33:33" }, (c) => c.task?.container?.user, "33:33"],
  ["--workdir", { workdir: "/srv" }, (c) => c.task?.container?.dir, "/srv"],
  ["--hostname", { hostname: "h" }, (c) => c.task?.container?.hostname, "h"],
  ["--group-add", { groupAdd: ["audio"] }, (c) => c.task?.container?.groups, ["audio"]],
  ["--add-host", { addHost: ["db:10.0.0.5"] }, (c) => c.task?.container?.hosts, ["10.0.0.5 db"]],
  ["--dns", { dns: ["10.0.0.1"] }, (c) => c.task?.container?.dns?.nameservers, ["10.0.0.1"]],
  ["--read-only", { readOnly: true }, (c) => c.task?.container?.readOnly, true],
  ["--init", { init: true }, (c) => c.task?.container?.init, true],
  ["--stop-signal", { stopSignal: "INT" }, (c) => c.task?.container?.stopSignal, "INT"],
  ["--stop-timeout", { stopTimeout: "3" }, (c) => c.task?.container?.stopGracePeriodMs, 3_000],
  ["--cap-add", { capAdd: ["NET_ADMIN"] }, (c) => c.task?.container?.capabilityAdd, ["NET_ADMIN"]],
  [
    "--sysctl",
    { sysctl: ["net.core.somaxconn=9"] },
    (c) => ({ ...c.task?.container?.sysctls }),
    { "net.core.somaxconn": "9" },
  ],
  ["--ulimit", { ulimit: ["nofile=9:10"] }, (c) => c.task?.container?.ulimits, [{ name: "nofile", soft: 9, hard: 10 }]],
  ["--health-cmd", { healthCmd: "true" }, (c) => c.task?.container?.healthcheck?.test, ["CMD-SHELL", "true"]],
  ["--no-healthcheck", { healthcheck: false }, (c) => c.task?.container?.healthcheck?.test, ["NONE"]],
  ["--cpus", { cpus: "1.5" }, (c) => c.task?.limits?.nanoCpus, 1_500_000_000],
  ["--memory", { memory: "64m" }, (c) => c.task?.limits?.memoryBytes, 64 << 20],
  ["--memory-reservation", { memoryReservation: "32m" }, (c) => c.task?.reservations?.memoryBytes, 32 << 20],
  ["--memory-swap", { memory: "64m", memorySwap: "96m" }, (c) => c.task?.swapBytes, 32 << 20],
  ["--memory-swap", { memory: "64m", memorySwap: "-1" }, (c) => c.task?.swapBytes, -1],
  ["--pids-limit", { pidsLimit: "9" }, (c) => c.task?.limits?.pids, 9],
  ["--log-driver", { logDriver: "none" }, (c) => c.task?.logDriver?.name, "none"],
  ["--volume", { volume: ["data:/data:ro"] }, mountOf, ["VOLUME", "data", "/data", true]],
  ["--volume", { volume: ["./x:/x"] }, mountOf, ["BIND", "/home/ann/./x", "/x", false]],
  ["--volume", { volume: ["/only"] }, mountOf, ["VOLUME", "", "/only", false]],
  [
    "--tmpfs",
    { tmpfs: ["/t:size=1m,mode=700"] },
    (c) => [...mountOf(c), c.task?.container?.mounts[0]?.tmpfsSizeBytes, c.task?.container?.mounts[0]?.tmpfsMode],
    ["TMPFS", "", "/t", false, 1 << 20, 0o700],
  ],
];

function mountOf(config: ContainerConfig): readonly unknown[] {
  const mount = config.task?.container?.mounts[0];
  return [mount?.type, mount?.source, mount?.target, mount?.readOnly];
}

describe("a flag of `run`", () => {
  const names = new Set(RUN_OPTIONS.map(longName));
  for (const [flag, given, got, want] of ROWS)
    it(`${flag} ${JSON.stringify(given)}`, () => {
      assert.ok(names.has(flag), "it is an option");
      assert.deepEqual(got(configOf(given)), want);
    });

  it("is not one of the words behind the image", () => {
    assert.deepEqual(configOf({}, "sh", "-c", "exit 3").task?.container?.args, ["sh", "-c", "exit 3"]);
  });

  const REFUSED: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
    [{ restart: "sometimes" }, /expected no, on-failure/],
    [{ restart: "always:3" }, /only on-failure has a number/],
    [{ memorySwap: "96m" }, /--memory-swap needs a memory limit/],
    [{ memory: "64m", memorySwap: "32m" }, /less than --memory/],
    [{ memory: "much" }, /invalid size "much" for --memory/],
    [{ volume: ["a:b"] }, /absolute path/],
    [{ volume: ["a:/b:huge"] }, /invalid option "huge"/],
    [{ tmpfs: ["/t:color=red"] }, /invalid option "color=red"/],
    [{ expose: ["99999"] }, /invalid port/],
  ];
  for (const [given, sentence] of REFUSED)
    it(`is refused: ${JSON.stringify(given)}`, () => assert.throws(() => configOf(given), sentence));
});

it("`run` and `create` take no flag twice, and those of services that mean nothing here not at all", () => {
  for (const options of [RUN_OPTIONS, CREATE_OPTIONS]) {
    const names = options.map(longName);
    assert.deepEqual(
      names.filter((name, at) => names.indexOf(name) !== at),
      [],
    );
    // Those of a job are for `run --cluster`.
    const ofAJob = options === CREATE_OPTIONS ? ["--secret", "--config", "--constraint"] : [];
    for (const flag of ["--replicas", "--container-label", "--limit-memory", ...ofAJob])
      assert.ok(!names.includes(flag), flag);
  }
});
