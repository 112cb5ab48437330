import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { toContainerSizes } from "../../shared/docker-shape/container-sizes.ts";
import { toDockerSummary } from "../../shared/docker-shape/container-summary.ts";
import { toDockerImageSummary } from "../../shared/docker-shape/image-list.ts";
import { toDockerVolume } from "../../shared/docker-shape/volume.ts";
import { SwarmError } from "../../shared/errors.ts";
import { type Answer, json } from "../answer.ts";
import { imageSizes } from "../containers/list.ts";
import { LONG_CALL_MS } from "../limits.ts";
import { type Call, param, type Route } from "../route.ts";

const TYPES = ["container", "image", "volume", "build-cache"];

/** What is asked for takes its time: all files of containers and volumes are looked at. */
async function usage(call: Call): Promise<Answer> {
  const { query, minor } = call;
  const types = query.texts("type");
  const unknown = types.find((type) => !TYPES.includes(type));
  if (unknown !== undefined) throw new SwarmError("invalidArgument", `unknown object type: ${unknown}`);
  const isAsked = (type: string): boolean => types.length === 0 || types.includes(type);
  const [images, containers, volumes] = await Promise.all([
    isAsked("image") ? imagesOf(call) : {},
    isAsked("container") ? containersOf(call) : {},
    isAsked("volume") ? volumesOf(call) : {},
  ]);
  const cache = isAsked("build-cache") ? { BuildCache: [] } : {};
  return json({ ...images, ...containers, ...volumes, ...cache, ...(minor < 42 ? { BuilderSize: 0 } : {}) });
}

async function imagesOf({ backend, signal, minor }: Call): Promise<DockerJson> {
  const { images, layersBytes } = await backend.engine({ kind: "here" }).images.list({}, { signal });
  const shown = images.filter(({ isIntermediate }) => !isIntermediate);
  const options = { withShared: true, minor };
  return { LayersSize: layersBytes, Images: shown.map((image) => toDockerImageSummary(image, options)) };
}

async function containersOf(call: Call): Promise<DockerJson> {
  const { backend, signal, clock } = call;
  const options = { signal, timeoutMs: LONG_CALL_MS };
  const { containers } = await backend.engine({ kind: "here" }).containers.list({ all: true, sizes: true }, options);
  const bytesOf = await imageSizes(call);
  return {
    Containers: containers.map((each) => ({
      ...toDockerSummary(each, clock.wallNow()),
      ...toContainerSizes(each, bytesOf),
    })),
  };
}

async function volumesOf({ backend, signal }: Call): Promise<DockerJson> {
  const options = { signal, timeoutMs: LONG_CALL_MS };
  const { volumes } = await backend.engine({ kind: "here" }).volumes.list({ sizes: true }, options);
  // One with a file system of its own takes nothing of this disk that could be told.
  return {
    // Those with options may be elsewhere, such as on a server.
    Volumes: volumes
      .filter(({ options: own }) => Object.keys(own).length === 0)
      .map((volume) => ({
        UsageData: { RefCount: volume.usedBy.length, Size: -1 },
        ...toDockerVolume(volume),
      })),
  };
}

async function noPlugin(call: Call): Promise<Answer> {
  throw new SwarmError("notFound", `plugin ${JSON.stringify(param(call, "name"))} not found`);
}

export const usageRoutes: readonly Route[] = [
  { method: "GET", path: "/system/df", handle: usage },
  { method: "GET", path: "/plugins", handle: async () => json([]) },
  { method: "GET", path: "/plugins/{name*}/json", handle: noPlugin },
  { method: "DELETE", path: "/plugins/{name*}", handle: noPlugin },
];
