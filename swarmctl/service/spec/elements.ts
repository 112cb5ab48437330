import { affinityKey, parseAffinity } from "../../../shared/affinity.ts";
import { parseGenericRequest } from "../../../shared/generic-resources.ts";
import { unreachable } from "../../../shared/invariant.ts";
import { parsePreference } from "../../../shared/placement-preference.ts";
import type {
  Affinity,
  ContainerStep,
  Dependency,
  Device,
  DeviceRate,
  DeviceRequest,
  FileReference,
  GenericResource,
  HugepageLimit,
  Mount,
  NetworkAttachmentConfig,
  PortConfig,
  Ulimit,
} from "../../../shared/rpc/gen/objects.ts";
import type { ElementKind } from "../../../shared/service-spec/field.ts";
import { parseDependency } from "../../parse/dependencies.ts";
import { parseDevice, parseGpus, parseHugepages, parseRate } from "../../parse/devices.ts";
import { parseFileReference } from "../../parse/file-references.ts";
import { parseMount } from "../../parse/mounts.ts";
import { parseNetwork } from "../../parse/networks.ts";
import { parseWhole } from "../../parse/numbers.ts";
import { parsePublish } from "../../parse/ports.ts";
import { parseUlimits } from "../../parse/ulimits.ts";
import { usageError } from "../../parse/usage.ts";
import { parseEnv, parseLabels, splitWords } from "../../parse/words.ts";
import type { SpecWorld } from "./spec-world.ts";

/** How elements of a list are written on the command line. Elements of maps are pairs of key and value. */
export interface ElementSyntax {
  /** The elements that one value of the flag adds. @throws SwarmError naming the flag. */
  readonly parse: (text: string, flag: string, world: SpecWorld) => readonly unknown[];
  /** Whether a value of the `-rm` flag refers to an element. */
  readonly isMeantBy: (element: unknown, text: string, flag: string, world: SpecWorld) => boolean;
  /** Whether an added element replaces another one. */
  readonly replaces: (added: unknown, present: unknown) => boolean;
  /** Giving one twice is refused, since the two may contradict each other; each value of the flag is one element. */
  readonly isOnce?: true;
  /** The elements are the pairs of a map. */
  readonly isMap?: true;
}

export function elementSyntax(kind: ElementKind): ElementSyntax {
  switch (kind) {
    case "label":
    case "sysctl":
    case "option":
      return {
        ...keyed<readonly [string, string]>(
          (text, flag) => Object.entries(parseLabels([text], flag)),
          ([key]) => key,
        ),
        isMap: true,
      };
    case "env":
      return keyed<string>((text, flag, { environment }) => parseEnv([text], flag, environment), nameOf);
    case "mount":
      return MOUNTS;
    case "port":
      return PORTS;
    case "network":
      return NETWORKS;
    case "secret":
    case "config":
      return {
        parse: (text, flag) => [parseFileReference(kind, text, flag)],
        isMeantBy: (element, text) => (element as FileReference).sourceName === text,
        replaces: (added, present) => {
          const [one, other] = [added as FileReference, present as FileReference];
          return one.sourceName === other.sourceName && one.target === other.target;
        },
      };
    case "ulimit":
      return ULIMITS;
    case "constraint":
      return keyed<string>((text) => [text], withoutBlanks, withoutBlanks);
    case "host":
      return HOSTS;
    case "preference":
      return keyed<string>((text) => [parsePreference(text)], spreadKey, spreadKey);
    case "affinity":
      return AFFINITIES;
    case "dependency":
      return DEPENDENCIES;
    case "step":
      return STEPS;
    case "genericResource":
      return GENERIC_RESOURCES;
    case "text":
      return keyed<string>(
        (text) => [text],
        (text) => text,
      );
    case "device":
    case "weight":
    case "rate":
    case "byteRate":
    case "hugepages":
    case "gpu":
      return deviceSyntax(kind);
    default:
      return unreachable(kind);
  }
}

/** One that is added takes the place of what differs from it only in being soft. */
const AFFINITIES = keyed<Affinity>(
  (text) => [parseAffinity(text)],
  affinityKey,
  (text) => affinityKey(parseAffinity(text)),
);

/** `-rm` takes the name, or all that was typed. */
const DEPENDENCIES: ElementSyntax = {
  ...keyed<Dependency>(
    (text, flag) => [parseDependency(text, flag)],
    ({ service }) => service,
    (text) => text.split(":", 1)[0] ?? text,
  ),
  isOnce: true,
};

const MOUNTS: ElementSyntax = {
  ...keyed<Mount>(
    (text, _flag, { absolute }) => [parseMount(text, absolute)],
    ({ target }) => target,
  ),
  isOnce: true,
};

const GENERIC_RESOURCES: ElementSyntax = {
  ...keyed<GenericResource>(
    (text, flag) => [parseGenericRequest(text, flag)],
    ({ kind }) => kind,
    nameOf,
  ),
  isOnce: true,
};

const ULIMITS = keyed<Ulimit>(
  (text, flag) => parseUlimits([text], flag),
  ({ name }) => name,
);

/** A command line, split as a shell does; `-rm` takes the same words. */
const STEPS: ElementSyntax = {
  parse: (text, flag) => {
    const command = splitWords(text, flag);
    if (command.length === 0) throw usageError(`${flag} is empty: give a command`);
    return [{ command, user: "", privileged: false, dir: "", env: [] } satisfies ContainerStep];
  },
  isMeantBy: (element, text, flag) => isSameCommand(element, splitWords(text, flag)),
  replaces: (added, present) => isSameCommand(present, (added as ContainerStep).command),
};

