import { mustHave } from "../invariant.ts";
import type { ServiceSpec } from "../rpc/gen/objects.ts";
import { emptySpec } from "./paths.ts";

/** The spec that a container without a service begins with: its image, and nothing that people would have to say. */
export function blankRunSpec(image: string): ServiceSpec {
  const { annotations, task } = emptySpec();
  const container = mustHave(task?.container, "the container of an empty spec");
  return {
    annotations,
    task: {
      ...mustHave(task, "the task of an empty spec"),
      container: { ...container, image, healthcheck: null, dns: null },
      limits: null,
      reservations: null,
      restart: null,
      placement: null,
      logDriver: null,
      controls: null,
      loss: null,
    },
    mode: "replicated",
    replicated: { replicas: 1, autoscale: "" },
    update: null,
    rollback: null,
    endpoint: null,
    dependsOn: [],
    schedule: null,
    maxUnavailable: "",
    onlyTold: null,
    preDeploy: null,
  };
}
