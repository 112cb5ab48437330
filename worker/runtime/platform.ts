import type { Platform } from "../../shared/rpc/gen/objects.ts";

/** The kernel's names for what Node.js names differently. */
const KERNEL_ARCHITECTURE = new Map([
  ["x64", "x86_64"],
  ["arm64", "aarch64"],
]);

/** What a node reports, and what a template's `.Node.Platform` gives. */
export function platformOf(architecture: string): Platform {
  return { architecture: KERNEL_ARCHITECTURE.get(architecture) ?? architecture, os: "linux" };
}
