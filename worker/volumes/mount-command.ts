import { parseIpAddress } from "../../shared/address.ts";
import { labelOf } from "../../shared/objects/labels.ts";
import type { VolumeDescription } from "./plan-mounts.ts";

/** File systems of other hosts, which the kernel wants to hear of by address. */
const REMOTE = /^(nfs|nfs4|cifs|smb3)$/;

/** Whether it is a file system of its own, mounted while somebody uses it, and not a directory of the host. */
export function needsMount({ options }: Pick<VolumeDescription, "options">): boolean {
  return labelOf(options, "type") !== undefined;
}

/**
 * The host name that must become an address before the kernel can mount: of `addr=` in the options, else of the device
 * (`host:/path`, `//host/share`). null = there is none, or it is an address already.
 */
export function nameToResolve({ options }: VolumeDescription): string | null {
  if (!REMOTE.test(labelOf(options, "type") ?? "")) return null;
  const said = wordsOf(options).find((word) => word.startsWith("addr="));
  const host = said === undefined ? hostOf(labelOf(options, "device") ?? "") : said.slice("addr=".length);
  return host === "" || isAddress(host) ? null : host;
}

/**
 * The command that mounts a volume as Docker's local driver does: by the kernel alone. With the helper programs of
 * mount(8) a device such as `:/path`, which people write for Docker, would mean nothing. `address` is what
 * `nameToResolve` gave, resolved.
 */
export function mountCommand(
  { options }: VolumeDescription,
  target: string,
  address: string | null,
): readonly [string, ...string[]] {
  const device = labelOf(options, "device") ?? "";
  const words = wordsOf(options).filter((word) => address === null || !word.startsWith("addr="));
  const said = address ?? (REMOTE.test(labelOf(options, "type") ?? "") ? hostOf(device) : "");
  const needsAddress = said !== "" && !words.some((word) => word.startsWith("addr="));
  const all = [...words, ...(needsAddress ? [`addr=${said}`] : [])];
  return [
    ...(["mount", "--internal-only", "--types", labelOf(options, "type") ?? ""] as const),
    ...(all.length > 0 ? ["--options", all.join(",")] : []),
    ...["--", device, target],
  ];
}

/** What mount(8) complains about, without the place, which is nobody's business. */
export function mountComplaint(stderr: string): string {
  const line = stderr.trim().split("\n", 1)[0] ?? "";
  const words = line.replace(/^mount: (\/\S*: )?/, "").replace(/\.$/, "");
  return words.replace(/^special device (.*) does not exist$/, "there is no $1 there") || "mount gave no reason";
}

function wordsOf(options: VolumeDescription["options"]): readonly string[] {
  return (labelOf(options, "o") ?? "").split(",").filter((word) => word !== "");
}

function hostOf(device: string): string {
  return /^\/\/([^/]+)\//.exec(device)?.[1] ?? /^\[?([^/[\]]+?)\]?:\//.exec(device)?.[1] ?? "";
}

function isAddress(text: string): boolean {
  try {
    return parseIpAddress(text, "address") !== "";
  } catch {
    return false;
  }
}
