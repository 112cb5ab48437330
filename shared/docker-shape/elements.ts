import { unreachable } from "../invariant.ts";
import { FILE_MODE } from "../objects/file-reference.ts";
import { labelsOf } from "../objects/labels.ts";
import type {
  Affinity,
  ContainerStep,
  Dependency,
  FileReference,
  GenericResource,
  Mount,
  NetworkAttachmentConfig,
  PortConfig,
  Ulimit,
} from "../rpc/gen/objects.ts";
import { CONDITION_WORDS, conditionOf } from "../service-spec/dependencies.ts";
import type { ElementKind } from "../service-spec/field.ts";
import { type DockerJson, unlessEmpty } from "./common.ts";
import { deviceShape } from "./device-elements.ts";
import { eachElement, type ListShape } from "./list-shape.ts";

export function listShape(kind: ElementKind): ListShape {
  switch (kind) {
    case "label":
    case "sysctl":
    case "option":
      return { toDocker: (value) => value, fromDocker: (json) => labelsOf(Object.entries(json as object)) };
    case "env":
    case "constraint":
    case "text":
    case "host":
      return { toDocker: (value) => value, fromDocker: (json) => json };
    case "preference":
      return eachElement<string>(
        (key) => ({ Spread: { SpreadDescriptor: key } }),
        (json) => String(((json["Spread"] ?? {}) as DockerJson)["SpreadDescriptor"] ?? ""),
      );
    case "affinity":
      return eachElement<Affinity>(
        ({ service, avoid, topology, soft }) => ({
          Service: service,
          Avoid: avoid,
          ...unlessEmpty("Topology", topology),
          Soft: soft,
        }),
        (json) => ({
          service: String(json["Service"] ?? ""),
          avoid: json["Avoid"] === true,
          topology: String(json["Topology"] ?? ""),
          soft: json["Soft"] === true,
        }),
      );
    case "dependency":
      return eachElement(toDockerDependency, fromDockerDependency);
    case "genericResource":
      return {
        toDocker: (value) => (value as readonly GenericResource[]).flatMap(toDockerResources),
        fromDocker: (json) => byKind((json as readonly DockerJson[]).map(fromDockerResource)),
      };
    case "ulimit":
      return ULIMITS;
    case "mount":
      return eachElement(toDockerMount, fromDockerMount);
    case "secret":
      return eachElement<FileReference>(
        (reference) => toDockerFile("Secret", reference),
        (json) => fromDockerFile("Secret", json),
      );
    case "config":
      return eachElement<FileReference>(
        (reference) => toDockerFile("Config", reference),
        (json) => fromDockerFile("Config", json),
      );
    case "port":
      return eachElement(toDockerPort, fromDockerPort);
    case "step":
      return eachElement(toDockerStep, fromDockerStep);
    case "network":
      return eachElement(toDockerAttachment, fromDockerAttachment);
    case "device":
    case "weight":
    case "rate":
    case "byteRate":
    case "hugepages":
    case "gpu":
      return deviceShape(kind);
    default:
      return unreachable(kind);
  }
}

const ULIMITS = eachElement<Ulimit>(
  ({ name, soft, hard }) => ({ Name: name, Hard: hard, Soft: soft }),
  (json) => ({ name: String(json["Name"] ?? ""), soft: Number(json["Soft"]), hard: Number(json["Hard"]) }),
);

function toDockerStep({ command, user, privileged, dir, env }: ContainerStep): DockerJson {
  return {
    Command: command,
    ...unlessEmpty("User", user),
    ...(privileged ? { Privileged: true } : {}),
    ...unlessEmpty("Dir", dir),
    ...unlessEmpty("Env", env),
  };
}

function fromDockerStep(json: DockerJson): ContainerStep {
  const words = (value: unknown): readonly string[] => ((value ?? []) as readonly unknown[]).map(String);
  return {
    command: words(json["Command"]),
    user: String(json["User"] ?? ""),
    privileged: json["Privileged"] === true,
    dir: String(json["Dir"] ?? ""),
    env: words(json["Env"]),
  };
}

function toDockerAttachment({ target, aliases, driverOptions }: NetworkAttachmentConfig): DockerJson {
  return { Target: target, ...unlessEmpty("Aliases", aliases), ...unlessEmpty("DriverOpts", driverOptions) };
}

