import type { ComposeService } from "../../../shared/compose/service.ts";
import { machineOf } from "../../../shared/run-text/platform.ts";
import type { Reading } from "./field-row.ts";

/** Those of `deploy.placement`, and that a host is of the platform which was asked for. */
export function constraintsOf({ deploy, platform }: ComposeService, { notes, path }: Reading): readonly string[] {
  const given = deploy?.placement?.constraints ?? [];
  if (platform === null) return given;
  const [os = "", architecture = ""] = platform.includes("/") ? platform.split("/") : ["linux", platform];
  if (os !== "linux") {
    notes.unsupported([...path, "platform"], `platform ${platform} is not supported: all nodes run Linux`);
    return given;
  }
  return [...given, `node.platform.arch==${machineOf(architecture)}`];
}
