/** How long `docker service ls` takes with many services. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { toolPath } from "../../lab-parts/tools.ts";
import { ApiClient, emptyService, inParallel } from "./api-client.ts";
import { removeServices } from "./creates.ts";

const CREATES_IN_FLIGHT = 32;
const OUTPUT_BYTES_MAX = 1 << 24;

/** In ms, one for each run of the command. */
export async function measureListing(socketPath: string, services: number, runs: number): Promise<readonly number[]> {
  using client = new ApiClient(socketPath, CREATES_IN_FLIGHT);
  const ids: string[] = [];
  await inParallel(services, CREATES_IN_FLIGHT, async (at) => {
    const made = await client.ask("POST", "/v1.44/services/create", emptyService(`listed-${at}`));
    ids.push((made as { readonly ID: string }).ID);
  });
  const docker = await toolPath("docker");
  const env = { ...process.env, DOCKER_HOST: `unix://${socketPath}` };
  const tookMs: number[] = [];
  for (let run = 0; run < runs; run++) {
    const beganMs = performance.now();
    const { stdout } = await promisify(execFile)(docker, ["service", "ls"], { env, maxBuffer: OUTPUT_BYTES_MAX });
    tookMs.push(performance.now() - beganMs);
    const lines = stdout.trimEnd().split("\n").length - 1;
    if (lines < services) throw new Error(`docker service ls shows ${lines} services of ${services}`);
  }
  await removeServices(socketPath, ids);
  return tookMs;
}