function fromDockerAttachment(json: DockerJson): NetworkAttachmentConfig {
  return {
    target: String(json["Target"] ?? ""),
    aliases: (json["Aliases"] ?? []) as readonly string[],
    driverOptions: labelsOf(Object.entries((json["DriverOpts"] ?? {}) as Readonly<Record<string, string>>)),
  };
}

/** Not Docker's. */
function toDockerDependency({ service, condition }: Dependency): DockerJson {
  return { Service: service, Condition: CONDITION_WORDS[condition] };
}

function fromDockerDependency(json: DockerJson): Dependency {
  const word = String(json["Condition"] ?? "started");
  return { service: String(json["Service"] ?? ""), condition: conditionOf(word) ?? (word as never) };
}

/** One entry for each name, and one for how many there are without. */
export function toDockerResources({ kind, value, names }: GenericResource): readonly DockerJson[] {
  const nameless = value - names.length;
  return [
    ...(nameless > 0 ? [{ DiscreteResourceSpec: { Kind: kind, Value: nameless } }] : []),
    ...names.map((name) => ({ NamedResourceSpec: { Kind: kind, Value: name } })),
  ];
}

/** Docker has an entry for each name; a request for any two and one for a certain third are one for three here. */
function byKind(entries: readonly GenericResource[]): readonly GenericResource[] {
  const kinds = Map.groupBy(entries, ({ kind }) => kind);
  return [...kinds].map(([kind, same]) => ({
    kind,
    value: same.reduce((sum, { value }) => sum + value, 0),
    names: same.flatMap(({ names }) => names),
  }));
}

function fromDockerResource(json: DockerJson): GenericResource {
  const named = json["NamedResourceSpec"] as DockerJson | undefined;
  if (named !== undefined)
    return { kind: String(named["Kind"] ?? ""), value: 1, names: [String(named["Value"] ?? "")] };
  const { Kind, Value } = (json["DiscreteResourceSpec"] ?? {}) as DockerJson;
  return { kind: String(Kind ?? ""), value: Number(Value ?? 0), names: [] };
}

export function toDockerPort(port: PortConfig): DockerJson {
  return {
    Protocol: port.protocol.toLowerCase(),
    TargetPort: port.targetPort,
    ...unlessEmpty("PublishedPort", port.publishedPort),
    PublishMode: port.publishMode.toLowerCase(),
    // Not of Docker's services.
    ...unlessEmpty("HostIP", port.hostIp),
    ...unlessEmpty("LocalFirst", port.localFirst),
  };
}

function fromDockerPort(json: DockerJson): PortConfig {
  return {
    protocol: upper(json["Protocol"], "TCP") as PortConfig["protocol"],
    targetPort: Number(json["TargetPort"] ?? 0),
    publishedPort: Number(json["PublishedPort"] ?? 0),
    publishMode: upper(json["PublishMode"], "INGRESS") as PortConfig["publishMode"],
    hostIp: String(json["HostIP"] ?? ""),
    localFirst: json["LocalFirst"] === true,
  };
}

function toDockerMount(mount: Mount): DockerJson {
  return {
    Type: mount.type.toLowerCase(),
    ...unlessEmpty("Source", mount.source),
    Target: mount.target,
    ...unlessEmpty("ReadOnly", mount.readOnly),
    ...unlessEmpty("BindOptions", bindOptions(mount)),
    ...unlessEmpty("VolumeOptions", volumeOptions(mount)),
    ...unlessEmpty("TmpfsOptions", {
      ...unlessEmpty("SizeBytes", mount.tmpfsSizeBytes),
      ...unlessEmpty("Mode", mount.tmpfsMode),
      // A word and its value, if it has one; none that we take has.
      ...unlessEmpty(
        "Options",
        mount.tmpfsOptions.map((option) => [option]),
      ),
    }),
  };
}

function bindOptions(mount: Mount): DockerJson {
  return {
    ...propagationOption(mount),
    ...recursiveOption(mount),
    ...unlessEmpty("CreateMountpoint", mount.bindCreate),
  };
}

