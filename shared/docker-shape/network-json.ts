import { SwarmError } from "../errors.ts";
import { labelsOf } from "../objects/labels.ts";
import type { NetworkSpec, NetworkSubnet } from "../rpc/gen/objects.ts";
import { type DockerJson, isEmpty } from "./common.ts";
import { fieldOf } from "./json-shape.ts";

/** A network that Docker's POST /networks/create asks for. */
export interface AskedNetwork {
  /** One of the swarm, or of the host that is asked. */
  readonly scope: "swarm" | "local";
  readonly spec: NetworkSpec;
}

/** What cannot be had, unless it asks for nothing. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["ConfigOnly", "give the whole configuration to each network that is made"],
  ["ConfigFrom", "give the whole configuration to each network that is made"],
]);

/** What a network may be is checked by whoever makes it; here only types. @throws SwarmError invalidArgument. */
export function fromDockerNetwork(json: DockerJson): AskedNetwork {
  for (const [key, why] of REFUSED) {
    const isAsked = key === "ConfigFrom" ? textIn(objectIn(json, key), "Network") !== "" : !isEmpty(json[key]);
    if (isAsked) throw invalid(`${key} is not possible: ${why}`);
  }
  if (fieldOf(json, "EnableIPv4") === false)
    throw invalid("EnableIPv4 cannot be false: every network has IPv4 addresses");
  const driver = textIn(json, "Driver") || "bridge";
  const scope = textIn(json, "Scope") || (driver === "overlay" ? "swarm" : "local");
  if (scope !== "swarm" && scope !== "local") throw invalid(`invalid scope ${JSON.stringify(scope)}: swarm or local`);
  const ipam = objectIn(json, "IPAM");
  const ipamDriver = textIn(ipam, "Driver");
  if (ipamDriver !== "" && ipamDriver !== "default") throw invalid(`unknown IPAM driver ${JSON.stringify(ipamDriver)}`);
  if (!isEmpty(ipam["Options"])) throw invalid("IPAM.Options must be left out: there is nothing to set");
  const spec: NetworkSpec = {
    annotations: { name: textIn(json, "Name"), labels: wordsByWord(json, "Labels") },
    ingress: fieldOf(json, "Ingress") === true,
    internal: fieldOf(json, "Internal") === true,
    mtu: 0,
    attachable: fieldOf(json, "Attachable") === true,
    ipv6: fieldOf(json, "EnableIPv6") === true,
    driver,
    options: wordsByWord(json, "Options"),
    subnets: listIn(ipam, "Config").flatMap(toSubnet),
  };
  return { scope, spec };
}

function toSubnet(json: DockerJson): readonly NetworkSubnet[] {
  const cidr = textIn(json, "Subnet");
  const rest = {
    gateway: textIn(json, "Gateway"),
    ipRange: textIn(json, "IPRange"),
    auxiliary: wordsByWord(json, "AuxiliaryAddresses"),
  };
  if (cidr !== "") return [{ cidr, ...rest }];
  // Compose sends an empty one where its file has none.
  if (Object.values(rest).every(isEmpty)) return [];
  throw invalid("IPAM.Config with a gateway, a range or addresses needs the subnet that they belong to");
}

function wordsByWord(json: DockerJson, key: string): Readonly<Record<string, string>> {
  return labelsOf(Object.entries(objectIn(json, key)).map(([name, value]) => [name, String(value ?? "")]));
}

function textIn(json: DockerJson, key: string): string {
  const value = fieldOf(json, key) ?? "";
  if (typeof value !== "string") throw invalid(`${key} must be text`);
  return value;
}

function objectIn(json: DockerJson, key: string): DockerJson {
  const value = fieldOf(json, key) ?? {};
  if (typeof value !== "object" || Array.isArray(value)) throw invalid(`${key} must be an object`);
  return value as DockerJson;
}

function listIn(json: DockerJson, key: string): readonly DockerJson[] {
  const value = fieldOf(json, key) ?? [];
  const isObject = (one: unknown): boolean => typeof one === "object" && one !== null && !Array.isArray(one);
  if (!Array.isArray(value) || !value.every(isObject)) throw invalid(`${key} must be a list of objects`);
  return value as readonly DockerJson[];
}

function invalid(sentence: string): SwarmError {
  return new SwarmError("invalidArgument", sentence);
}
