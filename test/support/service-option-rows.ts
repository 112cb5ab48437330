/**
 * The options of `service create` and `service update`, a row each: as typed, where it is seen, and what is seen there.
 * test/e2e/service-options.test.ts runs all rows on three services; test/property/service-options.test.ts fails when a
 * flag has no row. Looked at from inside the container wherever that is possible.
 */

import { CONTAINER, cgroup, inside, inspect, type OptionRow, plain, seconds, TASK, type Words } from "./option-row.ts";
import { HOST_ROWS } from "./service-host-rows.ts";
import { ROLLOUT_ROWS } from "./service-rollout-rows.ts";

/** What swarmd must be given for the rows below. */
export const NODE_RESOURCES: Words = ["gpu=UUID-1", "gpu=UUID-2", "fpga=4"];

const CONTAINER_ROWS: readonly OptionRow[] = [
  inspect([], ["--image", "busybox:1"], `${CONTAINER}.Image`, /^busybox:latest@sha256:/, /^busybox:1@sha256:/),
  inside(
    ["--entrypoint", "sh /probe.sh"],
    ["--entrypoint", "sh +u /probe.sh"],
    "tr '\\0' ' ' < /proc/$$/cmdline",
    /^sh \/probe\.sh one$/,
    /^sh \+u \/probe\.sh two words$/,
  ),
  inside([], ["--args", "'two words'"], 'echo "$ARGS"', /^one$/, /^two words$/),
  inside(
    ["--env", "COLOR={{.Service.Name}}"],
    ["--env-rm", "COLOR", "--env-add", "SHAPE=round"],
    'echo "$COLOR-$SHAPE"',
    /^all-$/,
    /^-round$/,
  ),
  inside(["--env-file", "/run/row.env"], [], 'echo "$FROM_FILE"', /^yes$/, /^yes$/),
  inside(
    ["--hostname", "{{.Service.Name}}-{{.Task.Slot}}"],
    ["--hostname", "box"],
    "hostname; cat /etc/hostname",
    /^all-1 all-1$/,
    /^box box$/,
  ),
  inside(["--workdir", "/etc"], ["--workdir", "/dev"], "pwd", /^\/etc$/, /^\/dev$/),
  inside(["--user", "1000:1001"], ["--user", "1002"], "id -u; id -g", /^1000 1001$/, /^1002 0$/),
  inside(
    ["--group", "44"],
    ["--group-rm", "44", "--group-add", "45"],
    "grep Groups /proc/self/status",
    /\b44\b/,
    /^(?!.*\b44\b).*\b45\b/,
  ),
  inside(["--init"], ["--init=false"], "cat /proc/1/comm", /init|catatonit/, /^sh$/),
  inspect(["--interactive"], ["--interactive=false"], `${CONTAINER}.OpenStdin`, true, undefined),
  inside(
    ["--init-step", "sh -c 'echo one > /scratch/init'"],
    ["--init-step-rm", "sh -c 'echo one > /scratch/init'", "--init-step-add", "sh -c 'echo two > /scratch/init'"],
    "cat /scratch/init",
    /^one$/,
    /^two$/,
  ),
  inside(
    ["--post-start", "sh -c 'echo one > /scratch/post'"],
    ["--post-start-rm", "sh -c 'echo one > /scratch/post'", "--post-start-add", "sh -c 'echo two > /scratch/post'"],
    "until [ -s /scratch/post ]; do sleep 0.1; done; cat /scratch/post",
    /^one$/,
    /^two$/,
  ),
  inspect(
    ["--pre-stop", "sync"],
    ["--pre-stop-rm", "sync", "--pre-stop-add", "true"],
    ...([`${CONTAINER}.PreStop`, [{ Command: ["sync"] }], [{ Command: ["true"] }]] as const),
  ),
  inside(["--tty"], ["--tty=false"], "[ -t 0 ] && echo terminal", /^terminal$/, /^$/),
  inside(["--read-only"], ["--read-only=false"], "grep ' / ' /proc/mounts", /\bro\b/, /\brw\b/),
  inside(["--stop-signal", "USR1"], ["--stop-signal", "SIGUSR2"], "", /^USR1$/, /^USR2$/),
  plain("--stop-grace-period", `${CONTAINER}.StopGracePeriod`, ["7s", seconds(7)], ["8s", seconds(8)]),
  inside(
    ["--cap-drop", "CHOWN", "--cap-add", "NET_ADMIN"],
    ["--cap-drop", "NET_ADMIN", "--cap-add", "CHOWN"],
    "b=$((0x$(grep CapBnd /proc/self/status | cut -f2))); echo chown=$((b & 1)) net_admin=$((b >> 12 & 1))",
    /^chown=0 net_admin=1$/,
    /^chown=1 net_admin=0$/,
  ),
  inside(
    ["--security-opt", "no-new-privileges"],
    ["--security-opt", "no-new-privileges=default"],
    "grep NoNewPrivs /proc/self/status",
    /1$/,
    /0$/,
  ),
  inside(
    ["--mount", "source={{.Service.Name}}-{{.Task.Slot}},target=/data"],
    ["--mount-rm", "/data", "--mount-add", "type=tmpfs,target=/more,tmpfs-size=1m"],
    "grep -oE '[^ ]* /(data|more) ' /proc/self/mountinfo",
    /volumes\/all-1\/_data \/data$/,
    /^\/ \/more$/,
  ),
  inside(
    ["--mount", "type=bind,source=/run/spread,target=/spread,bind-propagation=rslave"],
    ["--mount-add", "type=bind,source=/run/spread,target=/spread,bind-propagation=rshared"],
    "grep -o ' /spread .* - ' /proc/self/mountinfo",
    /^(?!.*shared:).* master:/,
    / shared:/,
  ),
  inside(
    [
      "--mount",
      'source=row,target=/row,volume-nocopy,volume-label=a=b,volume-opt=type=tmpfs,volume-opt=device=x,"volume-opt=o=size=1m,mode=0700"',
    ],
    ["--mount-add", "target=/row,volume-driver=local,volume-opt=type=tmpfs,volume-opt=device=x,volume-opt=o=size=2m"],
    "grep -o ' /row .*' /proc/self/mountinfo",
    /\bsize=1024k,mode=700\b/,
    /\bsize=2048k\b/,
  ),
  inside(
    [
      "--mount",
      "source=parts,target=/part,volume-opt=type=none,volume-opt=o=bind,volume-opt=device=/run/spread,volume-subpath=sub",
    ],
    ["--mount-add", "source=parts,target=/part"],
    "ls /part",
    /^in-sub$/,
    /^sub$/,
  ),
  inside(
    ["--mount", "type=tmpfs,target=/run-here,tmpfs-options=exec"],
    ["--mount-add", "type=tmpfs,target=/run-here"],
    "grep -c ' /run-here .*noexec' /proc/self/mountinfo",
    /^0$/,
    /^1$/,
  ),
  inside(
    ["--secret", "key"],
    ["--secret-rm", "key", "--secret-add", "source=other,target=key2,mode=0444"],
    "cat /run/secrets/*",
    /^open$/,
    /^sesame$/,
  ),
  inside(
    ["--config", "site"],
    ["--config-rm", "site", "--config-add", "source=page,target=/etc/page"],
    "cat /site /etc/page 2>/dev/null",
    /^listen$/,
    /^hello$/,
  ),
  inside(
    ["--host", "db:10.9.0.1"],
    ["--host-rm", "db", "--host-add", "cache:10.9.0.2"],
    "grep -E 'db|cache' /etc/hosts",
    /^10\.9\.0\.1\sdb$/,
    /^10\.9\.0\.2\scache$/,
  ),
  inside(
    ["--dns", "192.0.2.53"],
    ["--dns-rm", "192.0.2.53", "--dns-add", "192.0.2.54"],
    "grep nameserver /etc/resolv.conf",
    /^nameserver 192\.0\.2\.53$/,
    /^nameserver 192\.0\.2\.54$/,
  ),
  inside(
    ["--dns-search", "a.test"],
    ["--dns-search-rm", "a.test", "--dns-search-add", "b.test"],
    "grep search /etc/resolv.conf",
    /^search a\.test$/,
    /^search b\.test$/,
  ),
  inside(
    ["--dns-option", "ndots:3"],
    ["--dns-option-rm", "ndots:3", "--dns-option-add", "timeout:2"],
    "grep options /etc/resolv.conf",
    /^options ndots:3$/,
    /^options timeout:2$/,
  ),
  inside(
    ["--sysctl", "net.core.somaxconn=1234"],
    ["--sysctl-rm", "net.core.somaxconn", "--sysctl-add", "net.ipv4.ip_default_ttl=33"],
    "cat /proc/sys/net/core/somaxconn /proc/sys/net/ipv4/ip_default_ttl",
    /^1234 (?!33)\d+$/,
    /^(?!1234)\d+ 33$/,
  ),
  inside(
    ["--ulimit", "nofile=500:600"],
    ["--ulimit-rm", "nofile", "--ulimit-add", "fsize=512000"],
    "ulimit -n; ulimit -f",
    /^500 unlimited$/,
    /^(?!500)\w+ 1000$/,
  ),
  inside(["--oom-score-adj", "321"], ["--oom-score-adj", "322"], "cat /proc/self/oom_score_adj", /^321$/, /^322$/),
  inside(
    ["--health-cmd", "echo checked > /scratch/health"],
    ["--health-cmd", "echo again > /scratch/health"],
    "until [ -s /scratch/health ]; do sleep 0.1; done; cat /scratch/health",
    /^checked$/,
    /^again$/,
  ),
  plain("--health-interval", `${CONTAINER}.Healthcheck.Interval`, ["2s", seconds(2)], ["3s", seconds(3)]),
  plain("--health-timeout", `${CONTAINER}.Healthcheck.Timeout`, ["4s", seconds(4)], ["5s", seconds(5)]),
  plain("--health-start-period", `${CONTAINER}.Healthcheck.StartPeriod`, ["6s", seconds(6)], ["7s", seconds(7)]),
  plain("--health-start-interval", `${CONTAINER}.Healthcheck.StartInterval`, ["100ms", 1e8], ["200ms", 2e8]),
  plain("--health-retries", `${CONTAINER}.Healthcheck.Retries`, ["4", 4], ["5", 5]),
  inspect(
    ["--container-label", "team=a"],
    ["--container-label-rm", "team", "--container-label-add", "stage=b"],
    `${CONTAINER}.Labels`,
    { team: "a" },
    { stage: "b" },
  ),
];

