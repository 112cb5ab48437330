import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { toDockerContent } from "../../shared/docker-shape/content.ts";
import { toDockerImage } from "../../shared/docker-shape/image.ts";
import { toDockerNode } from "../../shared/docker-shape/node.ts";
import { toDockerService } from "../../shared/docker-shape/service.ts";
import { toDockerTask } from "../../shared/docker-shape/task.ts";
import { toDockerVolume } from "../../shared/docker-shape/volume.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { HostServices } from "../../shared/rpc/light/host-services.ts";
import type { Cli } from "../cli.ts";
import { containerShape } from "../container/inspect.ts";
import { contentCalls } from "../content/calls.ts";
import { nodeRef } from "../names.ts";
import { findNetwork, networkShapes } from "../network/inspect.ts";
import { findTask } from "../task/find.ts";
import { networksOf } from "../task/inspect.ts";
import type { InspectedKind } from "./options.ts";

/** What looking an object up needs. */
export interface Looking {
  readonly cli: Cli;
  /** Of the host whose containers, images and volumes are meant. */
  readonly engine: HostServices;
  /** A container with what it takes on the disk. */
  readonly sizes: boolean;
}

/**
 * The object of a kind that a word means, as Docker shows it; null = the answer has none.
 * @throws SwarmError notFound; failedPrecondition for the swarm's kinds where no manager can be asked.
 */
export const LOOK: Readonly<Record<InspectedKind, (look: Looking, ref: string) => Promise<DockerJson | null>>> = {
  container: ({ engine, sizes, cli }, ref) => containerShape(engine, ref, sizes, cli.signal),
  image: async ({ engine, cli }, ref) => toDockerImage(await engine.images.inspect({ ref }, { signal: cli.signal })),
  network: async ({ cli }, ref) => {
    const [shape = null] = await networkShapes(cli, [await findNetwork(cli, ref)], { withServices: false });
    return shape;
  },
  volume: async ({ engine, cli }, name) => {
    const { volume } = await engine.volumes.inspect({ name, size: false }, { signal: cli.signal });
    return volume === null ? null : { ...toDockerVolume(volume), UsedBy: volume.usedBy };
  },
  service: async ({ cli }, ref) => {
    const { service } = await (await cli.api.control()).getService({ ref }, { signal: cli.signal });
    return toDockerService(mustHave(service, "the service of the answer"));
  },
  task: async ({ cli }, ref) => toDockerTask(await findTask(cli, ref), await networksOf(cli)),
  node: async ({ cli }, ref) => {
    const { node } = await (await cli.api.control()).getNode({ ref: await nodeRef(cli, ref) }, { signal: cli.signal });
    return toDockerNode(mustHave(node, "the node of the answer"));
  },
  secret: async ({ cli }, ref) => toDockerContent("secret", await (await contentCalls(cli, "secret")).get(ref)),
  config: async ({ cli }, ref) => toDockerContent("config", await (await contentCalls(cli, "config")).get(ref)),
};
