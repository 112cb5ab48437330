import { toDockerImage } from "../../shared/docker-shape/image.ts";
import { SwarmError } from "../../shared/errors.ts";
import { jsonObject } from "../../shared/json.ts";
import type { Call } from "../route.ts";

interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** "" = any. */
  readonly variant: string;
}

/**
 * Refuses an image that is not of the platform which the parameter names. An image here has one platform, so that there
 * is nothing to choose, as with dockerd's graph drivers.
 * @throws SwarmError notFound, or invalidArgument for what is no platform.
 */
export async function checkImagePlatform(
  { backend, query, signal }: Call,
  refs: readonly string[],
  parameter: "platform" | "platforms" = "platform",
): Promise<void> {
  const wanted = query.texts(parameter).filter((text) => text !== "");
  if (wanted.length === 0) return;
  const platforms = wanted.map(parsed);
  const { images } = backend.engine({ kind: "here" });
  for (const ref of refs) {
    const {
      Os: os,
      Architecture: architecture,
      Variant: variant = "",
    } = toDockerImage(await images.inspect({ ref }, { signal }));
    const own = { os: String(os), architecture: String(architecture), variant: String(variant) };
    const other = platforms.find((platform) => !isSame(own, platform));
    if (other === undefined) continue;
    const [has, asked] = [own, other].map(textOf);
    const sentence = `image with reference ${ref} was found but its platform (${has}) does not match `;
    throw new SwarmError("notFound", `${sentence}the specified platform (${asked})`);
  }
}

function parsed(text: string): Platform {
  const json = jsonObject(text);
  if (json === null) throw new SwarmError("invalidArgument", `failed to parse platform: ${text.slice(0, 100)}`);
  const word = (key: string): string => (typeof json[key] === "string" ? json[key] : "");
  const platform = { os: word("os"), architecture: word("architecture"), variant: word("variant") };
  if (platform.os === "" || platform.architecture === "")
    throw new SwarmError("invalidArgument", "both OS and Architecture must be provided");
  return platform;
}

function isSame(own: Platform, asked: Platform): boolean {
  const isVariant = own.variant === "" || asked.variant === "" || own.variant === asked.variant;
  return own.os === asked.os && own.architecture === asked.architecture && isVariant;
}

function textOf({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => part !== "").join("/");
}
