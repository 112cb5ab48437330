import type { Random } from "../../shared/ports/random.ts";
import type { NetworkEndpoint, NetworkService } from "../../shared/rpc/gen/dispatcher.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";
import { addressRecords } from "./address-records.ts";
import { LOCAL_TTL_SECONDS, NEGATIVE_TTL_SECONDS } from "./limits.ts";
import { isDnsName, OWN_DOMAIN, reverseAddress, withoutDomain } from "./names.ts";
import type { NetworkNames } from "./network-names.ts";
import type { Query } from "./query.ts";
import { CLASS_IN, type Rcode, TYPE } from "./record-type.ts";
import type { DnsRecord, Reply } from "./reply.ts";
import { sample } from "./sample.ts";

/** What one task sees of the swarm. */
export interface NamesView {
  /** The task's networks, in its own order, ingress left out. */
  readonly networks: readonly NetworkNames[];
  /** Ports that a service is known to serve. */
  readonly portsOf: (serviceId: string) => readonly PortConfig[];
}

/** An answer out of what this host knows, or the question is somebody else's to answer. */
export type Verdict = { readonly kind: "reply"; readonly reply: Reply } | { readonly kind: "forward" };

export type Question = Pick<Query, "name" | "type" | "class">;

const FORWARD: Verdict = { kind: "forward" };
const TASKS_OF = "tasks.";
const SRV_NAME = /^_([^.]+)\._(tcp|udp|sctp)\.(.+)$/;

/** Whom a name stands for. */
type Found =
  | { readonly kind: "services"; readonly matches: readonly (readonly [NetworkNames, NetworkService])[] }
  /** `tasks.SERVICE`: the tasks of these services. */
  | { readonly kind: "tasksOf"; readonly matches: readonly (readonly [NetworkNames, NetworkService])[] }
  | { readonly kind: "tasks"; readonly matches: readonly (readonly [NetworkNames, NetworkEndpoint])[] };

/**
 * The answer to a task's question. `recordsMax` (1..) bounds what is made of a name with very many addresses; which of
 * them, and in which order, is chance. Pure but for that.
 */
export function answer(view: NamesView, question: Question, random: Random, recordsMax: number): Verdict {
  const { name, type } = question;
  // Other classes tell about servers, transfers about whole zones: neither is for tasks.
  if (question.class !== CLASS_IN || type === TYPE.AXFR || type === TYPE.IXFR) return failed("REFUSED");
  if (name === null) return FORWARD;
  const address = reverseAddress(name);
  if (address !== null) return reverse(view, address, name, type);
  const own = name === OWN_DOMAIN ? "" : withoutDomain(name, OWN_DOMAIN);
  const local = own ?? name;
  const service = SRV_NAME.exec(local);
  const found = find(view, service?.[3] ?? local);
  if (found === null) {
    if (own === null) return FORWARD;
    return name === OWN_DOMAIN ? noData(name) : noSuchName(OWN_DOMAIN);
  }
  if (service !== null) {
    const { 1: port = "", 2: protocol = "" } = service;
    return isAsked(type, TYPE.SRV) ? servers(view, found, { port, protocol, name, recordsMax, random }) : noData(name);
  }
  return addresses(found, name, type, random, recordsMax);
}

/** The whole name first, then as NAME.NETWORK. Services come before tasks that happen to be called the same. */
function find({ networks }: NamesView, name: string): Found | null {
  const whole = findOn(networks, name);
  if (whole !== null) return whole;
  for (const network of networks) {
    const rest = network.name === "" ? null : withoutDomain(name, network.name);
    const found = rest === null ? null : findOn([network], rest);
    if (found !== null) return found;
  }
  return null;
}

function findOn(networks: readonly NetworkNames[], name: string): Found | null {
  const named = (wanted: string): readonly (readonly [NetworkNames, NetworkService])[] =>
    networks.flatMap((network) => network.servicesNamed(wanted).map((service) => [network, service] as const));
  const services = named(name);
  if (services.length > 0) return { kind: "services", matches: services };
  const tasks = networks.flatMap((network) => network.tasksNamed(name).map((task) => [network, task] as const));
  if (tasks.length > 0) return { kind: "tasks", matches: tasks };
  const owners = name.startsWith(TASKS_OF) ? named(name.slice(TASKS_OF.length)) : [];
  return owners.length > 0 ? { kind: "tasksOf", matches: owners } : null;
}

/** Addresses of the family asked for. There may be none of it, and still the name exists. */
function addresses(found: Found, name: string, type: number, random: Random, recordsMax: number): Verdict {
  if (type === TYPE.ANY) {
    // One family is enough for a question that nobody should ask (RFC 8482).
    const ipv4 = addressesOf(found, "ipv4", random, recordsMax);
    return records(ipv4.length > 0 ? ipv4 : addressesOf(found, "ipv6", random, recordsMax), name);
  }
  const family = type === TYPE.A ? "ipv4" : type === TYPE.AAAA ? "ipv6" : null;
  return family === null ? noData(name) : records(addressesOf(found, family, random, recordsMax), name);
}

