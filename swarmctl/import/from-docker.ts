import { type DockerJson, isEmpty } from "../../shared/docker-shape/common.ts";
import { readContentJson } from "../../shared/docker-shape/content-json.ts";
import { fromDockerNetwork } from "../../shared/docker-shape/network-json.ts";
import { readServiceJson } from "../../shared/docker-shape/service-json.ts";
import { SwarmError } from "../../shared/errors.ts";
import { blockContains, toBlock } from "../../shared/ip-block.ts";
import type { ContentSpec, NetworkSpec, ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import { takeNewNetwork } from "../../shared/spec-checks/validate-network.ts";

// One object of Docker's in our words each: what names it (ids of that swarm) becomes the name, which is the same here.

/** Docker's number of the network in its packets. Here the managers give another. */
const OWN_OPTIONS: ReadonlySet<string> = new Set(["com.docker.network.driver.overlay.vxlanid_list"]);

interface Pools {
  readonly blocks: readonly string[];
  readonly prefix: number;
}

export function nameOfFound(json: DockerJson): string {
  const name = json["Name"] ?? partOf(json, "Spec")["Name"];
  return typeof name === "string" ? name : "";
}

/**
 * A subnet that Docker seems to have chosen itself, out of its pools, is left to this swarm's choice: here others may
 * have it already, and a task cannot be on two networks that overlap.
 * @throws SwarmError for what cannot be had here.
 */
export function networkFrom(json: DockerJson, pools: Pools): NetworkSpec {
  const options = Object.entries(partOf(json, "Options")).filter(([key]) => !OWN_OPTIONS.has(key));
  const ipam = partOf(json, "IPAM");
  const { spec } = fromDockerNetwork({
    ...json,
    Options: Object.fromEntries(options),
    IPAM: { ...ipam, Config: listOf(ipam, "Config") },
  });
  takeNewNetwork({ ...spec, annotations: { name: nameOfFound(json), labels: spec.annotations?.labels ?? {} } });
  return { ...spec, subnets: spec.subnets.filter(({ cidr }) => !isOfPools(cidr, pools)) };
}

function isOfPools(cidr: string, { blocks, prefix }: Pools): boolean {
  const block = toBlock(cidr);
  if (block === null || block.prefix !== prefix) return false;
  return blocks.some((text) => {
    const pool = toBlock(text);
    return pool !== null && blockContains(pool, block);
  });
}

/** @throws SwarmError for what cannot be had here. */
export function configFrom(json: DockerJson): ContentSpec {
  return readContentJson("config", partOf(json, "Spec"));
}

/** Ids of the networks that a service's tasks are on. */
export function networkTargets(service: DockerJson): readonly string[] {
  return attachmentsOf(service).flatMap(({ Target }) => (typeof Target === "string" ? [Target] : []));
}

/** @throws SwarmError for what cannot be had here. */
export function serviceFrom(json: DockerJson, networkNames: ReadonlyMap<string, string>): ServiceSpec {
  const spec = partOf(json, "Spec");
  const task = partOf(spec, "TaskTemplate");
  const container = partOf(task, "ContainerSpec");
  const networks = attachmentsOf(json).map((attachment) => {
    const name = networkNames.get(String(attachment["Target"]));
    if (name !== undefined) return { ...attachment, Target: name };
    throw new SwarmError("notFound", `its network ${String(attachment["Target"])} is not there any more`);
  });
  return readServiceJson({
    ...spec,
    Networks: null,
    TaskTemplate: {
      ...task,
      Networks: networks,
      ContainerSpec: {
        ...container,
        Secrets: listOf(container, "Secrets").map((use) => ({ ...use, SecretID: "" })),
        Configs: listOf(container, "Configs").map((use) => ({ ...use, ConfigID: "" })),
      },
    },
  });
}

/** Where old clients put them, unless they are in the place of now. */
function attachmentsOf(service: DockerJson): readonly DockerJson[] {
  const spec = partOf(service, "Spec");
  const now = listOf(partOf(spec, "TaskTemplate"), "Networks");
  return now.length > 0 ? now : listOf(spec, "Networks");
}

function partOf(json: DockerJson, key: string): DockerJson {
  const part = json[key];
  return typeof part === "object" && part !== null && !Array.isArray(part) ? (part as DockerJson) : {};
}

function listOf(json: DockerJson, key: string): readonly DockerJson[] {
  const list = json[key];
  return Array.isArray(list) ? (list as readonly DockerJson[]).filter((each) => !isEmpty(each)) : [];
}
