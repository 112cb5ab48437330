/** Volumes, devices, and files of secrets and configs: what a service's containers find in their file system. */
import { normalize } from "node:path/posix";
import { field, labels, listOf, maybe, must, object, type Shape, short } from "./collection-kinds.ts";
import { type At, type Kind, wrong } from "./kind.ts";
import { absolutePath, bytes, choice, flag, mode, scalarKind, text } from "./scalar-kinds.ts";
import type { DeviceUse } from "./service.ts";
import type { FileUse, VolumeUse } from "./service-parts.ts";
import { type Mapping, mapping, type ScalarValue, scalar, type Tree, textAt, withEntry, withoutEntry } from "./tree.ts";

const VOLUME: Shape<VolumeUse> = {
  type: must("type", choice("bind", "volume", "tmpfs", "image", "npipe", "cluster")),
  source: maybe("source", text),
  target: field("target", text, ""),
  isReadOnly: field("read_only", flag, false),
  consistency: maybe("consistency", text),
  bind: maybe(
    "bind",
    object<NonNullable<VolumeUse["bind"]>>({
      propagation: maybe("propagation", text),
      createHostPath: field("create_host_path", flag, true),
      recursive: maybe("recursive", choice("enabled", "disabled", "writable", "readonly")),
      selinux: maybe("selinux", choice("z", "Z")),
    }),
  ),
  volume: maybe(
    "volume",
    object<NonNullable<VolumeUse["volume"]>>({
      labels: field<ReadonlyMap<string, string>>("labels", labels, new Map()),
      noCopy: field("nocopy", flag, false),
      subpath: maybe("subpath", text),
    }),
  ),
  tmpfs: maybe(
    "tmpfs",
    object<NonNullable<VolumeUse["tmpfs"]>>({ sizeBytes: maybe("size", bytes()), mode: maybe("mode", mode) }),
  ),
  image: maybe("image", object<NonNullable<VolumeUse["image"]>>({ subpath: maybe("subpath", text) })),
};

const longVolume: Kind<VolumeUse> = object(VOLUME);

const volume: Kind<VolumeUse> = short(
  {
    ...longVolume,
    canonical: (tree, at) => settledVolume(longVolume.canonical(tree, at) as Mapping, at),
  },
  '"SOURCE:TARGET[:ro]"',
  (tree, at) => (tree.kind === "scalar" && typeof tree.value === "string" ? shortVolume(tree.value, tree, at) : null),
);

export const volumes: Kind<readonly VolumeUse[]> = listOf(volume);

/** With an absolute source, a target without needless parts, and no part that says only what goes without saying. */
function settledVolume(tree: Mapping, at: At): Mapping {
  const type = textAt(tree, "type");
  const [source, target] = [textAt(tree, "source"), textAt(tree, "target")];
  let settled = tree;
  if (type === null) throw wrong(tree.place, at.path, 'has no "type": bind, volume, tmpfs or image');
  if (target !== null && target !== "") settled = withEntry(settled, "target", scalar(cleanPath(target), tree.place));
  if (type === "bind") {
    if (source === null) throw wrong(tree.place, at.path, 'is a bind without a "source"');
    settled = withEntry(settled, "source", scalar(absolutePath(source, at), tree.place));
  }
  for (const key of ["bind", "volume", "tmpfs", "image"]) {
    const part = settled.entries.get(key);
    if (part?.kind !== "mapping") continue;
    const said = [...part.entries].filter(([name, value]) => {
      return !(name === "create_host_path" && value.kind === "scalar" && value.value === true);
    });
    settled = said.length === 0 ? withoutEntry(settled, key) : withEntry(settled, key, mapping(said, part.place));
  }
  return settled;
}

/** Without a slash at its end or doubled ones. */
function cleanPath(path: string): string {
  const clean = normalize(path);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}

const PROPAGATIONS = new Set(["rprivate", "private", "rshared", "shared", "rslave", "slave"]);