const RESOURCE_ROWS: readonly OptionRow[] = [
  inside(
    ["--limit-cpu", "0.5"],
    ["--limit-cpu", "0.75"],
    cgroup("cpu.max", "cpu/cpu.cfs_quota_us", "cpu,cpuacct/cpu.cfs_quota_us"),
    /^50000\b/,
    /^75000\b/,
  ),
  inside(
    ["--limit-memory", "64m"],
    ["--limit-memory", "96m"],
    cgroup("memory.max", "memory/memory.limit_in_bytes"),
    /^67108864$/,
    /^100663296$/,
  ),
  inside(["--limit-pids", "100"], ["--limit-pids", "0"], cgroup("pids.max", "pids/pids.max"), /^100$/, /^max$/),
  // One kind of control groups limits the sum; a kernel may limit no swap at all.
  inside(
    ["--memory-swap", "16m"],
    ["--memory-swap", ""],
    cgroup("memory.swap.max", "memory/memory.memsw.limit_in_bytes"),
    /^(16777216|83886080|)$/,
    /^(100663296|201326592|)$/,
  ),
  // Only the older kind has it.
  inside(
    ["--memory-swappiness", "7"],
    ["--memory-swappiness", "9"],
    cgroup("memory/memory.swappiness"),
    /^(7|)$/,
    /^(9|)$/,
  ),
  plain("--reserve-cpu", `${TASK}.Resources.Reservations.NanoCPUs`, ["0.1", 1e8], ["0.2", 2e8]),
  plain("--reserve-memory", `${TASK}.Resources.Reservations.MemoryBytes`, ["8m", 8 << 20], ["9m", 9 << 20]),
  inside(
    ["--generic-resource", "gpu=1"],
    ["--generic-resource-rm", "gpu", "--generic-resource-add", "fpga=2"],
    "env | grep DOCKER_RESOURCE",
    /^DOCKER_RESOURCE_GPU=UUID-[12]$/,
    /^DOCKER_RESOURCE_FPGA=2$/,
  ),
];

