/** What becomes of each key of a service in a swarm: docs/compose.md is made of this, and refusals are worded by it. */

export type Support =
  /** It takes effect; `how`: where that is not plainly what the specification says. */
  | { readonly kind: "effect"; readonly how?: string }
  /** What it asks for holds, or is asked of someone else: nothing is to be done. */
  | { readonly kind: "nothing"; readonly why: string }
  /** Refused, unless unsupported keys are to be ignored. */
  | { readonly kind: "refused"; readonly why: string };

const plainly: Support = { kind: "effect" };
const effect = (how: string): Support => ({ kind: "effect", how });
const nothing = (why: string): Support => ({ kind: "nothing", why });
const refused = (why: string): Support => ({ kind: "refused", why });

const WINDOWS = "it is for containers of Windows";
const CPUS = `${WINDOWS}: give deploy.resources.limits.cpus`;

/** By the service's key, in the order of the page. */
export const SERVICE_SUPPORT: ReadonlyMap<string, Support> = new Map<string, Support>([
  ["annotations", plainly],
  ["attach", nothing("a deployment attaches to no container's output; `stack logs` shows it")],
  ["blkio_config", plainly],
  ["build", effect("built where the command runs, and brought to the nodes")],
  ["cap_add", plainly],
  ["cap_drop", plainly],
  ["cgroup", plainly],
  ["cgroup_parent", plainly],
  [
    "command",
    effect("a line is split into words as Docker Compose does it: no shell, and nothing from `|`, `;`, `&` or `>` on"),
  ],
  ["configs", effect("content that changes makes a new config, to which services move")],
  ["container_name", effect("a further name of the service on its networks, where containers have names of their own")],
  ["cpu_count", refused(CPUS)],
  ["cpu_percent", refused(CPUS)],
  ["cpu_period", plainly],
  ["cpu_quota", plainly],
  ["cpu_rt_period", plainly],
  ["cpu_rt_runtime", plainly],
  ["cpu_shares", plainly],
  ["cpus", effect("as `deploy.resources.limits.cpus`")],
  ["cpuset", plainly],
  ["credential_spec", refused(WINDOWS)],
  ["depends_on", effect("order and conditions at the first start and at updates; `restart: true` is refused")],
  ["deploy", plainly],
  ["develop", nothing("it is for those who watch files while they work")],
  ["device_cgroup_rules", plainly],
  ["devices", plainly],
  ["dns", plainly],
  ["dns_opt", plainly],
  ["dns_search", plainly],
  ["domainname", plainly],
  ["entrypoint", plainly],
  ["env_file", plainly],
  ["environment", plainly],
  ["expose", nothing("services on one network reach every port of each other")],
  ["extends", plainly],
  ["external_links", refused("put both services on one external network, where they find each other by name")],
  ["extra_hosts", effect("`host-gateway` is refused: tasks run on any host")],
  ["gpus", plainly],
  ["group_add", plainly],
  ["healthcheck", plainly],
  ["hostname", plainly],
  ["image", plainly],
  ["init", plainly],
  ["ipc", effect("that of another service or container is refused")],
  ["isolation", refused(WINDOWS)],
  ["label_file", plainly],
  ["labels", effect("labels of the containers; those of the service are `deploy.labels`")],
  ["links", effect("further names on the networks, and the order of starting")],
  ["logging", plainly],
  ["mac_address", refused("the swarm gives tasks their addresses")],
  ["mem_limit", effect("as `deploy.resources.limits.memory`")],
  ["mem_reservation", effect("as `deploy.resources.reservations.memory`")],
  ["mem_swappiness", plainly],
  ["memswap_limit", plainly],
  ["models", refused("there is no one who runs models")],
  ["network_mode", effect("`bridge`, `host` and `none`; the network of another container is refused")],
  ["networks", effect("addresses of one's own choice are refused")],
  ["oom_kill_disable", plainly],
  ["oom_score_adj", plainly],
  ["pid", effect("that of another service or container is refused")],
  ["pids_limit", effect("as `deploy.resources.limits.pids`")],
  ["platform", effect("a constraint on the node's architecture")],
  ["ports", plainly],
  ["post_start", refused("nothing is run in a container when it has started")],
  ["pre_start", refused("nothing is run before a container starts")],
  ["pre_stop", refused("nothing is run in a container before it is asked to stop")],
  ["privileged", plainly],
  ["profiles", plainly],
  ["provider", refused("services are containers")],
  ["pull_policy", effect("`every_...` is `always`, which is no less often")],
  ["pull_refresh_after", effect("as `pull_policy: always`")],
  ["read_only", plainly],
  ["restart", effect("as `deploy.restart_policy`; `unless-stopped` is `always`")],
  ["runtime", plainly],
  ["scale", effect("as `deploy.replicas`")],
  ["secrets", effect("content that changes makes a new secret, to which services move")],
  ["security_opt", plainly],
  ["shm_size", plainly],
  ["stdin_open", refused("nobody can write to the standard input of a service's tasks")],
  ["stop_grace_period", plainly],
  ["stop_signal", plainly],
  ["storage_opt", plainly],
  ["sysctls", plainly],
  ["tmpfs", plainly],
  ["tty", plainly],
  ["ulimits", plainly],
  ["use_api_socket", effect("the engine of the task's host")],
  ["user", plainly],
  ["userns_mode", plainly],
  ["uts", plainly],
  ["volumes", effect("`bind`, `volume` and `tmpfs`; a volume is made on each host when the first task there needs it")],
  ["volumes_from", effect("the mounts of a service of the file; those of a container are refused")],
  ["working_dir", plainly],
]);

/** The page's table: one row for each key. */
export function supportTable(): string {
  const rows = [...SERVICE_SUPPORT].map(
    ([key, support]) => `| \`${key}\` | ${verdict(support)} | ${remark(support)} |`,
  );
  return ["| key | in a swarm | how, or why not |", "|---|---|---|", ...rows].join("\n");
}

/** How many keys have an effect, and how many there are. */
export function supportCounts(): { readonly effect: number; readonly refused: number; readonly all: number } {
  const kinds = [...SERVICE_SUPPORT.values()].map(({ kind }) => kind);
  const count = (wanted: Support["kind"]) => kinds.filter((kind) => kind === wanted).length;
  return { effect: count("effect"), refused: count("refused"), all: kinds.length };
}

function verdict({ kind }: Support): string {
  switch (kind) {
    case "effect":
      return "takes effect";
    case "nothing":
      return "nothing to do";
    case "refused":
      return "refused";
  }
}

function remark(support: Support): string {
  return support.kind === "effect" ? (support.how ?? "") : support.why;
}
