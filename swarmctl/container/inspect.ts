import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { toDockerContainer } from "../../shared/docker-shape/container.ts";
import { imageBytes, toContainerSizes } from "../../shared/docker-shape/container-sizes.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { ContainerSummary } from "../../shared/rpc/gen/containers.ts";
import type { HostServices } from "../../shared/rpc/light/host-services.ts";
import type { Run } from "../cli.ts";
import { printInspected } from "../format/inspect.ts";
import { showFound } from "../names.ts";
import { engineOfNode } from "./host.ts";
import type { CONTAINER_INSPECT_OPTIONS } from "./options.ts";

export const run: Run<typeof CONTAINER_INSPECT_OPTIONS> = async (cli, args, flags) => {
  await using engine = await engineOfNode(cli, flags.text("node"));
  const look = (ref: string): Promise<DockerJson> => containerShape(engine, ref, flags.is("size"), cli.signal);
  await showFound(args, look, (found) => printInspected(found, flags.text("format") ?? "", cli.output));
};

/** As Docker shows it. @throws SwarmError notFound. */
export async function containerShape(...asked: Parameters<typeof inspected>): Promise<DockerJson> {
  return (await inspected(...asked)).shape;
}

/** A container as Docker shows it, and whose it is. @throws SwarmError notFound. */
export async function inspected(
  { containers, images }: HostServices,
  ref: string,
  sizes: boolean,
  signal: AbortSignal,
): Promise<{ readonly shape: DockerJson; readonly summary: ContainerSummary }> {
  const answer = await containers.inspect({ ref, sizes }, { signal });
  const container = mustHave(answer.container, "the container of the answer");
  const summary = mustHave(container.summary, "the summary of a container");
  const shape = toDockerContainer(container);
  if (!sizes) return { shape, summary };
  const bytesOf = imageBytes((await images.list({}, { signal })).images);
  return { shape: { ...shape, SizeRw: 0, ...toContainerSizes(summary, bytesOf) }, summary };
}
