import type { ComposeService } from "../../../shared/compose/service.ts";
import type { Reading } from "./field-row.ts";

/** From the words of images to the kernel's, which constraints are compared with. */
const MACHINES: ReadonlyMap<string, string> = new Map([
  ["amd64", "x86_64"],
  ["x86-64", "x86_64"],
  ["arm64", "aarch64"],
  ["386", "i686"],
]);

/** Those of `deploy.placement`, and that a host is of the platform which was asked for. */
export function constraintsOf({ deploy, platform }: ComposeService, { notes, path }: Reading): readonly string[] {
  const given = deploy?.placement?.constraints ?? [];
  if (platform === null) return given;
  const [os = "", architecture = ""] = platform.includes("/") ? platform.split("/") : ["linux", platform];
  if (os !== "linux") {
    notes.unsupported([...path, "platform"], `platform ${platform} is not supported: all nodes run Linux`);
    return given;
  }
  return [...given, `node.platform.arch==${MACHINES.get(architecture) ?? architecture}`];
}
