import type { Platform } from "../../shared/rpc/gen/objects.ts";

/** As the kernel calls what Node.js calls otherwise. */
const KERNEL_ARCHITECTURE = new Map([
  ["x64", "x86_64"],
  ["arm64", "aarch64"],
]);

/** What a node says it is, and what a template's `.Node.Platform` is. */
export function platformOf(architecture: string): Platform {
  return { architecture: KERNEL_ARCHITECTURE.get(architecture) ?? architecture, os: "linux" };
}
