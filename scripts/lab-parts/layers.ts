/**
 * One layer of an image: packages without what only people read, then our own files, as a tar that does not depend on
 * the date.
 */
import { chmodSync, cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fetchPackages, unpack } from "./packages.ts";
import { run } from "./run.ts";

export interface LayerRecipe {
  readonly packages: readonly string[];
  /** A link in /usr/bin for each of busybox's commands. */
  readonly applets?: boolean;
  /** Folder in images/. */
  readonly files: string;
}

/** Packages that a program needs to start; scripts, documentation and services of a dependency are left out. */
const FOLLOWED = /^(lib(?!nginx|gcc)|zlib|nginx-(common|core)$)/;

/** Not needed to run: documentation, translations, character sets, what starts services on a server. */
const PRUNED = [
  "usr/share/{doc,doc-base,man,locale,info,lintian,bash-completion,bug}",
  "usr/lib/*/gconv",
  "usr/lib/{systemd,tmpfiles.d}",
  "etc/{init.d,logrotate.d,ufw,default,cron.*,ld.so.conf.d}",
  "etc/nginx/sites-*",
];

/** Debian's layout since 2023: these are links into usr/. */
const MERGED = ["bin", "sbin", "lib", "lib64"];

export async function buildLayer(recipe: LayerRecipe, files: string, work: string): Promise<Buffer> {
  const rootfs = join(work, "rootfs");
  for (const dir of MERGED) {
    mkdirSync(join(rootfs, "usr", dir), { recursive: true });
    symlinkSync(`usr/${dir}`, join(rootfs, dir));
  }
  for (const path of await fetchPackages(recipe.packages, (name) => FOLLOWED.test(name))) await unpack(path, rootfs);
  for (const pattern of PRUNED)
    for (const path of globSync(pattern, { cwd: rootfs })) rmSync(join(rootfs, path), { recursive: true });
  if (recipe.applets === true) await linkApplets(rootfs);
  cpSync(files, rootfs, { recursive: true });
  // Neither the checkout's umask nor the packager's shows; but /tmp is open to everybody.
  await run("chmod", ["-R", "go-w", rootfs]);
  if (existsSync(join(rootfs, "tmp"))) chmodSync(join(rootfs, "tmp"), 0o1777);
  const tar = join(work, "layer.tar");
  await run("tar", [
    ...["--create", `--file=${tar}`, `--directory=${rootfs}`, "--format=gnu"],
    ...["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "."],
  ]);
  return readFileSync(tar);
}

/** Also the folders that every container expects. */
async function linkApplets(rootfs: string): Promise<void> {
  const names = (await run(join(rootfs, "bin/busybox"), ["--list"])).split("\n").filter(Boolean);
  for (const name of names) if (name !== "busybox") symlinkSync("busybox", join(rootfs, "bin", name));
  for (const dir of ["root", "run", "dev", "proc", "sys", "var/log", "var/www", "etc", "tmp"])
    mkdirSync(join(rootfs, dir), { recursive: true });
}
