import type { ContentKind } from "../objects/file-reference.ts";
import type { Config, Secret } from "../rpc/gen/objects.ts";
import { type DockerJson, headOf } from "./common.ts";

/** A secret or config as `docker secret inspect` and `docker config inspect` show it. */
export function toDockerContent(kind: ContentKind, content: Secret | Config): DockerJson {
  const { spec } = content;
  return {
    ...headOf(content),
    Spec: {
      Name: spec?.annotations?.name ?? "",
      Labels: spec?.annotations?.labels ?? {},
      ...(kind === "config" ? { Data: spec?.data.toString("base64") ?? "" } : {}),
      ...(spec?.templateDriver ? { Templating: { Name: spec.templateDriver, Options: null } } : {}),
    },
  };
}