function records(answers: readonly DnsRecord[], name: string): Verdict {
  return answers.length === 0 ? noData(name) : replied({ answers });
}

function addressesOf(found: Found, family: "ipv4" | "ipv6", random: Random, max: number): readonly DnsRecord[] {
  if (found.kind === "tasks") {
    // Several bear one name while one replaces the other, or where a service gives all its tasks one host name.
    const ready = found.matches.filter(([, { state }]) => state === "READY");
    const tasks = ready.length > 0 ? ready : found.matches;
    return sample(
      tasks.flatMap(([, task]) => addressRecords(family === "ipv4" ? task.address : task.address6)),
      max,
      random,
    );
  }
  return found.matches
    .flatMap(([network, service]) =>
      found.kind === "services" && hasVirtualIp(service)
        ? addressRecords(family === "ipv4" ? service.virtualIp : service.virtualIp6)
        : sample(network.readyTasks(service.serviceId)[family], max, random),
    )
    .slice(0, max);
}

function hasVirtualIp({ virtualIp, virtualIp6 }: NetworkService): boolean {
  return virtualIp !== "" || virtualIp6 !== "";
}

interface ServerQuestion {
  /** What stands before the protocol, without the underscore. */
  readonly port: string;
  readonly protocol: string;
  readonly name: string;
  readonly recordsMax: number;
  readonly random: Random;
}

/** SRV: the service's own name when it has a virtual address, else each of its tasks. */
function servers(view: NamesView, found: Found, asked: ServerQuestion): Verdict {
  if (found.kind === "tasks") return noData(asked.name);
  const answers: DnsRecord[] = [];
  const additionals: DnsRecord[] = [];
  const add = (network: NetworkNames, target: string, port: number, texts: readonly string[]): void => {
    const full = `${target}.${network.name}`;
    if (!isDnsName(full)) return;
    answers.push({ owner: null, ttlSeconds: LOCAL_TTL_SECONDS, data: { kind: "SRV", port, target: full } });
    additionals.push(...texts.flatMap((text) => addressRecords(text, full)));
  };
  for (const [network, service] of found.matches) {
    const port = portAsked(view.portsOf(service.serviceId), asked);
    if (port === null) continue;
    if (found.kind === "services" && hasVirtualIp(service))
      add(network, service.name, port, [service.virtualIp, service.virtualIp6]);
    else
      for (const { names, taskId, address, address6 } of sample(
        network.readyTasks(service.serviceId).endpoints,
        asked.recordsMax,
        asked.random,
      ))
        add(network, names[0] ?? taskId, port, [address, address6]);
  }
  return answers.length === 0 ? noData(asked.name) : replied({ answers, additionals });
}

/** By the port inside the container or by the published one; what is told is the one inside. */
function portAsked(ports: readonly PortConfig[], { port, protocol }: ServerQuestion): number | null {
  const candidates = ports.filter((one) => one.protocol.toLowerCase() === protocol);
  const found =
    candidates.find(({ targetPort }) => String(targetPort) === port) ??
    candidates.find(({ publishedPort }) => String(publishedPort) === port);
  return found?.targetPort ?? null;
}

function reverse({ networks }: NamesView, address: string, name: string, type: number): Verdict {
  const names = networks.map((network) => network.nameAt(address)).filter((found) => found !== null);
  if (names.length > 0) {
    if (!isAsked(type, TYPE.PTR)) return noData(name);
    const ttlSeconds = LOCAL_TTL_SECONDS;
    return replied({
      answers: names.map((found) => ({ owner: null, ttlSeconds, data: { kind: "PTR", name: found } })),
    });
  }
  return networks.some((network) => network.contains(address))
    ? noSuchName(name.slice(name.lastIndexOf(".", name.length - ".arpa".length - 1) + 1))
    : FORWARD;
}

function isAsked(type: number, wanted: number): boolean {
  return type === wanted || type === TYPE.ANY;
}

/** The name is there, but has nothing of the kind: the zone that says so is the name itself. */
function noData(name: string): Verdict {
  return replied({ zone: { name, ttlSeconds: NEGATIVE_TTL_SECONDS } });
}

function noSuchName(zone: string): Verdict {
  return replied({ rcode: "NXDOMAIN", zone: { name: zone, ttlSeconds: NEGATIVE_TTL_SECONDS } });
}

function failed(rcode: Rcode): Verdict {
  return replied({ rcode, isAuthoritative: false });
}

function replied(parts: Partial<Reply>): Verdict {
  return {
    kind: "reply",
    reply: { rcode: "NOERROR", isAuthoritative: true, answers: [], additionals: [], zone: null, ...parts },
  };
}
