/** What no engine can be faster than: crun, conmon and namespaces in a shell loop, with the image's files below. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const LOOP = join(import.meta.dirname, "floor.sh");

export interface Floor extends Disposable {
  /** Milliseconds until so many run; they are gone afterwards. */
  time(count: number): number;
}

/** `archive`: the image, as `image save` writes it. */
export function openFloor(archive: string): Floor {
  const directory = mkdtempSync(join(tmpdir(), "swarm-bench-floor-"));
  const rootfs = join(directory, "rootfs");
  mkdirSync(rootfs);
  const unpacked = join(directory, "image");
  mkdirSync(unpacked);
  execFileSync("tar", ["-xf", archive, "-C", unpacked]);
  const [{ Layers }] = JSON.parse(readFileSync(join(unpacked, "manifest.json"), "utf8")) as [{ Layers: string[] }];
  for (const layer of Layers) execFileSync("tar", ["-xf", join(unpacked, layer), "-C", rootfs]);
  execFileSync("crun", ["spec"], { cwd: directory });
  const config = JSON.parse(readFileSync(join(directory, "config.json"), "utf8"));
  config.process = { ...config.process, terminal: false, args: ["sleep", "36000"] };
  config.root = { path: "rootfs", readonly: false };
  const others = config.linux.namespaces.filter(({ type }: { readonly type: string }) => type !== "network");
  config.linux.namespaces = [...others, { type: "network", path: "/NETNS" }];
  config.linux.cgroupsPath = `/${basename(tmpdir())}/GROUP`;
  writeFileSync(join(directory, "config.json"), JSON.stringify(config));
  const clear = (): void => void execFileSync(LOOP, [directory], { stdio: "ignore" });
  return {
    time(count) {
      const startedMs = performance.now();
      try {
        execFileSync(LOOP, [directory, rootfs, String(count)], { stdio: ["ignore", "ignore", "inherit"] });
        return performance.now() - startedMs;
      } finally {
        clear();
      }
    },
    [Symbol.dispose]() {
      clear();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
