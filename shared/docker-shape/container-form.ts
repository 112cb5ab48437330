import { SwarmError } from "../errors.ts";
import { unreachable } from "../invariant.ts";
import { type DockerJson, isEmpty } from "./common.ts";
import { fieldOf } from "./json-shape.ts";

/**
 * What Docker's API takes for one container: every field that it knows, what its value must be, and what becomes of it.
 * Fields that are not here are passed over, as dockerd passes over what it does not know.
 */

type Kind =
  | "text"
  | "switch"
  | "whole"
  /** A list of words. */
  | "words"
  /** The same, or one word. */
  | "command"
  /** Words by words. */
  | "map"
  | "objects"
  /** Lists of objects by words; a list may be null. */
  | "lists"
  | "object"
  | "numbers";

interface FormField {
  readonly kind: Kind;
  /** Of an object: what is in it. */
  readonly parts?: Form;
  /** It is shown again as it was given, and nothing else reads it in that form. */
  readonly isKept?: true;
  /** Why it cannot be had, where its value asks for something; null = this value asks for nothing. */
  readonly refusal?: (value: unknown) => string | null;
}

interface Form {
  readonly [key: string]: FormField;
}

const text: FormField = { kind: "text" };
const yes: FormField = { kind: "switch" };
const whole: FormField = { kind: "whole" };
const words: FormField = { kind: "words" };
const map: FormField = { kind: "map" };
const objects: FormField = { kind: "objects" };
const object: FormField = { kind: "object" };
const kept = ({ kind }: FormField): FormField => ({ kind, isKept: true });
const refused = ({ kind }: FormField, why: string, harmless: readonly unknown[] = []): FormField => ({
  kind,
  refusal: (value) => (isEmpty(value) || harmless.includes(value) ? null : why),
});

const HEALTHCHECK: Form = {
  Test: words,
  Interval: whole,
  Timeout: whole,
  StartPeriod: whole,
  StartInterval: whole,
  Retries: whole,
};
const RESTART: FormField = { kind: "object", parts: { Name: text, MaximumRetryCount: whole } };

const WINDOWS = "is for containers of Windows, and this host runs Linux";

/** The body of POST /containers/create, but for HostConfig and NetworkingConfig. */
const CONFIG: Form = {
  Hostname: text,
  Domainname: text,
  User: text,
  AttachStdin: kept(yes),
  AttachStdout: kept(yes),
  AttachStderr: kept(yes),
  ExposedPorts: object,
  Tty: yes,
  OpenStdin: yes,
  StdinOnce: yes,
  Env: words,
  Cmd: { kind: "command" },
  Healthcheck: { kind: "object", parts: HEALTHCHECK },
  Image: text,
  Volumes: kept(object),
  WorkingDir: text,
  Entrypoint: { kind: "command" },
  NetworkDisabled: yes,
  MacAddress: text,
  OnBuild: kept(words),
  Labels: map,
  StopSignal: text,
  StopTimeout: whole,
  Shell: kept(words),
};

/** Of HostConfig, what POST /containers/{id}/update takes as well. */
const RESOURCES: Form = {
  CpuShares: whole,
  Memory: whole,
  NanoCpus: whole,
  CgroupParent: text,
  BlkioWeight: whole,
  BlkioWeightDevice: objects,
  BlkioDeviceReadBps: objects,
  BlkioDeviceWriteBps: objects,
  BlkioDeviceReadIOps: objects,
  BlkioDeviceWriteIOps: objects,
  CpuPeriod: whole,
  CpuQuota: whole,
  CpuRealtimePeriod: whole,
  CpuRealtimeRuntime: whole,
  CpusetCpus: text,
  CpusetMems: text,
  Devices: objects,
  DeviceCgroupRules: words,
  DeviceRequests: objects,
  MemoryReservation: whole,
  MemorySwap: whole,
  MemorySwappiness: whole,
  OomKillDisable: yes,
  PidsLimit: whole,
  Ulimits: objects,
  CpuCount: refused(whole, WINDOWS),
  CpuPercent: refused(whole, WINDOWS),
  IOMaximumIOps: refused(whole, WINDOWS),
  IOMaximumBandwidth: refused(whole, WINDOWS),
};