const spread = (key: string): unknown => [{ Spread: { SpreadDescriptor: key } }];

const SERVICE_ROWS: readonly OptionRow[] = [
  inspect(["--name", "all"], [], "Name", "all", "all"),
  inspect(
    ["--label", "team=a"],
    ["--label-rm", "team", "--label-add", "stage=b"],
    "Labels",
    { team: "a" },
    { stage: "b" },
  ),
  plain("--replicas", "Mode.Replicated.Replicas", ["2", 2], ["1", 1]),
  plain("--max-unavailable", "MaxUnavailable", ["1", "1"], ["25%", "25%"]),
  plain("--placement-strategy", `${TASK}.Placement.Strategy`, ["binpack", "binpack"], ["spread", "spread"]),
  plain("--priority", `${TASK}.Placement.Priority`, ["60", 60], ["0", undefined]),
  plain("--replicas-max-per-node", `${TASK}.Placement.MaxReplicas`, ["5", 5], ["6", 6]),
  inspect(
    ["--constraint", "node.role==manager"],
    ["--constraint-rm", "node.role==manager", "--constraint-add", "node.labels.zone==a"],
    `${TASK}.Placement.Constraints`,
    ["node.role==manager"],
    ["node.labels.zone==a"],
  ),
  inspect(
    ["--placement-pref", "spread=node.labels.zone"],
    ["--placement-pref-rm", "spread=node.labels.zone", "--placement-pref-add", "spread=engine.labels.rack"],
    `${TASK}.Placement.Preferences`,
    spread("node.labels.zone"),
    spread("engine.labels.rack"),
  ),
  plain("--restart-condition", `${TASK}.RestartPolicy.Condition`, ["on-failure", "on-failure"], ["any", "any"]),
  plain("--restart-delay", `${TASK}.RestartPolicy.Delay`, ["3s", seconds(3)], ["", seconds(5)]),
  plain("--restart-max-attempts", `${TASK}.RestartPolicy.MaxAttempts`, ["4", 4], ["0", 0]),
  plain("--restart-window", `${TASK}.RestartPolicy.Window`, ["1m", seconds(60)], ["2m", seconds(120)]),
  plain("--lost-after", `${TASK}.Loss.LostAfter`, ["2m", seconds(120)], ["3m", seconds(180)]),
  plain("--on-return", `${TASK}.Loss.OnReturn`, ["keep-original", "keep-original"], ["keep-new", "keep-new"]),
  plain("--stop-after", `${TASK}.Loss.StopAfter`, ["1m", seconds(60)], ["0s", undefined]),
  ...ROLLOUT_ROWS,
  inspect(
    ["--publish", "8080:80"],
    ["--publish-rm", "80", "--publish-add", "published=8081,target=81,mode=host"],
    "EndpointSpec.Ports",
    [{ Protocol: "tcp", TargetPort: 80, PublishedPort: 8080, PublishMode: "ingress" }],
    [{ Protocol: "tcp", TargetPort: 81, PublishedPort: 8081, PublishMode: "host" }],
  ),
  // Beside endpoint mode vip, which the update below takes away.
  plain("--autoscale", "Mode.Replicated.Autoscale", ["max=9,cpu=900%", "max=9,cpu=900%"], ["", undefined]),
  plain("--sticky", "EndpointSpec.Sticky", ["30s", 3e10], ["0", undefined]),
  plain("--endpoint-mode", "EndpointSpec.Mode", ["vip", "vip"], ["dnsrr", "dnsrr"]),
  inspect(
    ["--log-driver", "json-file"],
    ["--log-driver", "local", "--log-opt", "max-size=2m", "--log-opt-add", "max-file=4"],
    `${TASK}.LogDriver`,
    { Name: "json-file" },
    { Name: "local", Options: { "max-size": "2m", "max-file": "4" } },
  ),
  inspect([], ["--force"], `${TASK}.ForceUpdate`, 0, 1),
];

