import { SwarmError } from "../errors.ts";
import type { ImageReference } from "../image-reference.ts";
import type { Platform } from "../rpc/gen/objects.ts";

/** Registries refuse larger manifests themselves (the distribution specification recommends 4 MiB). */
export const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;

/** The platforms of a list of manifests, in the kernel's words; null when the bytes are another kind of manifest. */
export function platformsOfList(bytes: Buffer, image: ImageReference): readonly Platform[] | null {
  const manifest = parse(bytes, image);
  if (typeof manifest !== "object" || manifest === null || !("manifests" in manifest)) return null;
  const { manifests } = manifest;
  if (!Array.isArray(manifests)) return null;
  return manifests
    .map((entry: unknown) =>
      toPlatform(typeof entry === "object" && entry !== null && "platform" in entry ? entry.platform : null),
    )
    .filter(isKnown);
}

/** The platform of a plain image, from its configuration: the only place that states it. */
export function platformsOfConfig(bytes: Buffer, image: ImageReference): readonly Platform[] {
  return [toPlatform(parse(bytes, image))].filter(isKnown);
}

/** The digest of a plain image's configuration; null when the manifest names none. */
export function configDigestOf(bytes: Buffer, image: ImageReference): string | null {
  const { config } = (parse(bytes, image) ?? {}) as { config?: { digest?: unknown } | null };
  const digest = config?.digest;
  return typeof digest === "string" && /^sha256:[a-f0-9]{64}$/.test(digest) ? digest : null;
}

function toPlatform(value: unknown): Platform {
  const { architecture = "", os = "" } = (value ?? {}) as { architecture?: unknown; os?: unknown };
  return { architecture: toMachine(String(architecture)), os: String(os) };
}

/** Attestations and the like are listed with platform unknown/unknown; nothing runs there. */
function isKnown({ architecture, os }: Platform): boolean {
  return os !== "unknown" && (architecture !== "" || os !== "");
}

/** From Go's word for an architecture to the kernel's (uname -m). */
function toMachine(architecture: string): string {
  switch (architecture) {
    case "amd64":
      return "x86_64";
    case "arm64":
      return "aarch64";
    default:
      return architecture;
  }
}

function parse(bytes: Buffer, image: ImageReference): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw new SwarmError("unavailable", `registry ${image.registry} gave an answer that cannot be understood`, {
      cause: error,
    });
  }
}
