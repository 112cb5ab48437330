import { toRfc3339 } from "../../shared/docker-shape/common.ts";
import type { InfoResponse } from "../../shared/rpc/gen/local.ts";
import { type Answer, json } from "../answer.ts";
import type { Call } from "../route.ts";
import { API_VERSION, API_VERSION_MIN } from "../versions.ts";

/** What `docker version` shows of the server. */
export async function version({ backend, signal }: Call): Promise<Answer> {
  return json(toDockerVersion(await backend.local.info({}, { signal })));
}

function toDockerVersion({ version: ours, description, startedAtMs, system }: InfoResponse): unknown {
  const kernel = system?.kernelVersion ?? "";
  const arch = archOf(description?.platform?.architecture ?? "");
  return {
    Platform: { Name: "swarmd" },
    Components: [
      {
        Name: "Engine",
        Version: ours,
        Details: {
          ApiVersion: API_VERSION,
          MinAPIVersion: API_VERSION_MIN,
          Os: "linux",
          Arch: arch,
          Experimental: "false",
          KernelVersion: kernel,
        },
      },
    ],
    Version: ours,
    ApiVersion: API_VERSION,
    MinAPIVersion: API_VERSION_MIN,
    GitCommit: "",
    GoVersion: "",
    Os: "linux",
    Arch: arch,
    KernelVersion: kernel,
    BuildTime: toRfc3339(startedAtMs),
  };
}

/** Go's words for processors, where the kernel's are others. */
function archOf(architecture: string): string {
  return (
    new Map([
      ["x86_64", "amd64"],
      ["aarch64", "arm64"],
    ]).get(architecture) ?? architecture
  );
}