/** On one service, `all`: its creation has every `create` of these rows, its update every `update`. */
export const ROWS: readonly OptionRow[] = [...CONTAINER_ROWS, ...HOST_ROWS, ...RESOURCE_ROWS, ...SERVICE_ROWS];

/** On another one, `other`, since the rows above exclude them. */
export const OTHER_ROWS: readonly OptionRow[] = [
  inspect(["--mode", "global"], [], "Mode", { Global: {} }, { Global: {} }),
  inspect(["--no-healthcheck"], ["--no-healthcheck=false"], `${CONTAINER}.Healthcheck.Test`, ["NONE"], undefined),
  inspect(
    ["--no-resolve-image"],
    ["--image", "busybox:1", "--no-resolve-image"],
    `${CONTAINER}.Image`,
    "busybox:latest",
    "busybox:1",
  ),
  inspect(["--isolation", "default"], ["--isolation", "default"], `${CONTAINER}.Isolation`, "default", "default"),
  inspect(
    ["--log-opt", "max-size=1m"],
    ["--log-opt-rm", "max-size"],
    `${TASK}.LogDriver.Options`,
    { "max-size": "1m" },
    undefined,
  ),
  // Not of the other service: a task on such a network has its host's name server for a resolver, whatever --dns says.
  inspect(
    ["--network", "name=front,alias=shop"],
    ["--network-rm", "front", "--network-add", "name=back,alias=store"],
    `${TASK}.Networks.0.Aliases`,
    ["shop"],
    ["store"],
  ),
];

