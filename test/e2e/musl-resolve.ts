/**
 * A program that asks for names as musl does, the C library of Alpine's images. Debian has none: it is compiled from
 * musl-resolve.c by the small compiler of its package tcc, against its package musl-dev.
 */
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { withCacheLock } from "../../scripts/lab-parts/cache-lock.ts";
import { CACHE } from "../../scripts/lab-parts/names.ts";
import { fetchPackages, unpack } from "../../scripts/lab-parts/packages.ts";
import { run } from "../../scripts/lab-parts/run.ts";

const CPU = process.arch === "arm64" ? "aarch64" : "x86_64";

/** Path of the program, which is static; made once and kept. */
export async function muslResolve(): Promise<string> {
  const program = join(CACHE, "tools", "musl-resolve");
  await withCacheLock(async () => {
    if (existsSync(program)) return;
    const root = join(CACHE, "tools", "musl");
    mkdirSync(root, { recursive: true });
    for (const file of await fetchPackages(["tcc", "musl-dev"], () => false)) await unpack(file, root);
    const [own, musl] = [join(root, `usr/lib/${CPU}-linux-gnu/tcc`), join(root, `usr/lib/${CPU}-linux-musl`)];
    await run(join(root, "usr/bin/tcc"), [
      ...[`-B${own}`, "-nostdinc", `-I${join(root, `usr/include/${CPU}-linux-musl`)}`, "-nostdlib", "-static"],
      ...["-o", `${program}.new`, join(musl, "crt1.o"), join(musl, "crti.o")],
      ...[join(import.meta.dirname, "musl-resolve.c"), join(musl, "libc.a"), join(own, "libtcc1.a")],
      join(musl, "crtn.o"),
    ]);
    renameSync(`${program}.new`, program);
  });
  return program;
}
