import { mustHave, unreachable } from "../../shared/invariant.ts";
import type { NetworkAttachmentConfig, RestartPolicy, ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import { blankRunSpec } from "../../shared/service-spec/run-spec.ts";
import type { Flags } from "../flags.ts";
import { parseNetwork } from "../parse/networks.ts";
import { usageError } from "../parse/usage.ts";
import { applyFields } from "../service/spec/apply-fields.ts";
import { longNameOf, optionNameOf } from "../service/spec/field-options.ts";
import type { SpecWorld } from "../service/spec/spec-world.ts";
import { CLUSTER_FIELDS } from "./cluster-fields.ts";
import { containerConfig, restartOf } from "./config.ts";

/** Flags of one host's container that a task of the swarm cannot have, each with what to do instead. */
const NOT_OF_A_JOB: readonly (readonly [option: string, flag: string, instead: string])[] = [
  ["node", "--node", "say where it may run: --constraint node.hostname==NAME"],
  ["platform", "--platform", "say where it may run: --constraint node.platform.arch==x86_64"],
  ["attach", "--attach", "its whole output is shown"],
  ["link", "--link", "give both a network: --network NAME"],
  ["ip", "--ip", "managers give addresses"],
  ["ip6", "--ip6", "managers give addresses"],
  ["macAddress", "--mac-address", "managers give addresses"],
  ["publishAll", "--publish-all", "publish ports one by one: --publish"],
  ["expose", "--expose", "publish ports one by one: --publish"],
  ["volumesFrom", "--volumes-from", "name the volumes: --volume"],
  ["pull", "--pull", "managers ask the registry once, and hosts pull what they lack"],
  ["cidfile", "--cidfile", "--detach prints the job's id"],
];

type Replicated = Extract<ServiceSpec, { readonly mode: "replicated" }>;

/**
 * The job that `run --cluster` makes: one task, once, anywhere. It is not tried again unless `--restart on-failure`
 * asks for that: whoever watches it sees how it ended.
 * @throws SwarmError invalidArgument.
 */
export function clusterJob(args: readonly string[], flags: Flags, world: SpecWorld): ServiceSpec {
  for (const [option, flag, instead] of NOT_OF_A_JOB) {
    if (isGiven(flags, option)) throw usageError(`${flag} does not go with --cluster: ${instead}`);
  }
  if (flags.is("rm") && flags.is("detach")) {
    throw usageError("with --cluster, --rm needs somebody who waits for the end: leave out --detach");
  }
  const { task, name, ports, openStdin } = containerConfig(
    args,
    flags.without("network", "networkAlias", "restart"),
    world,
  );
  const plain = mustHave(task, "the task of a container");
  const container = { ...mustHave(plain.container, "the container of a task"), openStdin };
  const { mode: _mode, replicated: _replicated, ...blank } = blankRunSpec("") as Replicated;
  const job: ServiceSpec = {
    ...blank,
    annotations: { name, labels: {} },
    task: { ...plain, container, restart: restartPolicy(flags), networks: networksOf(flags) },
    mode: "replicatedJob",
    replicatedJob: { maxConcurrent: 1, totalCompletions: 1 },
    endpoint: ports.length === 0 ? null : { mode: "VIP", stickyMs: 0, ports },
  };
  return applyFields(job, flags, "create", world, CLUSTER_FIELDS);
}

/** @throws SwarmError invalidArgument when a flag is given that says nothing about a container of one host. */
export function refuseClusterFlags(flags: Flags): void {
  for (const field of CLUSTER_FIELDS) {
    if (isGiven(flags, optionNameOf(field))) throw usageError(`--${longNameOf(field)} needs --cluster`);
  }
  if (flags.is("withRegistryAuth")) throw usageError("--with-registry-auth needs --cluster");
}

function isGiven(flags: Flags, option: string): boolean {
  return flags.has(option) && flags.switched(option) !== false;
}

/** The swarm's networks, on the first of which the other names hold. @throws SwarmError invalidArgument. */
function networksOf(flags: Flags): readonly NetworkAttachmentConfig[] {
  const aliases = flags.list("networkAlias");
  const [first, ...others] = flags.list("network").map((text) => parseNetwork(text, "--network"));
  if (first === undefined) {
    if (aliases.length > 0) throw usageError("--network-alias is a name on a network: give --network NAME as well");
    return [];
  }
  return [{ ...first, aliases: [...first.aliases, ...aliases] }, ...others];
}

/** @throws SwarmError invalidArgument. */
function restartPolicy(flags: Flags): RestartPolicy {
  const once: RestartPolicy = { condition: "NONE", maxAttempts: 0, windowMs: 0 };
  const asked = restartOf(flags);
  switch (asked?.policy) {
    case undefined:
    case "NO":
      return once;
    case "ON_FAILURE":
      return { ...once, condition: "ON_FAILURE", maxAttempts: asked?.retries ?? 0 };
    case "ALWAYS":
    case "UNLESS_STOPPED":
      throw usageError("a job ends when its work is done: with --cluster, --restart is no or on-failure[:N]");
    default:
      return unreachable(asked?.policy as never);
  }
}