/** On a third one, `job`: only jobs have them. */
export const JOB_ROWS: readonly OptionRow[] = [
  inspect(["--mode", "replicated-job", "--replicas", "0"], [], "Mode.ReplicatedJob.TotalCompletions", 0, 0),
  plain("--max-concurrent", "Mode.ReplicatedJob.MaxConcurrent", ["2", 2], ["3", 3]),
  plain("--schedule", "Schedule.Cron", ["0 3 * * *", "0 3 * * *"], ["@yearly", "@yearly"]),
  plain("--timezone", "Schedule.TimeZone", ["Europe/Berlin", "Europe/Berlin"], ["UTC", "UTC"]),
  plain("--concurrency", "Schedule.Concurrency", ["replace", "replace"], ["allow", "allow"]),
  plain("--start-deadline", "Schedule.StartDeadline", ["1h", seconds(3600)], ["2h", seconds(7200)]),
  plain("--history", "Schedule.History", ["3", 3], ["4", 4]),
  inspect(
    ["--depends-on", "other"],
    ["--depends-on-rm", "other", "--depends-on-add", "all:healthy"],
    "DependsOn",
    [{ Service: "other", Condition: "started" }],
    [{ Service: "all", Condition: "healthy" }],
  ),
  inspect(
    ["--affinity", "service!=other,soft"],
    ["--affinity-rm", "service!=other", "--affinity-add", "service=all,topology=node.labels.zone"],
    `${TASK}.Placement.Affinities`,
    [{ Service: "other", Avoid: true, Soft: true }],
    [{ Service: "all", Avoid: false, Topology: "node.labels.zone", Soft: false }],
  ),
];

/** Flags that say how the command itself behaves; the test gives them and looks at what it prints. */
export const COMMAND_FLAGS = {
  create: ["--detach", "--dry-run", "--quiet", "--with-registry-auth"],
  update: ["--detach", "--dry-run", "--quiet", "--rollback", "--with-registry-auth"],
};

/** Docker's flags that are not there: the words, with what is said of them. */
export const REFUSED_ROWS: readonly { readonly create?: Words; readonly update?: Words; readonly sentence: RegExp }[] =
  [
    ...(["create", "update"] as const).flatMap((command) => [
      {
        [command]: ["--credential-spec", "file://x"],
        sentence: /^Error: --credential-spec is only valid for containers/,
      },
      {
        [command]: ["--max-concurrent", "2"],
        sentence: /^Error: --max-concurrent is only valid with a replicated job/,
      },
    ]),
  ];

/** The long flags among words. */
export function flagsAmong(words: Words): readonly string[] {
  return words.filter((word) => word.startsWith("--")).map((word) => word.split("=", 1)[0] ?? word);
}