/** `TARGET`, `SOURCE:TARGET` or `SOURCE:TARGET:OPTIONS`; a source that looks like a path is one of the host. */
function shortVolume(written: string, tree: Tree, at: At): Mapping {
  const refuse = (why: string) => wrong(tree.place, at.path, `${JSON.stringify(written)} ${why}`);
  // A colon after one letter belongs to a drive of Windows, so volumes of one letter need the long form.
  const sections = written.match(/(?:^|(?<=:))(?:[A-Za-z]:)?[^:]*/g) ?? [];
  if (sections.some((section) => section === "")) throw refuse('is not a volume; write "SOURCE:TARGET"');
  const [first = "", second, optionText = "", ...rest] = sections;
  if (rest.length > 0) throw refuse("has too many colons; write the long form");
  const entry = (value: ScalarValue) => scalar(value, tree.place);
  if (second === undefined) {
    return mapping(Object.entries({ type: entry("volume"), target: entry(first) }), tree.place);
  }
  const isBind = /^[./~]|^\\\\|^[A-Za-z]:/.test(first);
  const parts = new Map<string, Tree>([
    ["type", entry(isBind ? "bind" : "volume")],
    ["source", entry(first)],
    ["target", entry(second)],
  ]);
  const ofBind = new Map<string, Tree>();
  const ofVolume = new Map<string, Tree>();
  for (const option of optionText === "" ? [] : optionText.split(",")) {
    if (option === "ro") parts.set("read_only", entry(true));
    else if (option === "rw") parts.delete("read_only");
    else if (option === "nocopy" && !isBind) ofVolume.set("nocopy", entry(true));
    else if (PROPAGATIONS.has(option) && isBind) ofBind.set("propagation", entry(option));
    else if (option === "z" || option === "Z") ofBind.set("selinux", entry(option));
    else if (option !== "nocopy") {
      at.reading.warn(tree.place, `${at.path}: the option ${JSON.stringify(option)} means nothing here and is ignored`);
    }
  }
  if (ofBind.size > 0) parts.set("bind", mapping(ofBind, tree.place));
  if (ofVolume.size > 0) parts.set("volume", mapping(ofVolume, tree.place));
  return mapping(parts, tree.place);
}

/** Permissions of a device: letters of `rwm`. */
const permissions: Kind<string> = scalarKind({
  expected: 'letters of "rwm"',
  takes: ["text"],
  parse: (written) => (/^[rwm]*$/.test(written) ? written : null),
  format: (value) => value,
});

const device: Kind<DeviceUse> = short(
  object<DeviceUse>({
    source: must("source", text),
    target: field("target", text, ""),
    permissions: field("permissions", permissions, "rwm"),
  }),
  '"SOURCE[:TARGET[:rwm]]"',
  (tree, at) => {
    if (tree.kind === "mapping") {
      const source = textAt(tree, "source");
      return tree.entries.has("target") || source === null
        ? tree
        : withEntry(tree, "target", scalar(source, tree.place));
    }
    if (tree.kind !== "scalar" || typeof tree.value !== "string") return null;
    const [source = "", target = "", rights = "rwm", ...rest] = tree.value.split(":");
    if (rest.length > 0) throw wrong(tree.place, at.path, `${JSON.stringify(tree.value)} has too many colons`);
    const parts = { source, target: target === "" ? source : target, permissions: rights };
    return mapping(
      Object.entries(parts).map(([key, value]) => [key, scalar(value, tree.place)]),
      tree.place,
    );
  },
);

export const devices: Kind<readonly DeviceUse[]> = listOf(device);

/** A secret or config in a container; `home` is where it goes by itself, null when that is not a path. */
export function files(home: string | null): Kind<readonly FileUse[]> {
  const long = object<FileUse>({
    source: must("source", text),
    target: maybe("target", text),
    uid: maybe("uid", text),
    gid: maybe("gid", text),
    mode: maybe("mode", mode),
  });
  const file = short(long, "the name of one", (tree) => {
    const named =
      tree.kind === "scalar" && typeof tree.value === "string" ? mapping([["source", tree]], tree.place) : tree;
    if (named.kind !== "mapping") return null;
    const source = textAt(named, "source");
    if (home === null || source === null || named.entries.has("target")) return named;
    return withEntry(named, "target", scalar(`${home}${source}`, tree.place));
  });
  return listOf(file);
}
