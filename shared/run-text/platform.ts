import { SwarmError } from "../errors.ts";

/** From the words of images to the kernel's, which is what a node tells of itself. */
const MACHINES: ReadonlyMap<string, string> = new Map([
  ["amd64", "x86_64"],
  ["x86-64", "x86_64"],
  ["arm64", "aarch64"],
  ["386", "i686"],
]);

/** The kernel's word for an architecture: x86_64 for amd64. */
export function machineOf(architecture: string): string {
  return MACHINES.get(architecture) ?? architecture;
}

/**
 * The machine that a container for `OS[/ARCHITECTURE[/VARIANT]]` needs, in the kernel's words; null = any. A word
 * without a slash is an operating system.
 * @throws SwarmError invalidArgument for another operating system than Linux.
 */
export function machineNeeded(platform: string): string | null {
  if (platform === "") return null;
  const [os = "", architecture = ""] = platform.split("/");
  if (os !== "linux") {
    const sentence = `platform ${JSON.stringify(platform.slice(0, 100))} is not possible: all nodes run Linux`;
    throw new SwarmError("invalidArgument", sentence);
  }
  return architecture === "" ? null : machineOf(architecture);
}
