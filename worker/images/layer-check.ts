import { SwarmError } from "../../shared/errors.ts";
import type { CommandRunner } from "../ports/command-runner.ts";
import type { HostFiles } from "../ports/host-files.ts";
import { recordOf } from "./image-config.ts";
import { SharedWork } from "./shared-work.ts";

export interface LayerCheckPorts {
  readonly files: HostFiles;
  readonly commands: CommandRunner;
}

/** An attribute that no layer may have. */
export interface Finding {
  /** In the layer, as getfattr writes it: odd characters are octal numbers. */
  readonly path: string;
  readonly attribute: string;
}

/** Reads the attributes of 100,000 files a second when they are cached, some thousands from a slow disk. */
const CHECK_TIMEOUT_MS = 10 * 60_000;
/** It is the disk's work. */
const CHECKS_AT_ONCE = 2;
const FORMAT_VERSION = 1;
/** Says that a directory replaces those below it. The store itself writes it where a layer's archive says so. */
const OPAQUE = "trusted.overlay.opaque";

/**
 * Layers of images are searched once, when they are first used, for attributes that belong to overlayfs: whoever makes
 * an image may write any attribute into its archives, the store keeps them, and the kernel then shows another directory
 * or another file's content in a file's place. The mount is told not to believe them; this is the second wall, and the
 * one that says so in words.
 *
 * What was found is kept in the layer's own directory, so that it goes when the layer goes.
 */
export class LayerCheck {
  readonly #overlayDirectory: string;
  readonly #ports: LayerCheckPorts;
  readonly #checks = new SharedWork<Finding | null>(CHECKS_AT_ONCE);

  constructor(overlayDirectory: string, ports: LayerCheckPorts) {
    this.#overlayDirectory = overlayDirectory;
    this.#ports = ports;
  }

  /** @throws SwarmError failedPrecondition when one of the image's layers has such an attribute; cancelled. */
  async check(image: string, layerIds: readonly string[], signal: AbortSignal): Promise<void> {
    const findings = await Promise.all(layerIds.map((id) => this.#findingOf(id, image, signal)));
    const found = findings.find((finding) => finding !== null);
    if (found === undefined || found === null) return;
    throw new SwarmError(
      "failedPrecondition",
      `image ${image} is refused: one of its layers has the attribute ${found.attribute} at ${found.path}, ` +
        "which would make the kernel show other files there than the layer holds; rebuild the image without it",
    );
  }

  async #findingOf(layerId: string, image: string, signal: AbortSignal): Promise<Finding | null> {
    const note = await this.#ports.files.readText(this.#notePath(layerId));
    const known = note === null ? undefined : parseNote(note);
    if (known !== undefined) return known;
    return await this.#checks.join(
      layerId,
      signal,
      () => {},
      (context) => this.#look(layerId, image, context.signal),
    );
  }

  async #look(layerId: string, image: string, signal: AbortSignal): Promise<Finding | null> {
    const directory = `${this.#overlayDirectory}/${layerId}/diff`;
    const result = await this.#ports.commands.run(
      [
        "getfattr",
        ...["--recursive", "--physical", "--no-dereference", "--absolute-names"],
        ...["--match", "^(trusted|user)\\.overlay\\.", "--", directory],
      ],
      { signal, timeoutMs: CHECK_TIMEOUT_MS },
    );
    if (result.exitCode === 127) {
      const sentence = `cannot check image ${image}: getfattr is not installed on this host; install the package attr`;
      throw new SwarmError("failedPrecondition", sentence);
    }
    if (result.exitCode !== 0) {
      throw new SwarmError("internal", `cannot check image ${image}: ${result.stderr.trim().split("\n", 1)[0]}`);
    }
    const finding = parseFindings(result.stdout, directory);
    await this.#ports.files.writeText(this.#notePath(layerId), formatNote(finding));
    return finding;
  }

  #notePath(layerId: string): string {
    return `${this.#overlayDirectory}/${layerId}/swarm-checked.json`;
  }
}

/** The first attribute in getfattr's listing that is not allowed; null = there is none. */
export function parseFindings(listing: string, directory: string): Finding | null {
  let path = "";
  for (const line of listing.split("\n")) {
    if (line.startsWith("# file: ")) path = line.slice("# file: ".length);
    else if (line !== "" && line !== OPAQUE) return { path: path.slice(directory.length) || "/", attribute: line };
  }
  return null;
}

function formatNote(finding: Finding | null): string {
  return `${JSON.stringify({ formatVersion: FORMAT_VERSION, finding })}\n`;
}

/** undefined = it says nothing that can be read: look again. */
function parseNote(text: string): Finding | null | undefined {
  try {
    const { formatVersion, finding } = recordOf(JSON.parse(text));
    if (formatVersion !== FORMAT_VERSION) return undefined;
    if (finding === null) return null;
    const { path, attribute } = recordOf(finding);
    return { path: String(path), attribute: String(attribute) };
  } catch {
    return undefined;
  }
}
