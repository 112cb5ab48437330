import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyMount } from "../../../../shared/service-spec/paths.ts";
import { parseMount } from "../../../../swarmctl/parse/mounts.ts";

const absolute = (path: string): string => `/here/${path.replace(/^\.\//, "")}`;
const nothing = emptyMount();

for (const [given, expected] of [
  ["source=data,target=/var/lib/x", { source: "data", target: "/var/lib/x" }],
  ["target=/x", { target: "/x" }],
  ["type=bind,src=/etc,dst=/host/etc,readonly", { type: "BIND", source: "/etc", target: "/host/etc", readOnly: true }],
  [
    "type=bind,source=./conf,destination=/c,ro=true",
    { type: "BIND", source: "/here/conf", target: "/c", readOnly: true },
  ],
  [
    "type=bind,source=/a,target=/b,ro,bind-recursive=writable",
    { type: "BIND", source: "/a", target: "/b", readOnly: true, bindRecursive: "WRITABLE" },
  ],
  ["type=volume,target=/x,readonly=false", { target: "/x" }],
  ["type=TMPFS,target=/run", { type: "TMPFS", target: "/run" }],
  [
    "type=tmpfs,target=/t,tmpfs-size=64m,tmpfs-mode=1770",
    { type: "TMPFS", target: "/t", tmpfsSizeBytes: 64 * 1024 * 1024, tmpfsMode: 0o1770 },
  ],
  [
    "source={{.Service.Name}}-{{.Task.Slot}},target=/data/{{.Task.Slot}}",
    { source: "{{.Service.Name}}-{{.Task.Slot}}", target: "/data/{{.Task.Slot}}" },
  ],
  ["type=bind,source={{.Node.Hostname}},target=/x", { type: "BIND", source: "{{.Node.Hostname}}", target: "/x" }],
  [
    "type=bind,source=/a,target=/b,bind-propagation=rslave",
    { type: "BIND", source: "/a", target: "/b", bindPropagation: "RSLAVE" },
  ],
  ["source=v1,target=/x,volume-nocopy", { source: "v1", target: "/x", volumeNoCopy: true }],
  ["source=v1,target=/x,volume-nocopy=0,volume-driver=local", { source: "v1", target: "/x", volumeDriver: "local" }],
  [
    'source=v1,target=/x,volume-opt=type=nfs,"volume-opt=o=addr=10.0.0.1,rw",volume-opt=device=:/srv',
    { source: "v1", target: "/x", volumeOptions: { type: "nfs", o: "addr=10.0.0.1,rw", device: ":/srv" } },
  ],
  [
    "source=v1,target=/x,volume-label=a=b=c,volume-label=d,volume-subpath=a/b",
    { source: "v1", target: "/x", volumeLabels: { a: "b=c", d: "" }, volumeSubpath: "a/b" },
  ],
  ["type=tmpfs,target=/t,tmpfs-options=exec", { type: "TMPFS", target: "/t", tmpfsOptions: ["exec"] }],
  ['type=bind,"source=/a,b",target=/x', { type: "BIND", source: "/a,b", target: "/x" }],
] as const) {
  test(`--mount ${given}`, () => {
    assert.deepEqual(structuredClone(parseMount(given, absolute)), { ...structuredClone(nothing), ...expected });
  });
}

for (const [given, message] of [
  ["", /unexpected key '' in mount/],
  ["source=x", /target is missing/],
  ["source=x,target=relative", /target must be an absolute path in the container/],
  ["type=bind,target=/x", /a bind mount needs source=, an absolute path/],
  ["type=bind,source=data,target=/x", /a bind mount needs source=, an absolute path/],
  ["type=npipe,target=/x", /invalid value "npipe" for --mount type: expected bind, volume or tmpfs/],
  ["target=/x,bind-recursive=disabled", /bind-recursive is only valid with type=bind/],
  ["type=bind,source=/a,target=/x,bind-recursive=no", /expected enabled, disabled, writable or readonly/],
  ["type=tmpfs,source=a,target=/x", /a tmpfs mount has no source/],
  ["type=volume,source=a,target=/x,tmpfs-size=1m", /tmpfs-size is only valid with type=tmpfs/],
  [
    "type=bind,source=/a,target=/x,bind-propagation=foo",
    /expected private, rprivate, shared, rshared, slave or rslave/,
  ],
  ["source=v1,target=/x,bind-propagation=shared", /bind-propagation is only valid with type=bind/],
  ["type=bind,source=/a,target=/x,volume-nocopy=false", /volume-nocopy is only valid with type=volume/],
  ["type=tmpfs,target=/x,volume-label=a", /volume-label is only valid with type=volume/],
  ["source=v1,target=/x,volume-nocopy=maybe", /invalid value "maybe" for --mount volume-nocopy/],
  ["source=v1,target=/x,volume-opt==x", /expected KEY=VALUE/],
  ["source=v1,target=/x,volume-driver", /expected volume-driver=VALUE/],
  ["type=tmpfs,target=/x,tmpfs-options=suid", /expected exec or noexec/],
  ["source=/etc,target=/x", /for a path say type=bind/],
  ["target=/x,colour=red", /unexpected key 'colour' .* expected one of type, source, src, target/],
  ["type=tmpfs,target=/x,tmpfs-mode=9", /invalid tmpfs-mode "9": expected octal digits/],
  ['"target=/x', /a quote is not closed/],
] as const) {
  test(`--mount "${given}" is refused`, () => {
    assert.throws(() => parseMount(given, absolute), { code: "invalidArgument", message });
  });
}
