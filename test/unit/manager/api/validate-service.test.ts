import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { validateServiceSpec } from "../../../../manager/api/validate-service.ts";
import { SPEC_LIMITS } from "../../../../shared/objects/limits.ts";
import type { ServiceSpec, TaskSpec } from "../../../../shared/objects/types.ts";
import type { ContainerSpec, Mount, PortConfig, Resources, Ulimit } from "../../../../shared/rpc/gen/objects.ts";
import { ANYWHERE } from "../../../../shared/service-spec/defaults.ts";
import * as make from "../../../support/objects.ts";

type Parts = make.ServiceSpecParts;

const task = (part: Partial<TaskSpec>): Parts => ({ task: make.createTaskSpec(part) });
const container = (part: Partial<ContainerSpec>): Parts => task({ container: make.createContainerSpec(part) });
const mounts = (...parts: readonly Partial<Mount>[]): Parts =>
  container({
    mounts: parts.map((part) => make.createMount({ source: "data", ...part })),
  });
const ports = (...parts: readonly Partial<PortConfig>[]): Parts => ({ ports: parts.map(make.createPort) });
const health = (part: Partial<NonNullable<ContainerSpec["healthcheck"]>>): Parts =>
  container({
    healthcheck: { test: [], intervalMs: 0, timeoutMs: 0, retries: 0, startPeriodMs: 0, startIntervalMs: 0, ...part },
  });
const update = (part: Partial<NonNullable<ServiceSpec["update"]>>): Parts => ({
  update: {
    parallelism: 1,
    delayMs: 0,
    monitorMs: 5000,
    failureAction: "PAUSE",
    maxFailureRatio: 0,
    order: "STOP_FIRST",
    canary: "",
    ...part,
  },
});
const rollback = (part: Partial<NonNullable<ServiceSpec["update"]>>): Parts => ({
  rollback: update(part).update ?? null,
});
const spreadOver = (...spread: string[]): Partial<TaskSpec> => ({
  placement: { ...ANYWHERE, spread },
});
const gpus = (value: number, ...names: string[]): Resources =>
  make.createResources({ generic: [{ kind: "gpu", value, names }] });
const restart = (part: Partial<NonNullable<TaskSpec["restart"]>>): Parts =>
  task({ restart: { condition: "ANY", maxAttempts: 0, windowMs: 0, ...part } });
const placement = (constraints: string[], maxReplicas = 0): Partial<TaskSpec> => ({
  placement: { ...ANYWHERE, constraints, maxReplicas },
});

type Refused = readonly [claim: string, parts: Parts, sentence: RegExp];

const many = (count: number): string[] => Array.from({ length: count }, (_, at) => `K${at}=x`);
const labelsOf = (count: number): Record<string, string> =>
  Object.fromEntries(many(count).map((text) => [text.slice(0, -2), "x"]));

const ulimits = (...parts: readonly Partial<Ulimit>[]): Parts =>
  container({ ulimits: parts.map((part) => ({ name: "nofile", soft: 2, hard: 2, ...part })) });
/** One more than the table of limits allows, of everything in a spec. */
const dns = (part: Partial<NonNullable<ContainerSpec["dns"]>>): Parts =>
  container({ dns: { nameservers: [], search: [], options: [], ...part } });

