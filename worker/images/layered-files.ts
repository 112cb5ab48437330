import type { HostFiles } from "../ports/host-files.ts";
import type { LocalImage } from "./image-store.ts";

/** As the kernel's own limit; a loop of links ends here. */
const LINKS_MAX = 40;

/**
 * An image's files as a container will see them, without mounting anything. Links are followed inside the image only:
 * an image with `/etc -> /` or `/data -> ../../..` shows its own files, never the host's.
 *
 * Directories that hide all of those below them are not recognised, since their mark is an attribute that cannot be read
 * here: a file in a lower layer may be seen although an upper one replaced its whole directory.
 */
export class LayeredFiles {
  readonly #files: HostFiles;
  /** Host paths of the layers, topmost first. */
  readonly #layers: readonly string[];

  constructor(files: HostFiles, image: Pick<LocalImage, "overlayDirectory" | "layerLinks">) {
    this.#files = files;
    this.#layers = image.layerLinks.map((link) => `${image.overlayDirectory}/${link}`);
  }

  /** Text of a file; null = there is none. */
  async readText(path: string): Promise<string | null> {
    const found = await this.#resolve(path);
    return found?.kind === "file" ? this.#files.readText(found.hostPath) : null;
  }

  /** The directory's path in the image, free of links and without a leading slash; null = there is none. */
  async directoryAt(path: string): Promise<string | null> {
    const found = await this.#resolve(path);
    return found?.kind === "directory" ? found.inside : null;
  }

  async #resolve(path: string): Promise<{ inside: string; hostPath: string; kind: string } | null> {
    let todo = path.split("/");
    let done: string[] = [];
    let found = { inside: "", hostPath: this.#layers[0] ?? "", kind: "directory" };
    for (let links = 0; ; ) {
      const part = todo.shift();
      if (part === undefined) return found;
      if (part === "" || part === ".") continue;
      if (part === "..") {
        done = done.slice(0, -1);
        found = { inside: done.join("/"), hostPath: "", kind: "directory" };
        continue;
      }
      if (found.kind !== "directory") return null;
      const inside = [...done, part].join("/");
      const entry = await this.#topmost(inside);
      if (entry === null) return null;
      if (entry.kind === "link") {
        if (++links > LINKS_MAX) return null;
        const target = await this.#files.readLink(entry.hostPath);
        if (target.startsWith("/")) done = [];
        found = { inside: done.join("/"), hostPath: "", kind: "directory" };
        todo = [...target.split("/"), ...todo];
        continue;
      }
      done = [...done, part];
      found = { inside, ...entry };
    }
  }

  /** The entry of the topmost layer that has or deletes it. `inside` has no links before its last part. */
  async #topmost(inside: string): Promise<{ hostPath: string; kind: string } | null> {
    for (const layer of this.#layers) {
      const hostPath = `${layer}/${inside}`;
      const kind = await this.#kindWithin(layer, inside);
      if (kind === "whiteout") return null;
      if (kind !== null) return { hostPath, kind };
    }
    return null;
  }

  /** Looks at every part on the way: a layer may have a link, a file or a whiteout where another has the directory. */
  async #kindWithin(layer: string, inside: string): Promise<string | null> {
    const parts = inside.split("/");
    for (let depth = 1; depth < parts.length; depth++) {
      const kind = await this.#files.kindOf(`${layer}/${parts.slice(0, depth).join("/")}`);
      if (kind === null) return null;
      if (kind !== "directory") return "whiteout";
    }
    return this.#files.kindOf(`${layer}/${inside}`);
  }
}
