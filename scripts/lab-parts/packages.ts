/** Debian packages as files: downloaded into the cache, unpacked without being installed. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CACHE, LabError } from "./names.ts";
import { run, say, succeeds } from "./run.ts";

const DOWNLOAD_MS_MAX = 300_000;
const PACKAGES = join(CACHE, "packages");
const NEWEST = join(CACHE, "newest");
/** Of the package debian-archive-keyring, which every Debian has. */
const DEBIAN_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Paths of the packages and of what they depend on, as far as `follows` says; those in the cache are not downloaded.
 */
export async function fetchPackages(
  names: readonly string[],
  follows: (dependency: string) => boolean,
): Promise<readonly string[]> {
  mkdirSync(PACKAGES, { recursive: true });
  const found = new Map<string, string>();
  let wanted = names;
  // One level of dependencies at a time: starting apt-get takes longer than most downloads.
  while (wanted.length > 0) {
    await download(wanted.filter((name) => cached(name) === null));
    const dependencies: string[] = [];
    for (const name of wanted) {
      const path = cached(name);
      if (path === null) throw new LabError(`apt-get downloaded no package ${name}.`);
      found.set(name, path);
      dependencies.push(...firstAlternatives(await run("dpkg-deb", ["--field", path, "Depends"])));
    }
    wanted = [...new Set(dependencies)].filter((name) => follows(name) && !found.has(name));
  }
  return [...found.values()];
}

/**
 * Paths of packages of Debian's newest suite, from the mirror that this machine uses: for what is older, or missing, in
 * the suite it has. Its lists are kept apart, so that nothing is ever installed from there.
 */
export async function fetchNewest(names: readonly string[]): Promise<readonly string[]> {
  mkdirSync(NEWEST, { recursive: true });
  const missing = names.filter((name) => packageIn(NEWEST, name) === null);
  if (missing.length > 0) await downloadNewest(missing);
  return names.map((name) => {
    const path = packageIn(NEWEST, name);
    if (path === null) throw new LabError(`apt-get downloaded no package ${name}.`);
    return path;
  });
}

async function downloadNewest(names: readonly string[]): Promise<void> {
  const targets = await run("apt-get", ["indextargets", "--format", "$(REPO_URI)"]);
  const mirror = targets.split("\n").find((line) => line !== "" && !line.includes("security"));
  if (mirror === undefined) throw new LabError("apt-get knows no mirror to download packages from.");
  const state = join(NEWEST, "apt");
  for (const part of ["lists/partial", "archives/partial"]) mkdirSync(join(state, part), { recursive: true });
  const list = join(state, "sources.list");
  writeFileSync(list, `deb [signed-by=${DEBIAN_KEYS}] ${mirror} sid main\n`);
  const options = [
    ...["-o", `Dir::Etc::sourcelist=${list}`, "-o", "Dir::Etc::sourceparts=-"],
    ...["-o", `Dir::State::lists=${join(state, "lists")}`, "-o", `Dir::Cache::archives=${join(state, "archives")}`],
    ...["-o", "APT::Sandbox::User=root"],
  ];
  say(`downloading ${names.join(", ")} of Debian's newest suite`);
  await run("apt-get", [...options, "update", "-qq"], { timeoutMs: DOWNLOAD_MS_MAX });
  const wanted = names.map((name) => `${name}/sid`);
  await run("apt-get", [...options, "download", "-qq", ...wanted], { cwd: NEWEST, timeoutMs: DOWNLOAD_MS_MAX });
}

export async function unpack(path: string, into: string): Promise<void> {
  mkdirSync(into, { recursive: true });
  // Not dpkg-deb --extract: it would replace a link such as lib -> usr/lib by a folder.
  await run("bash", [
    "-c",
    'set -o pipefail; dpkg-deb --fsys-tarfile "$0" | tar -x -C "$1" --keep-directory-symlink',
    path,
    into,
  ]);
}

/** "a (>= 1), b | c:any" to a and b. */
function firstAlternatives(depends: string): readonly string[] {
  return depends
    .split(",")
    .map((choice) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(choice)?.[1] ?? "")
    .filter(Boolean);
}

function cached(name: string): string | null {
  return packageIn(PACKAGES, name);
}

function packageIn(directory: string, name: string): string | null {
  const file = readdirSync(directory).find((entry) => entry.startsWith(`${name}_`) && entry.endsWith(".deb"));
  return file === undefined ? null : join(directory, file);
}

async function download(names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  // A fresh machine or container often has no package lists at all.
  if (!succeeds("apt-cache", ["show", "--no-all-versions", ...names])) {
    say("apt-get update");
    await run("apt-get", ["update", "-qq"], { timeoutMs: DOWNLOAD_MS_MAX });
  }
  say(`downloading ${names.join(", ")}`);
  // What is installed here may be of somebody else's archive, where it is not looked for.
  const options = ["-o", "APT::Sandbox::User=root", "-o", "Dir::State::status=/dev/null"];
  await run("apt-get", ["download", "-qq", ...options, ...names], {
    cwd: PACKAGES,
    timeoutMs: DOWNLOAD_MS_MAX,
  });
}
