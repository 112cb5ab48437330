/**
 * Fetches the optional packages for this host that npm left out (lib/left-out-packages.ts), in the versions of the lock
 * file and with its hashes. Called by scripts/setup after `npm ci`; it does nothing when nothing is missing.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LockedPackage, leftOutPackages } from "./lib/left-out-packages.ts";

const root = join(import.meta.dirname, "..");
const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};
const { header } = process.report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
const libc = header.glibcVersionRuntime === undefined ? "musl" : "glibc";
const host = { os: process.platform, cpu: process.arch, libc } as const;

for (const path of leftOutPackages(packages, host, (place) => existsSync(join(root, place)))) {
  const { version = "", integrity = "" } = packages[path] ?? {};
  const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
  const directory = mkdtempSync(join(tmpdir(), "swarm-module-"));
  try {
    const packed = execFileSync("npm", ["pack", `${name}@${version}`, "--silent", `--pack-destination=${directory}`], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    const archive = join(directory, packed.trim());
    const hash = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
    if (hash !== integrity) throw new Error(`${name}@${version} is not what package-lock.json names: ${hash}`);
    mkdirSync(join(root, path), { recursive: true });
    execFileSync("tar", ["-xzf", archive, "--strip-components=1", "-C", join(root, path)]);
    console.log(`setup: ${name} ${version}, which npm left out`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