function propagationOption({ bindPropagation }: Mount): DockerJson {
  return bindPropagation === "RPRIVATE" ? {} : { Propagation: bindPropagation.toLowerCase() };
}

function volumeOptions(mount: Mount): DockerJson {
  return {
    ...unlessEmpty("NoCopy", mount.volumeNoCopy),
    ...unlessEmpty("Labels", mount.volumeLabels),
    ...unlessEmpty("DriverConfig", {
      ...unlessEmpty("Name", mount.volumeDriver),
      ...unlessEmpty("Options", mount.volumeOptions),
    }),
    ...unlessEmpty("Subpath", mount.volumeSubpath),
    // Not of Docker.
    ...unlessEmpty("PerSlot", mount.volumePerSlot),
  };
}

function recursiveOption({ bindRecursive }: Mount): DockerJson {
  switch (bindRecursive) {
    case "ENABLED":
      return {};
    case "DISABLED":
      return { NonRecursive: true };
    case "WRITABLE":
      return { ReadOnlyNonRecursive: true };
    case "READONLY":
      return { ReadOnlyForceRecursive: true };
    default:
      return unreachable(bindRecursive);
  }
}

function recursiveOf(bind: DockerJson): Mount["bindRecursive"] {
  if (bind["NonRecursive"] === true) return "DISABLED";
  if (bind["ReadOnlyNonRecursive"] === true) return "WRITABLE";
  return bind["ReadOnlyForceRecursive"] === true ? "READONLY" : "ENABLED";
}

function fromDockerMount(json: DockerJson): Mount {
  const tmpfs = (json["TmpfsOptions"] ?? {}) as DockerJson;
  const bind = (json["BindOptions"] ?? {}) as DockerJson;
  const volume = (json["VolumeOptions"] ?? {}) as DockerJson;
  const driver = (volume["DriverConfig"] ?? {}) as DockerJson;
  return {
    type: upper(json["Type"], "VOLUME") as Mount["type"],
    source: String(json["Source"] ?? ""),
    target: String(json["Target"] ?? ""),
    readOnly: json["ReadOnly"] === true,
    tmpfsSizeBytes: Number(tmpfs["SizeBytes"] ?? 0),
    tmpfsMode: Number(tmpfs["Mode"] ?? 0),
    tmpfsOptions: ((tmpfs["Options"] ?? []) as readonly (readonly unknown[])[]).map((words) => words.join("=")),
    bindRecursive: recursiveOf(bind),
    bindPropagation: upper(bind["Propagation"], "RPRIVATE") as Mount["bindPropagation"],
    bindCreate: bind["CreateMountpoint"] === true,
    volumeNoCopy: volume["NoCopy"] === true,
    volumeDriver: String(driver["Name"] ?? ""),
    volumeOptions: words(driver["Options"]),
    volumeLabels: words(volume["Labels"]),
    volumeSubpath: String(volume["Subpath"] ?? ""),
    volumePerSlot: volume["PerSlot"] === true,
  };
}

function toDockerFile(prefix: "Secret" | "Config", reference: FileReference): DockerJson {
  const { sourceId, sourceName, target, uid, gid, mode = FILE_MODE } = reference;
  return {
    File: { Name: target, UID: String(uid), GID: String(gid), Mode: mode },
    [`${prefix}ID`]: sourceId,
    [`${prefix}Name`]: sourceName,
  };
}

function fromDockerFile(prefix: "Secret" | "Config", json: DockerJson): FileReference {
  const file = (json["File"] ?? {}) as DockerJson;
  const mode = file["Mode"];
  return {
    sourceId: String(json[`${prefix}ID`] ?? ""),
    sourceName: String(json[`${prefix}Name`] ?? ""),
    target: String(file["Name"] ?? ""),
    uid: Number(file["UID"] ?? 0),
    gid: Number(file["GID"] ?? 0),
    ...(mode === undefined ? {} : { mode: Number(mode) }),
  };
}

function words(json: unknown): Readonly<Record<string, string>> {
  return labelsOf(Object.entries((json ?? {}) as Readonly<Record<string, string>>));
}

function upper(word: unknown, otherwise: string): string {
  return typeof word === "string" && word !== "" ? word.toUpperCase() : otherwise;
}
