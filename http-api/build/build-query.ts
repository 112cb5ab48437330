import { SwarmError } from "../../shared/errors.ts";
import { jsonObject } from "../../shared/json.ts";
import type { BuildHeader } from "../../shared/rpc/gen/images.ts";
import type { Query } from "../query.ts";

/** Numbers and words that a build here cannot heed; 0 and "" ask for nothing. */
const REFUSED: readonly (readonly [name: string, why: string])[] = [
  ["memory", "limits of memory are not offered for builds"],
  ["memswap", "limits of memory are not offered for builds"],
  ["cpushares", "limits of processors are not offered for builds"],
  ["cpusetcpus", "limits of processors are not offered for builds"],
  ["cpusetmems", "limits of processors are not offered for builds"],
  ["cpuperiod", "limits of processors are not offered for builds"],
  ["cpuquota", "limits of processors are not offered for builds"],
  ["shmsize", "a size of /dev/shm is not offered for builds"],
  ["ulimits", "ulimits are not offered for builds"],
  ["cgroupparent", "a parent of control groups is not offered for builds"],
  ["securityopt", "security options are not offered for builds"],
  ["outputs", "outputs are BuildKit's: save the image, or copy from a container of it"],
  ["session", "BuildKit's sessions are not offered: build with the classic builder (DOCKER_BUILDKIT=0)"],
  ["remote", "a context from elsewhere is not offered: send it as the body"],
];
/** What people send for "nothing". */
const NOTHING = new Set(["", "0", "null", "[]", "{}", "default"]);

/** What is to be built, from the parameters of POST /build. @throws SwarmError unimplemented, invalidArgument. */
export function buildHeaderOf(query: Query): Omit<BuildHeader, "logins"> {
  for (const [name, why] of REFUSED) {
    if (!NOTHING.has(query.text(name))) throw new SwarmError("unimplemented", why);
  }
  if (query.text("version") === "2") {
    const sentence = "BuildKit is not offered: build with the classic builder (DOCKER_BUILDKIT=0)";
    throw new SwarmError("unimplemented", sentence);
  }
  if (!NOTHING.has(query.text("isolation"))) {
    throw new SwarmError("invalidArgument", `isolation ${query.text("isolation")} is not one of Linux`);
  }
  const network = query.text("networkmode");
  return {
    names: query.texts("t").filter((name) => name !== ""),
    dockerfile: query.text("dockerfile"),
    // A variable without a value is the builder's own, which has none here.
    buildArgs: pairsOf(query, "buildargs"),
    target: query.text("target"),
    noCache: query.flag("nocache"),
    pull: query.flag("pull"),
    platform: query.text("platform"),
    labels: pairsOf(query, "labels"),
    secretFiles: [],
    network: network === "bridge" ? "default" : network,
    // docker-py repeats the parameter for each host.
    hosts: query
      .texts("extrahosts")
      .flatMap((hosts) => hosts.split(","))
      .filter((host) => host !== ""),
    squash: query.flag("squash"),
  };
}

function pairsOf(query: Query, name: string): readonly string[] {
  const text = query.text(name);
  if (text === "" || text === "null") return [];
  const pairs = jsonObject(text);
  if (pairs === null) throw new SwarmError("invalidArgument", `invalid ${name}: it is not a JSON object`);
  return Object.entries(pairs).flatMap(([key, value]) => {
    if (value === null) return [];
    if (typeof value === "string") return [`${key}=${value}`];
    throw new SwarmError("invalidArgument", `invalid ${name}: the value of ${JSON.stringify(key)} is not a string`);
  });
}