/** Wrong words for a container's groups, names, resolver, kernel settings and memory. */
const WRONG_NAMES: readonly Refused[] = [
  ["a group with a blank", container({ groups: ["a b"] }), /invalid group "a b"/],
  [
    "a host without name",
    container({ hosts: ["10.0.0.1"] }),
    /invalid host "10.0.0.1": expected an address and a name/,
  ],
  ["a host without address", container({ hosts: ["db 10.0.0.1"] }), /invalid address of a host "db"/],
  ["a host of two lines", container({ hosts: ["10.0.0.1 a\n10.0.0.2"] }), /invalid host "a\\n10.0.0.2"/],
  ["a name server by name", dns({ nameservers: ["dns.test"] }), /invalid name server "dns.test": not an IP address/],
  ["a search domain with a blank", dns({ search: ["a b"] }), /invalid search domain "a b"/],
  ["a DNS option of two lines", dns({ options: ["ndots:2\nnameserver 9.9.9.9"] }), /invalid DNS option/],
  ...["kernel.core_pattern", "vm.swappiness", "kernel.shm_next_id", "net/ipv4/x", "net.../x", ""].map(
    (name): Refused => [
      `kernel setting ${name}`,
      container({ sysctls: { [name]: "1" } }),
      /invalid kernel setting ".*": only/,
    ],
  ),
  ["an empty value", container({ sysctls: { "net.core.somaxconn": "" } }), /invalid value of the kernel setting/],
  ["an OOM score of 1001", container({ oomScoreAdj: 1_001 }), /OOM score adjustment 1001: it must be between -1000/],
  ...(
    [
      ["an unknown driver", "fluentd", {}, /^unknown log driver "fluentd": expected .*journald, syslog or none$/],
      ["constructor", "constructor", {}, /unknown log driver "constructor"/],
      ["an option of none", "none", { "max-size": "1m" }, /log driver none has no option "max-size": it keeps no log/],
      [
        "an unknown option",
        "",
        { colour: "red" },
        /unknown log option "colour" for log driver json-file: expected max-size/,
      ],
      ["a proto option", "local", { __proto__x: "1" }, /unknown log option "__proto__x" for log driver local/],
      ["compressed logs", "local", { compress: "true" }, /"compress=true" .*: only compress=false is supported/],
      [
        "a log that loses lines",
        "",
        { mode: "non-blocking" },
        /"mode=non-blocking" .*: only mode=blocking is supported/,
      ],
      ...["", "10x", "-1", "999", "2t", "1e9", "0x10"].map(
        (size) => [`max-size ${size}`, "", { "max-size": size }, /invalid max-size ".*" of a log/] as const,
      ),
      ...["", "0", "-1", "1.5", "101"].map(
        (count) =>
          [
            `max-file ${count}`,
            "",
            { "max-file": count },
            /invalid max-file ".*" of a log: expected .* from 1 to 100/,
          ] as const,
      ),
    ] as const
  ).map(([claim, name, options, sentence]): Refused => [claim, task({ logDriver: { name, options } }), sentence]),
  ["a swap limit without memory limit", task({ swapBytes: 0 }), /a swap limit needs a memory limit/],
  ["a swappiness of 101", task({ memorySwappiness: 101 }), /invalid swappiness 101: it must be between -1 and 100/],
  ["a negative start interval", health({ startIntervalMs: -1 }), /start interval/],
];

/** The command line refuses these as well: here they come from another client. */
const WRONG_ULIMITS: readonly Refused[] = [
  ["an unknown ulimit", ulimits({ name: "files" }), /^invalid ulimit "files": expected one of core, cpu/],
  ["a soft ulimit above the hard one", ulimits({ soft: 3, hard: 2 }), /^invalid ulimit nofile: the soft limit 3 is/],
  ["an endless soft ulimit", ulimits({ soft: -1, hard: 2 }), /the soft limit -1 is above the hard limit 2/],
  ["half a file", ulimits({ soft: 0.5, hard: 2 }), /limits are whole numbers/],
  ["a ulimit below none", ulimits({ soft: 1, hard: -2 }), /limits are whole numbers, or -1 for no limit/],
  ["the same ulimit twice", ulimits({}, { soft: 1, hard: 1 }), /^a ulimit is given twice$/],
];