const HOST_CONFIG: Form = {
  ...RESOURCES,
  Binds: kept(words),
  ContainerIDFile: kept(text),
  LogConfig: { kind: "object", parts: { Type: text, Config: map } },
  NetworkMode: text,
  PortBindings: { kind: "lists" },
  RestartPolicy: RESTART,
  AutoRemove: yes,
  VolumeDriver: kept(text),
  VolumesFrom: kept(words),
  ConsoleSize: { kind: "numbers", isKept: true },
  Annotations: map,
  CapAdd: { kind: "command" },
  CapDrop: { kind: "command" },
  CgroupnsMode: text,
  Dns: words,
  DnsOptions: words,
  DnsSearch: words,
  ExtraHosts: words,
  GroupAdd: words,
  IpcMode: text,
  Cgroup: refused(text, "is not possible: containers do not share control groups"),
  Links: words,
  OomScoreAdj: whole,
  PidMode: text,
  Privileged: yes,
  PublishAllPorts: yes,
  ReadonlyRootfs: yes,
  SecurityOpt: kept(words),
  StorageOpt: map,
  Tmpfs: kept(map),
  UTSMode: text,
  UsernsMode: text,
  ShmSize: whole,
  Sysctls: map,
  Runtime: text,
  Isolation: { ...refused(text, WINDOWS, ["default"]), isKept: true },
  Init: yes,
  Mounts: kept(objects),
  MaskedPaths: words,
  ReadonlyPaths: words,
};

const TOP: Form = { ...CONFIG, HostConfig: object, NetworkingConfig: object };

/**
 * The body of POST /containers/create with values of the right types, one-word commands as lists.
 * @throws SwarmError invalidArgument for another type, or for what cannot be had.
 */
export function checkCreateForm(body: unknown): DockerJson {
  const json = checkForm(body, TOP, "");
  const host = json["HostConfig"];
  return host === undefined ? json : { ...json, HostConfig: checkForm(host, HOST_CONFIG, "HostConfig.") };
}

/** The same of POST /containers/{id}/update. @throws SwarmError invalidArgument. */
export function checkUpdateForm(body: unknown): DockerJson {
  return checkForm(body, { ...RESOURCES, RestartPolicy: RESTART }, "");
}

/** What is shown again as it was given, as JSON; "" = nothing. */
export function keptOf(json: DockerJson): string {
  const host = (json["HostConfig"] ?? {}) as DockerJson;
  const [config, hostConfig] = [keptIn(json, CONFIG), keptIn(host, HOST_CONFIG)];
  return isEmpty(config) && isEmpty(hostConfig) ? "" : JSON.stringify({ Config: config, HostConfig: hostConfig });
}

function keptIn(json: DockerJson, form: Form): DockerJson {
  return Object.fromEntries(
    Object.entries(form)
      .filter(([key, { isKept }]) => isKept === true && !isEmpty(json[key]))
      .map(([key]) => [key, json[key]]),
  );
}

function checkForm(value: unknown, form: Form, place: string): DockerJson {
  const where = place === "" ? "the body" : place.slice(0, -1);
  if (!isObject(value)) throw wrongType(where, "an object");
  const checked: { [key: string]: unknown } = {};
  for (const [key, { kind, refusal, parts }] of Object.entries(form)) {
    const given = fieldOf(value, key);
    // Go's null is the zero value of every type.
    if (given === undefined || given === null) continue;
    const plain = typedValue(kind, given, `${place}${key}`);
    const typed = parts === undefined ? plain : checkForm(plain, parts, `${place}${key}.`);
    const why = refusal?.(typed) ?? null;
    if (why !== null) throw new SwarmError("invalidArgument", `${place}${key} ${why}`);
    checked[key] = typed;
  }
  return checked;
}

function typedValue(kind: Kind, value: unknown, where: string): unknown {
  switch (kind) {
    case "text":
      if (typeof value !== "string") throw wrongType(where, "text");
      return value;
    case "switch":
      if (typeof value !== "boolean") throw wrongType(where, "true or false");
      return value;
    case "whole":
      if (!Number.isSafeInteger(value)) throw wrongType(where, "a whole number");
      return value;
    case "command":
      return typeof value === "string" ? [value] : listOf(value, isText, where, "a list of words");
    case "words":
      return listOf(value, isText, where, "a list of words");
    case "numbers":
      return listOf(value, Number.isSafeInteger, where, "a list of whole numbers");
    case "objects":
      return listOf(value, isObject, where, "a list of objects");
    case "lists":
      if (!isObject(value)) throw wrongType(where, "an object");
      for (const one of Object.values(value)) listOf(one ?? [], isObject, where, "an object of lists of objects");
      return value;
    case "map":
      if (!isObject(value) || !Object.values(value).every(isText)) throw wrongType(where, "an object of words");
      return value;
    case "object":
      if (!isObject(value)) throw wrongType(where, "an object");
      return value;
    default:
      return unreachable(kind);
  }
}

function listOf(value: unknown, isOne: (one: unknown) => boolean, where: string, what: string): readonly unknown[] {
  if (Array.isArray(value) && value.every(isOne)) return value;
  throw wrongType(where, what);
}

const isText = (value: unknown): boolean => typeof value === "string";

function isObject(value: unknown): value is DockerJson {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrongType(where: string, what: string): SwarmError {
  return new SwarmError("invalidArgument", `invalid JSON: ${where} must be ${what}`);
}
