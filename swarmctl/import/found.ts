import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { SwarmError } from "../../shared/errors.ts";
import type { DockerReader } from "../cli.ts";
import { networkTargets } from "./from-docker.ts";

/** What a Docker Swarm has, as its manager tells it. */
export interface FoundSwarm {
  readonly networks: readonly DockerJson[];
  readonly configs: readonly DockerJson[];
  /** Without their content, which Docker gives to nobody. */
  readonly secrets: readonly DockerJson[];
  readonly services: readonly DockerJson[];
  /** Out of which blocks, and of which size, networks get subnets that nobody has asked for. */
  readonly pools: { readonly blocks: readonly string[]; readonly prefix: number };
}

/** Docker's own, where nobody has given others. */
const DEFAULT_POOL = "10.0.0.0/8";
const DEFAULT_PREFIX = 24;

/** @throws SwarmError what Docker answers, such as that it is no manager. */
export async function readSwarm(docker: DockerReader, signal: AbortSignal): Promise<FoundSwarm> {
  const list = async (path: string): Promise<readonly DockerJson[]> => listOf(await docker.read(path, signal), path);
  // One after the other: a manager that is none says so once.
  const services = await list("/services");
  const configs = await list("/configs");
  const secrets = await list("/secrets");
  const listed = await list(`/networks?filters=${encodeURIComponent('{"scope":["swarm"]}')}`);
  // Docker lists no network that is there in every swarm, such as "host", and answers for it by id.
  const known = new Set(listed.map((network) => network["Id"]));
  const others = [...new Set(services.flatMap(networkTargets))].filter((id) => !known.has(id));
  const found = await Promise.all(others.map((id) => predefined(docker, id, signal)));
  const [swarm] = listOf([await docker.read("/swarm", signal)], "/swarm");
  return { services, configs, secrets, networks: [...listed, ...found.flat()], pools: poolsOf(swarm ?? {}) };
}

function poolsOf({ DefaultAddrPool, SubnetSize }: DockerJson): FoundSwarm["pools"] {
  const blocks = Array.isArray(DefaultAddrPool) ? DefaultAddrPool.filter((each) => typeof each === "string") : [];
  return {
    blocks: blocks.length === 0 ? [DEFAULT_POOL] : blocks,
    prefix: typeof SubnetSize === "number" && SubnetSize > 0 ? SubnetSize : DEFAULT_PREFIX,
  };
}

async function predefined(docker: DockerReader, id: string, signal: AbortSignal): Promise<readonly DockerJson[]> {
  try {
    return listOf([await docker.read(`/networks/${encodeURIComponent(id)}`, signal)], "/networks");
  } catch (error) {
    // The service that wants it is left, by a sentence that names it.
    if (error instanceof SwarmError && error.code === "notFound") return [];
    throw error;
  }
}

function listOf(json: unknown, path: string): readonly DockerJson[] {
  const isObject = (each: unknown): boolean => typeof each === "object" && each !== null && !Array.isArray(each);
  // Go's empty list is null.
  const list = json ?? [];
  if (Array.isArray(list) && list.every(isObject)) return list as readonly DockerJson[];
  throw new SwarmError("failedPrecondition", `what answers is no Docker: ${path} gave no list of objects`);
}