const TOO_MUCH: readonly Refused[] = [
  ["groups", container({ groups: many(101) }), /groups, hosts, name servers.*101, but at most 100/],
  ["hosts", container({ hosts: many(101) }), /groups, hosts, name servers/],
  ["name servers", dns({ nameservers: many(101) }), /groups, hosts, name servers/],
  ["labels", { labels: labelsOf(SPEC_LIMITS.labels.max + 1) }, /labels of one object.*1001, but at most 1000/],
  ["label key", { labels: { ["k".repeat(256)]: "" } }, /a label's key: 256 bytes, but at most 255/],
  ["label value", { labels: { k: "v".repeat(32_769) } }, /a label's value/],
  ["container labels", container({ labels: labelsOf(1_001) }), /labels of one object/],
  ["environment", container({ env: many(2_001) }), /environment variables: 2001/],
  ["one variable", container({ env: [`K=${"v".repeat(131_071)}`] }), /one environment variable/],
  ["arguments", container({ args: many(2_001) }), /words of a command/],
  ["command", container({ command: many(2_001) }), /words of a command/],
  ["one argument, in bytes", container({ args: ["ü".repeat(65_536)] }), /one word.*131072 bytes/],
  ["health check", health({ test: ["CMD", ...many(2_000)] }), /words of a command/],
  ["user", container({ user: "u".repeat(256) }), /invalid user/],
  ["working directory", container({ dir: `/${"d".repeat(4_095)}` }), /working directory/],
  ["mount path", mounts({ target: `/${"d".repeat(4_095)}` }), /a path/],
  ["volume option", mounts({ volumeOptions: { type: "nfs", device: `:/${"d".repeat(4_095)}` } }), /a path/],
  ["tmpfs options", mounts({ type: "TMPFS", source: "", tmpfsOptions: Array(17).fill("exec") }), /tmpfs options: 17/],
  ["volume subpath", mounts({ volumeSubpath: "d".repeat(4_096) }), /a path/],
  ["capabilities", container({ capabilityAdd: Array(200).fill("KILL") }), /capabilities can be named/],
  ["constraints", task(placement(Array(101).fill("node.role==worker"))), /placement constraints: 101/],
  ["one preference", task(spreadOver(`node.labels.${"x".repeat(256)}`)), /a label's key: 256 bytes, but at most 255/],
  ["one constraint", task(placement([`node.labels.x==${"v".repeat(512)}`])), /one placement constraint/],
  [
    "everything",
    container({ env: ["A", "B", "C"].map((key) => `${key}=${"v".repeat(100_000)}`) }),
    /whole service spec/,
  ],
];

const TEN_YEARS_MS = SPEC_LIMITS.duration.max;
/** Numbers that what carries them would change: a timer, 32 bits, or what is exact in a double. */
const TOO_WIDE: readonly Refused[] = [
  ["grace period", container({ stopGracePeriodMs: TEN_YEARS_MS + 1 }), /grace period/],
  ["health interval", health({ intervalMs: 2 ** 60 }), /health check interval/],
  ["half a millisecond", health({ timeoutMs: 0.5 }), /health check timeout/],
  ["health retries", health({ retries: 2 ** 32 - 1 }), /retries 4294967295|4294967295/],
  ["update delay", update({ delayMs: Number.POSITIVE_INFINITY }), /update delay/],
  ["update monitor", update({ monitorMs: 1e15 }), /update monitor/],
  ["parallelism", update({ parallelism: 2 ** 53 }), /update parallelism/],
  ["restart delay", restart({ delayMs: Number.NaN }), /restart delay/],
  ["restart window", restart({ windowMs: 2 ** 53 }), /restart window/],
  ["attempts", restart({ maxAttempts: 1e12 }), /restart attempts/],
  ["replicas per node", task(placement([], 2 ** 53)), /number of replicas per node/],
  ["tmpfs size", mounts({ type: "TMPFS", source: "", tmpfsSizeBytes: 2 ** 60 }), /tmpfs size/],
  ["pids", task({ limits: { nanoCpus: 0, memoryBytes: 0, pids: 5_000_000, generic: [] } }), /pids limit 5000000/],
  ["forced updates", task({ forceUpdate: 2 ** 53 }), /forced updates/],
];

const REFUSED: readonly Refused[] = [
  [
    "a rollback that is to be rolled back",
    rollback({ failureAction: "ROLLBACK" }),
    /^invalid rollback failure action "rollback": expected pause or continue$/,
  ],
  ["a rollback's ratio above 1", rollback({ maxFailureRatio: 1.5 }), /invalid rollback failure ratio 1.5/],
  ["a preference over nothing", task(spreadOver("")), /invalid placement preference "": expected the key of a label/],
  ["a preference that cannot be shown", task(spreadOver("node.labels.\u0007")), /invalid placement preference/],
  [
    "too many preferences",
    task(spreadOver(...Array(17).fill("node.labels.a"))),
    /placement preferences: 17, but at most 16/,
  ],
  ["a limit of a generic resource", task({ limits: gpus(1) }), /cannot be limited, only reserved/],
  ["no generic resource at all", task({ reservations: gpus(0) }), /0 is not a number from 1 on/],
  ["more names than generic resources", task({ reservations: gpus(1, "g1", "g2") }), /1 of them need as many/],
  ["a certain generic resource twice", task({ reservations: gpus(2, "g1", "g1") }), /different names/],
  [
    "a generic resource twice",
    task({ reservations: make.createResources({ generic: [...gpus(1).generic, ...gpus(2).generic] }) }),
    /given twice/,
  ],
  ["a name with a blank", { name: "my web" }, /^invalid service name "my web": only letters/],
  ["a name that begins with a dash", { name: "-web" }, /invalid service name/],
  ["a name that ends with an underscore", { name: "web_" }, /invalid service name/],
  ["a name with a dot", { name: "web.1" }, /invalid service name/],
  ["a name of 64 characters", { name: "w".repeat(64) }, /at most 63 characters/],
  ["a label without key", { labels: { "": "x" } }, /invalid service label ""/],
  ["no image", container({ image: "" }), /needs an image/],
  ["an image in capitals", container({ image: "NGINX" }), /must be lowercase/],
  ["an environment variable with a blank", container({ env: ["F O"] }), /"F O": expected KEY=VALUE, or KEY/],
  ["an environment variable without name", container({ env: ["=x"] }), /"=x": expected KEY=VALUE/],
  ["a relative working directory", container({ dir: "app" }), /"app": it must be an absolute path/],
  ["a host name with a blank", container({ hostname: "a b" }), /invalid host name "a b"/],
  ["a host name that is filled with one", container({ hostname: 'a{{print " "}}b' }), /invalid host name "a b"/],
  [
    "two mounts whose targets become one",
    mounts({ target: "/1" }, { target: "/{{.Task.Slot}}" }),
    /duplicate mount target "\/1"/,
  ],
  ["a volume whose name leaves its directory", mounts({ source: '{{print "../x"}}' }), /invalid volume name "..\/x"/],
  ["an unknown signal form", container({ stopSignal: "stop!" }), /invalid stop signal "stop!"/],
  ["a signal that Linux does not have", container({ stopSignal: "SIGFOO" }), /Linux has no signal "SIGFOO"/],
  ["signal 65", container({ stopSignal: "65" }), /Linux has no signal "65"/],
  ["a negative grace period", container({ stopGracePeriodMs: -1 }), /grace period/],
  ["a capability with a blank", container({ capabilityAdd: ["NET ADMIN"] }), /Linux has no capability "NET ADMIN"/],
  ["a capability that Linux does not have", container({ capabilityAdd: ["NOPE"] }), /no capability "NOPE"/],
  ["the same to be dropped", container({ capabilityDrop: ["CAP_NOPE"] }), /no capability "CAP_NOPE"/],
  ["an unknown ulimit", container({ ulimits: [{ name: "files", soft: 1, hard: 1 }] }), /invalid ulimit "files"/],
  [
    "a soft ulimit above the hard one",
    container({ ulimits: [{ name: "nofile", soft: 2, hard: 1 }] }),
    /above the hard/,
  ],
  [
    "a ulimit given twice",
    container({ ulimits: [1, 2].map((soft) => ({ name: "nofile", soft, hard: 9 })) }),
    /a ulimit is given twice/,
  ],
  ["a health check of an unknown kind", health({ test: ["curl"] }), /"curl": its first word must be NONE/],
  ["a negative health check interval", health({ intervalMs: -1 }), /health check interval/],
  ["a mount without target", mounts({ target: "" }), /a mount needs a target/],
  ["a relative mount target", mounts({ target: "data" }), /invalid mount target "data": it must be an absolute/],
  ["a mount target that climbs", mounts({ target: "/a/../b" }), /must not contain "\.\."/],
  ["a mount over the root", mounts({ target: "//" }), /the root itself/],
  ["a bind mount without source", mounts({ type: "BIND", source: "" }), /needs a source/],
  ["a bind mount of a relative path", mounts({ type: "BIND", source: "./x" }), /invalid mount source/],
  ["a bind option on a volume", mounts({ bindRecursive: "DISABLED" }), /has bind options but is of type volume/],
  [
    "a writable rest of what is writable",
    mounts({ type: "BIND", source: "/a", bindRecursive: "WRITABLE" }),
    /bind-recursive=writable needs readonly/,
  ],
  ["a volume named like a path", mounts({ source: "/srv/data" }), /use type=bind/],
  ["a volume option on a bind", mounts({ type: "BIND", volumeNoCopy: true }), /has volume options but is of type bind/],
  ["volume labels on a tmpfs", mounts({ type: "TMPFS", source: "", volumeLabels: { a: "b" } }), /has volume options/],
  ["propagation on a volume", mounts({ bindPropagation: "SHARED" }), /has bind options but is of type volume/],
  [
    "read-only for sure, but shared",
    mounts({ type: "BIND", source: "/a", readOnly: true, bindRecursive: "READONLY", bindPropagation: "SLAVE" }),
    /bind-recursive=readonly needs bind-propagation=rprivate/,
  ],
  ["another volume driver", mounts({ volumeDriver: "rexray" }), /there is no volume driver "rexray": only "local"/],
  ["an unknown volume option", mounts({ volumeOptions: { speed: "1" } }), /invalid volume option "speed"/],
  ["a volume too small to hold anything", mounts({ volumeOptions: { size: "1" } }), /invalid volume size "1"/],
  ["a size of a mount", mounts({ volumeOptions: { type: "x", device: "x", size: "5m" } }), /volume-opt=size=5m is for/],
  ["a volume device without a type", mounts({ volumeOptions: { device: "/dev/x" } }), /volume-opt=type=... is missing/],
  ["a volume type without a device", mounts({ volumeOptions: { type: "nfs" } }), /volume-opt=device=... is missing/],
  ["mount options alone", mounts({ volumeOptions: { o: "ro" } }), /volume-opt=type=... is missing/],
  [
    "a zero byte in a volume option",
    mounts({ volumeOptions: { type: "nfs", device: "a\0b" } }),
    /volume option "device=a\\u0000b": it contains a zero byte/,
  ],
  ["a volume label without a key", mounts({ volumeLabels: { " ": "b" } }), /invalid volume label " "/],
  ["a subpath that climbs", mounts({ volumeSubpath: "a/../../b" }), /invalid volume subpath "a\/..\/..\/b"/],
  ["an absolute subpath", mounts({ volumeSubpath: "/a" }), /it must be a relative path inside of the volume/],
  ["a subpath with a zero byte", mounts({ volumeSubpath: "a\0" }), /invalid volume subpath/],
  ["a subpath of a new volume", mounts({ source: "", volumeSubpath: "a" }), /volume-subpath needs a source/],
  ["an unknown tmpfs option", mounts({ type: "TMPFS", source: "", tmpfsOptions: ["suid"] }), /tmpfs option "suid"/],
  ["a tmpfs with a source", mounts({ type: "TMPFS" }), /cannot have a source/],
  ["a tmpfs size on a volume", mounts({ tmpfsSizeBytes: 5 }), /has tmpfs options/],
  ["a negative tmpfs size", mounts({ type: "TMPFS", source: "", tmpfsSizeBytes: -1 }), /tmpfs size/],
  ["the same target twice", mounts({}, { source: "other", target: "/data/" }), /duplicate mount target "\/data\/"/],
  ["target port 0", ports({ targetPort: 0 }), /invalid port 0: the target port must be between 1 and 65535/],
  ["published port 65536", ports({ publishedPort: 65_536 }), /invalid port 65536/],
  ["the same published port twice", ports({ publishedPort: 80 }, { publishedPort: 80, targetPort: 81 }), /80\/tcp is/],
  [
    "an ingress port with dnsrr",
    { endpoint: { mode: "DNSRR", stickyMs: 0, ports: [make.createPort()] } },
    /cannot be published through the routing mesh in endpoint mode dnsrr/,
  ],
  ["too little CPU", task({ limits: make.createResources({ nanoCpus: 999_999 }) }), /CPU limit 0.000999999/],
  ["negative CPU", task({ limits: make.createResources({ nanoCpus: -1 }) }), /invalid CPU limit/],
  ["more memory than a number holds", task({ limits: make.createResources({ memoryBytes: 2 ** 63 }) }), /no host has/],
  ["3 MiB of memory", task({ limits: make.createResources({ memoryBytes: 3 << 20 }) }), /at least 4 MiB/],
  [
    "a tiny reservation",
    task({ reservations: make.createResources({ memoryBytes: 1 }) }),
    /memory reservation 1 bytes/,
  ],
  ["reserved processes", task({ reservations: make.createResources({ pids: 5 }) }), /can only be limited/],
  ["a wrong constraint", task(placement(["node.role=manager"])), /invalid constraint "node.role=manager"/],
  ["a cap on nodes of a global service", { replicas: "global", ...task(placement([], 2)) }, /replicas-max-per-node/],
  ["a billion replicas", { replicas: 1e9 }, /invalid number of replicas 1000000000: it must be between 0 and 100000/],
  ["a negative restart delay", restart({ delayMs: -1 }), /restart delay/],
  ["a negative restart window", restart({ windowMs: -1 }), /restart window/],
  ["a failure ratio above 1", update({ maxFailureRatio: 1.5 }), /failure ratio 1.5: it must be between 0 and 1/],
  ["a negative update delay", update({ delayMs: -1 }), /update delay/],
  ["a negative monitor time", update({ monitorMs: -1 }), /update monitor/],
];

const TEMPLATES = [
  ["{{.Task.Slot", /template parsing error at "{{.Task.Slot": unclosed {{/],
  ["{{.Task.Slott}}", /there is no field Slott \(fields: ID, Name, Slot\)/],
  ["{{.Service.Labels.nope}}", /there is no field nope/],
  ['{{secret "a"}}', /there is no function secret/],
  ["{{range .Task.Slot}}{{end}}", /range over 1, which is neither a list nor a map/],
] as const;
const REFUSED_TEMPLATES = TEMPLATES.flatMap(([text, sentence]): (typeof REFUSED)[number][] => [
  [`an environment variable ${text}`, container({ env: [`A=${text}`] }), sentence],
  [`a host name ${text}`, container({ hostname: text }), sentence],
  [`a mount's source ${text}`, mounts({ type: "BIND", source: `/a${text}` }), sentence],
  [`a mount's target ${text}`, mounts({ target: `/a${text}` }), sentence],
  [`a volume option ${text}`, mounts({ volumeOptions: { type: "nfs", device: text } }), sentence],
  [`a volume label ${text}`, mounts({ volumeLabels: { a: text } }), sentence],
]);

const ACCEPTED: readonly (readonly [claim: string, parts: Parts])[] = [
  ["the plainest service", {}],
  ["a name of 63 characters", { name: "w".repeat(63) }],
  ["zero replicas", { replicas: 0 }],
  ["an empty environment value with equals signs", container({ env: ["A=", "B=c=d"] })],
  ["a host name with the underscore of a stack", container({ hostname: "shop_web-{{.Task.Slot}}" })],
  ["templates", container({ hostname: "{{.Service.Name}}-{{.Task.Slot}}", env: ["A={{.Node.Hostname}}", "B={ {}"] })],
  [
    "words for names, resolver and kernel",
    container({
      groups: ["logs", "4711"],
      hosts: ["10.0.0.1 db", "fd00::1 db_1 db.test"],
      dns: { nameservers: ["9.9.9.9", "fd00::53"], search: ["."], options: ["ndots:2", "rotate", "use-vc"] },
      sysctls: { "net.core.somaxconn": "1000", "fs.mqueue.msg_max": "20", "kernel.shmmax": "1" },
      oomScoreAdj: -1_000,
    }),
  ],
  [
    "swap without limit",
    task({ limits: make.createResources({ memoryBytes: 4 << 20 }), swapBytes: -1, memorySwappiness: -1 }),
  ],
  ["signals by name and number", container({ stopSignal: "SIGUSR1" })],
  ["a signal in small letters", container({ stopSignal: "sigterm" })],
  ["a grace period of 600 hours", container({ stopGracePeriodMs: 600 * 3_600_000 })],
  ["capabilities by either name", container({ capabilityAdd: ["net_admin", "CAP_SYS_TIME"], capabilityDrop: ["ALL"] })],
  ["real-time signals", container({ stopSignal: "RTMIN+3" })],
  ["an environment variable that takes the image's away", container({ env: ["FOO"] })],
  [
    "an anonymous volume, a bind and a tmpfs",
    mounts(
      { source: "", target: "/a" },
      { type: "BIND", source: "/srv", target: "/b" },
      { type: "TMPFS", source: "", target: "/c", tmpfsSizeBytes: 1 << 20, tmpfsMode: 0o1777, tmpfsOptions: ["exec"] },
      { type: "BIND", source: "/srv", target: "/d", bindPropagation: "RSHARED", bindRecursive: "DISABLED" },
      {
        ...{ target: "/e", volumeDriver: "local", volumeNoCopy: true, volumeSubpath: "a/../b/." },
        ...{ volumeOptions: { type: "nfs", o: "addr=10.0.0.1", device: ":/x" }, volumeLabels: { a: "" } },
      },
    ),
  ],
  ["one port for tcp and udp", ports({ publishedPort: 53 }, { publishedPort: 53, protocol: "UDP" })],
  [
    "a host port with dnsrr",
    { endpoint: { mode: "DNSRR", stickyMs: 0, ports: [make.createPort({ publishMode: "HOST" })] } },
  ],
  ["the smallest resources", task({ limits: make.createResources({ nanoCpus: 1e6, memoryBytes: 4 << 20, pids: 1 }) })],
  ["all update slots at once", update({ parallelism: 0, maxFailureRatio: 1 })],
];

describe("validateServiceSpec", () => {
  for (const [claim, parts, sentence] of [
    ...REFUSED,
    ...REFUSED_TEMPLATES,
    ...WRONG_NAMES,
    ...WRONG_ULIMITS,
    ...TOO_MUCH,
    ...TOO_WIDE,
  ]) {
    it(`refuses ${claim}`, () => {
      assert.throws(() => validateServiceSpec(make.createServiceSpec(parts)), {
        code: "invalidArgument",
        message: sentence,
      });
    });
  }
  for (const [claim, parts] of ACCEPTED) {
    it(`accepts ${claim}`, () => validateServiceSpec(make.createServiceSpec(parts)));
  }
});