function isSameCommand(element: unknown, words: readonly string[]): boolean {
  const { command } = element as ContainerStep;
  return command.length === words.length && command.every((word, at) => word === words[at]);
}

type DeviceKind = Extract<ElementKind, "device" | "weight" | "rate" | "byteRate" | "hugepages" | "gpu">;

function deviceSyntax(kind: DeviceKind): ElementSyntax {
  switch (kind) {
    case "device":
      return byPath<Device>(parseDevice);
    case "weight":
    case "rate":
    case "byteRate":
      return byPath<DeviceRate>((text, flag) => parseRate(text, flag, kind === "byteRate"));
    case "hugepages":
      return keyed<HugepageLimit>(
        (text, flag) => [parseHugepages(text, flag)],
        ({ pageSize }) => pageSize,
        nameOf,
      );
    case "gpu":
      return GPUS;
    default:
      return unreachable(kind);
  }
}

function keyed<Element>(
  parse: (text: string, flag: string, world: SpecWorld) => readonly Element[],
  keyOf: (element: Element) => string,
  keyOfRemoval: (text: string) => string = (text) => text,
): ElementSyntax {
  return {
    parse,
    isMeantBy: (element, text) => keyOf(element as Element) === keyOfRemoval(text),
    replaces: (added, present) => keyOf(added as Element) === keyOf(present as Element),
  };
}

/** `-rm` takes the path, or all that was typed. */
function byPath<Element extends { readonly path: string }>(
  parse: (text: string, flag: string) => Element,
): ElementSyntax {
  return {
    ...keyed<Element>(
      (text, flag) => [parse(text, flag)],
      ({ path }) => path,
    ),
    isMeantBy: (element, text) =>
      text === (element as Element).path || text.startsWith(`${(element as Element).path}:`),
  };
}

/**
 * NAME:ADDRESS on the command line, "ADDRESS NAME" in the spec, as in Docker. One name may have several addresses; `-rm
 * NAME` means all of them.
 */
const HOSTS: ElementSyntax = {
  parse: (text, flag) => {
    const { name, address } = hostParts(text);
    if (name === "" || address === "") throw usageError(`invalid host "${text}" for ${flag}: expected NAME:ADDRESS`);
    return [`${address} ${name}`];
  },
  isMeantBy: (element, text) => {
    const [address, ...names] = String(element).split(" ");
    const wanted = hostParts(text);
    return names.includes(wanted.name) && (wanted.address === "" || wanted.address === address);
  },
  replaces: (added, present) => added === present,
};

/** The first colon separates them, since an IPv6 address contains more; the address may be in brackets. */
function hostParts(text: string): { readonly name: string; readonly address: string } {
  const at = text.indexOf(":");
  if (at < 0) return { name: text, address: "" };
  return { name: text.slice(0, at), address: text.slice(at + 1).replace(/^\[(.*)\]$/, "$1") };
}

/**
 * One flag may add a range of ports; `-rm` removes everything that a container's port is published as, `80` or
 * `80/udp`.
 */
const PORTS: ElementSyntax = {
  parse: (text) => parsePublish(text),
  isMeantBy: (element, text, flag) => {
    const { targetPort, protocol } = element as PortConfig;
    const [target = "", wanted] = text.split("/");
    const isTarget = targetPort === parseWhole(target, flag, { min: 1, max: 65_535 });
    return isTarget && (wanted === undefined || wanted.toUpperCase() === protocol);
  },
  replaces: (added, present) => {
    const [one, other] = [added as PortConfig, present as PortConfig];
    return (
      one.targetPort === other.targetPort &&
      one.publishedPort === other.publishedPort &&
      one.protocol === other.protocol &&
      one.publishMode === other.publishMode &&
      one.hostIp === other.hostIp
    );
  },
};

/** A request has no name of its own: `-rm` takes the words that it was made by. */
const GPUS: ElementSyntax = {
  parse: (text, flag) => [parseGpus(text, flag)],
  isMeantBy: (element, text, flag) => isSameRequest(element as DeviceRequest, parseGpus(text, flag)),
  replaces: (added, present) => isSameRequest(added as DeviceRequest, present as DeviceRequest),
};

function isSameRequest(one: DeviceRequest, other: DeviceRequest): boolean {
  const text = ({ driver, count, ids }: DeviceRequest): string => [driver, count, ...ids].join();
  return text(one) === text(other);
}

/** By name on the command line, by id in the spec that managers answer. */
const NETWORKS: ElementSyntax = {
  isOnce: true,
  parse: (text, flag, world) => {
    const wish = parseNetwork(text, flag);
    return [{ ...wish, target: networkIdOf(wish.target, world) }];
  },
  isMeantBy: (element, text, _flag, world) => (element as NetworkAttachmentConfig).target === networkIdOf(text, world),
  replaces: (added, present) =>
    (added as NetworkAttachmentConfig).target === (present as NetworkAttachmentConfig).target,
};

const networkIdOf = (ref: string, { networkIds }: SpecWorld): string => networkIds?.get(ref.toLowerCase()) ?? ref;

function nameOf(entry: string): string {
  return entry.split("=", 1)[0] ?? entry;
}

/** `spread=node.labels.zone`, or just the key. */
function spreadKey(text: string): string {
  return text.replace(/^\s*spread\s*=/, "").trim();
}

function withoutBlanks(text: string): string {
  return text.replace(/\s+/g, "");
}
