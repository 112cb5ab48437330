import { SwarmError } from "../errors.ts";
import type { Mount } from "../rpc/gen/objects.ts";
import { parseTmpfs, parseVolume } from "../run-text/volume.ts";
import { emptyMount } from "../service-spec/paths.ts";
import { type DockerJson, isEmpty } from "./common.ts";
import { listShape } from "./elements.ts";

/** The four forms in which Docker's API takes what is mounted into a container. */
interface MountForms {
  /** `[SOURCE:]TARGET[:OPTIONS]`, of HostConfig. */
  readonly Binds?: readonly string[];
  /** Of HostConfig. */
  readonly Mounts?: readonly DockerJson[];
  /** Options by target, of HostConfig. */
  readonly Tmpfs?: Readonly<Record<string, string>>;
  /** Targets of anonymous volumes, of Config. */
  readonly Volumes?: DockerJson;
}

/**
 * What is mounted, whatever form it was given in. `driver`: HostConfig's VolumeDriver, for volumes that name none.
 * @throws SwarmError invalidArgument.
 */
export function fromMountForms({ Binds, Mounts, Tmpfs, Volumes }: MountForms, driver: string): readonly Mount[] {
  const binds = (Binds ?? []).map(fromBind);
  const mounts = [
    ...binds,
    ...(Mounts ?? []).map(fromMount),
    ...Object.entries(Tmpfs ?? {}).map(([target, options]) =>
      parseTmpfs(options === "" ? target : `${target}:${options}`),
    ),
  ];
  const taken = new Set(mounts.map(({ target }) => target));
  const anonymous = Object.keys(Volumes ?? {})
    .filter((target) => !taken.has(target))
    .map((target): Mount => ({ ...emptyMount(), target }));
  return [...mounts, ...anonymous].map((mount) =>
    mount.type === "VOLUME" && mount.volumeDriver === "" ? { ...mount, volumeDriver: driver } : mount,
  );
}

/**
 * Mounts of somebody who did not use Docker's API, in the forms in which Docker's command line would give them; all but
 * anonymous volumes, which are in Config's Volumes.
 */
export function toMountForms(mounts: readonly Mount[]): Required<Pick<MountForms, "Binds" | "Mounts">> {
  const shape = listShape("mount");
  const short = mounts.map(toBind);
  const isAnonymous = (mount: Mount): boolean => isPlainVolume(mount) && mount.source === "" && !mount.readOnly;
  const others = mounts.filter((mount, at) => short[at] === null && !isAnonymous(mount));
  return {
    Binds: short.filter((bind) => bind !== null),
    Mounts: shape.toDocker(others) as readonly DockerJson[],
  };
}

function fromBind(text: string): Mount {
  return parseVolume(text, (path) => {
    if (path.startsWith("/")) return path;
    throw new SwarmError("invalidArgument", `invalid bind ${JSON.stringify(text)}: ${path} must be an absolute path`);
  });
}

function fromMount(json: DockerJson): Mount {
  const type = String(json["Type"] ?? "");
  if (!["bind", "volume", "tmpfs"].includes(type)) {
    throw new SwarmError(
      "invalidArgument",
      `mount type ${JSON.stringify(type)} is not possible: give bind, volume or tmpfs`,
    );
  }
  const [mount] = listShape("mount").fromDocker([json]) as readonly Mount[];
  return mount as Mount;
}

/** null = it has no such form. */
function toBind(mount: Mount): string | null {
  const { type, source, target, readOnly } = mount;
  const isPlain = type === "BIND" ? isPlainBind(mount) : isPlainVolume(mount) && source !== "";
  return isPlain ? `${source}:${target}${readOnly ? ":ro" : ""}` : null;
}

function isPlainBind({ type, bindRecursive, bindPropagation }: Mount): boolean {
  return type === "BIND" && bindRecursive === "ENABLED" && bindPropagation === "RPRIVATE";
}

function isPlainVolume(mount: Mount): boolean {
  const { type, volumeNoCopy, volumeDriver, volumeSubpath, volumeOptions, volumeLabels } = mount;
  const hasOptions = volumeNoCopy || !isEmpty([volumeDriver, volumeSubpath].join("")) || !isEmpty(volumeLabels);
  return type === "VOLUME" && !hasOptions && isEmpty(volumeOptions);
}
