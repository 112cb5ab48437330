/** Builds a small image from Debian's static busybox: an OCI layout with three layers. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { toolPath } from "../../scripts/lab-parts/tools.ts";

export const BUSYBOX = await toolPath("busybox");
const APPLETS =
  "sh cat chown cp cut dd df echo env false grep head hostname id kill ls mkdir mknod mount mv nproc ps pwd readlink rm " +
  "setsid sleep stat sync tail tee test touch trap true tty ulimit wc yes";

export interface BuiltImage {
  /** skopeo's name of the layout. */
  readonly source: string;
  readonly digest: string;
}

/** Contents of each layer, lowest first: files with their text. */
const FILES: readonly Readonly<Record<string, string>>[] = [
  {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001:web:/home/web:/bin/sh\n",
    "etc/group": "root:x:0:\nweb:x:1001:\nlogs:x:1002:web\n",
    "srv/site/index.html": "from the image\n",
    "srv/old.txt": "replaced above\n",
    "home/web/.keep": "",
    "tmp/.keep": "",
  },
  { "srv/old.txt": "the newer one\n" },
  { "srv/top.txt": "top layer\n" },
];

/** Sets the process's umask. */
export function buildImage(directory: string, config: Readonly<Record<string, unknown>> = {}): BuiltImage {
  return writeImage(directory, baseLayers(directory), config);
}

/** As tars, lowest first. */
export function baseLayers(directory: string): readonly Buffer[] {
  // An image's own modes count, not those of whoever builds it.
  process.umask(0o022);
  return FILES.map((files, index) => {
    const root = join(directory, `layer${index}`);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    if (index === 0) addBusybox(root);
    return execFileSync("tar", ["-C", root, "--owner=0", "--group=0", "-c", "."], { maxBuffer: 64 << 20 });
  });
}

/** Layers as tars, lowest first, whatever is in them. */
export function writeImage(
  directory: string,
  tars: readonly Buffer[],
  config: Readonly<Record<string, unknown>> = {},
): BuiltImage {
  const layout = join(directory, "layout");
  mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
  const layers = tars.map((tar) => {
    const diffId = `sha256:${createHash("sha256").update(tar).digest("hex")}`;
    // Compressed, so that a registry stores it as it is and the image keeps its digest.
    return { diffId, descriptor: putBlob(layout, gzipSync(tar), "application/vnd.oci.image.layer.v1.tar+gzip") };
  });
  const configBlob = putJson(layout, "application/vnd.oci.image.config.v1+json", {
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    config: { Env: ["PATH=/bin", "FROM_IMAGE=yes"], Cmd: ["/bin/sh", "-c", "echo default command"], ...config },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
  });
  const manifest = putJson(layout, "application/vnd.oci.image.manifest.v1+json", {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: configBlob,
    layers: layers.map(({ descriptor }) => descriptor),
  });
  const annotations = { "org.opencontainers.image.ref.name": "latest" };
  writeFileSync(
    join(layout, "index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
  );
  writeFileSync(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  return { source: `oci:${layout}:latest`, digest: manifest.digest };
}

function addBusybox(root: string): void {
  mkdirSync(join(root, "bin"));
  copyFileSync(BUSYBOX, join(root, "bin/busybox"));
  chmodSync(join(root, "bin/busybox"), 0o755);
  for (const applet of APPLETS.split(" ")) symlinkSync("busybox", join(root, "bin", applet));
  writeFileSync(join(root, "bin/setuid-euid"), euidProgram());
  chmodSync(join(root, "bin/setuid-euid"), 0o4755);
  // A link that would lead out of the image if it were followed on the host.
  symlinkSync("/srv/site", join(root, "site"));
  chmodSync(join(root, "tmp"), 0o1777);
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

function putJson(layout: string, mediaType: string, value: unknown): Descriptor {
  return putBlob(layout, Buffer.from(JSON.stringify(value)), mediaType);
}

function putBlob(layout: string, bytes: Buffer, mediaType: string): Descriptor {
  const hash = createHash("sha256").update(bytes).digest("hex");
  writeFileSync(join(layout, "blobs/sha256", hash), bytes);
  return { mediaType, digest: `sha256:${hash}`, size: readFileSync(join(layout, "blobs/sha256", hash)).length };
}

/**
 * A program that ends with its effective user id as exit code. Busybox gives a setuid bit up, a test cannot count on a
 * compiler: one page of an ELF file with the two system calls geteuid and exit.
 */
function euidProgram(): Buffer {
  const headerBytes = 64 + 56;
  const address = 0x40_0000;
  const [machine, code] =
    process.arch === "arm64"
      ? ([0xb7, [0xd28015e8, 0xd4000001, 0xd2800ba8, 0xd4000001]] as const)
      : ([0x3e, [0x00006bb8, 0x89050f00, 0x003cb8c7, 0x050f0000]] as const);
  const file = Buffer.alloc(headerBytes + code.length * 4);
  file.write("\x7fELF\x02\x01\x01", "latin1");
  // Executable, for this machine, version 1; entry point; where the one program header is; sizes of both headers.
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(machine, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(address + headerBytes), 24);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  // Load all of it, readable and executable.
  file.writeUInt32LE(1, 64);
  file.writeUInt32LE(5, 68);
  file.writeBigUInt64LE(BigInt(address), 80);
  file.writeBigUInt64LE(BigInt(address), 88);
  file.writeBigUInt64LE(BigInt(file.length), 96);
  file.writeBigUInt64LE(BigInt(file.length), 104);
  file.writeBigUInt64LE(0x1000n, 112);
  code.forEach((word, index) => {
    file.writeUInt32LE(word, headerBytes + index * 4);
  });
  return file;
}
