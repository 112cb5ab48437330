import { UPDATE_OPTIONS } from "./container/options.ts";
import { longName } from "./option-spec.ts";

/** Words of docker's command line that mean nothing here, each with why or with what there is instead. */
const COMMANDS: ReadonlyMap<string, string> = new Map([
  ["plugin", "there are no plugins here"],
  ["compose", "a Compose file is deployed as a stack: `swarmctl stack deploy -c FILE STACK`"],
  ["context", "another daemon is named with --socket or $SWARM_SOCKET"],
  ["buildx", "images are made with `swarmctl build`"],
  ["builder", "images are made with `swarmctl build`"],
]);

const WINDOWS = "it is for containers of Windows";
const CHECKPOINTS = "containers are not frozen to files";
const ONE_PLATFORM = "an image of a host is for one platform, and this command takes it as it is";
const MEMORY = "the kernel takes no limit of its own memory any more";
const SOCKET = "`-v /run/swarm/docker.sock:/var/run/docker.sock` gives a container the API, and so the host";

const OPTIONS: ReadonlyMap<string, string> = new Map([
  ["--attach", "nothing is attached to a container that does not run: give it to `run` or `start`"],
  ["--cgroup-parent", "what this command starts has its control groups below the daemon's own"],
  ["--checkpoint", CHECKPOINTS],
  ["--checkpoint-dir", CHECKPOINTS],
  ["--cpu-count", WINDOWS],
  ["--cpu-percent", WINDOWS],
  ["--cpu-rt-period", "it is given when a container is made"],
  ["--cpu-rt-runtime", "it is given when a container is made"],
  ["--disable-content-trust", "whether an image must be signed says policy.json of the host"],
  ["--driver", "there are no plugins that could keep it"],
  ["--external-ca", "the managers alone sign certificates"],
  ["--io-maxbandwidth", WINDOWS],
  ["--io-maxiops", WINDOWS],
  ["--isolation", "Linux knows one kind of isolation"],
  ["--kernel-memory", MEMORY],
  ["--link-local-ip", "the address that a container gets decides its MAC, by which hosts know each other's"],
  ["--security-opt", "what this command starts is as secure as a container without options"],
  ["--max-snapshots", "one snapshot is kept"],
  ["--platform", ONE_PLATFORM],
  ["--tree", ONE_PLATFORM],
  ["--use-api-socket", SOCKET],
  ["--volume-driver", "local is the only driver of volumes: its options are those of --mount, volume-opt=KEY=VALUE"],
]);

/** Of `docker volume`: what only volumes of CSI plugins have. */
const CLUSTER_VOLUMES: ReadonlySet<string> = new Set([
  ...[
    "--availability",
    "--cluster",
    "--group",
    "--limit-bytes",
    "--required-bytes",
    "--scope",
    "--secret",
    "--sharing",
  ],
  ...["--topology-preferred", "--topology-required", "--type"],
]);

/** What to say of a command that docker has and we do not; undefined for any other word. */
export function absentCommand(word: string): string | undefined {
  const why = COMMANDS.get(word);
  return why === undefined ? undefined : `there is no command '${word}': ${why}`;
}

/** Docker's `update` changes a container; ours, as `docker swarm update`, the swarm. */
const OF_CONTAINERS: ReadonlySet<string> = new Set(UPDATE_OPTIONS.map(longName));

/** The same of an option of the command `path`, with its dashes. */
export function absentOption(option: string, path: string): string | undefined {
  if (path === "swarmctl update" && OF_CONTAINERS.has(option))
    return `${option} is for a container: \`swarmctl container update ${option} VALUE CONTAINER\``;
  const isClusters = path.startsWith("swarmctl volume ") && CLUSTER_VOLUMES.has(option);
  const why = isClusters ? "there are no cluster volumes, which need plugins (CSI)" : OPTIONS.get(option);
  return why === undefined ? undefined : `${option} is not offered: ${why}`;
}
