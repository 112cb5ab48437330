import { fromDockerCreate } from "../../shared/docker-shape/container-request.ts";
import { SwarmError } from "../../shared/errors.ts";
import { jsonObject } from "../../shared/json.ts";
import type { BuildHeader } from "../../shared/rpc/gen/images.ts";
import type { Query } from "../query.ts";

/** Words that a build here cannot heed; 0 and "" ask for nothing. */
const REFUSED: readonly (readonly [name: string, why: string])[] = [
  ["cgroupparent", "a parent of control groups is not offered for builds: theirs are below the daemon's own"],
  ["outputs", "outputs are BuildKit's: save the image, or copy from a container of it"],
  ["session", "BuildKit's sessions are not offered: build with the classic builder (DOCKER_BUILDKIT=0)"],
  ["remote", "a context from elsewhere is not offered: send it as the body"],
];
/** What the container of a step may use, by their names in HostConfig. */
const NUMBERS: readonly (readonly [name: string, key: string])[] = [
  ["memory", "Memory"],
  ["memswap", "MemorySwap"],
  ["cpushares", "CpuShares"],
  ["cpuperiod", "CpuPeriod"],
  ["cpuquota", "CpuQuota"],
  ["shmsize", "ShmSize"],
];
const WORDS: readonly (readonly [name: string, key: string])[] = [
  ["cpusetcpus", "CpusetCpus"],
  ["cpusetmems", "CpusetMems"],
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
  if (!NOTHING.has(query.text("securityopt"))) {
    const sentence = "The daemon on this platform does not support setting security options on build";
    throw new SwarmError("invalidArgument", sentence);
  }
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
    network: query.text("networkmode"),
    // docker-py repeats the parameter for each host.
    hosts: query
      .texts("extrahosts")
      .flatMap((hosts) => hosts.split(","))
      .filter((host) => host !== ""),
    squash: query.flag("squash"),
    step: stepOf(query),
  };
}

/** As a container that is created with these limits has them. null = none is given. */
function stepOf(query: Query): BuildHeader["step"] {
  const given = (name: string): boolean => !NOTHING.has(query.text(name));
  const host = Object.fromEntries([
    ...NUMBERS.filter(([name]) => given(name)).map(([name, key]) => [key, wholeOf(query, name)]),
    // A list of numbers may be 0 alone.
    ...WORDS.filter(([name]) => query.text(name) !== "").map(([name, key]) => [key, query.text(name)]),
    ...(given("ulimits") ? [["Ulimits", listOf(query, "ulimits")]] : []),
  ]);
  if (Object.keys(host).length === 0) return null;
  return fromDockerCreate({ Image: "scratch", HostConfig: host }, "").task;
}

function wholeOf(query: Query, name: string): number {
  const number = Number(query.text(name));
  if (Number.isSafeInteger(number)) return number;
  throw new SwarmError("invalidArgument", `invalid ${name}: ${JSON.stringify(query.text(name))} is not a whole number`);
}

function listOf(query: Query, name: string): unknown {
  try {
    const list: unknown = JSON.parse(query.text(name));
    if (Array.isArray(list)) return list;
  } catch {
    // Said below.
  }
  throw new SwarmError("invalidArgument", `invalid ${name}: it is not a JSON list`);
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
