import {
  CONTAINER_FILTERS,
  type ContainerFilters,
  checkContainerFilters,
  matchesContainer,
} from "../../shared/docker-shape/container-filters.ts";
import { type ImageBytes, imageBytes, toContainerSizes } from "../../shared/docker-shape/container-sizes.ts";
import { toDockerSummary } from "../../shared/docker-shape/container-summary.ts";
import type { ContainerSummary } from "../../shared/rpc/gen/containers.ts";
import { type Answer, json } from "../answer.ts";
import { checkFilters, type Filters } from "../query.ts";
import type { Call } from "../route.ts";
import { containersHere } from "./place.ts";

const RUNNING: ReadonlySet<ContainerSummary["state"]> = new Set(["RUNNING", "PAUSED", "RESTARTING"]);

/** The containers of this host, newest first. */
export async function list(call: Call): Promise<Answer> {
  const { query, signal, clock } = call;
  const limit = query.whole("limit", -1);
  const sizes = query.flag("size");
  const filters = filtersIn(query.filters());
  const { containers } = await containersHere(call).list({ all: true, sizes }, { signal });
  checkContainerFilters(filters, containers);
  const isAll = query.flag("all") || limit > 0 || filters.status.length > 0 || filters.exited.length > 0;
  const found = containers
    .filter(({ state }) => isAll || RUNNING.has(state))
    .filter((one) => matchesContainer(one, filters, containers));
  const shown = limit > 0 ? found.slice(0, limit) : found;
  const bytesOf = sizes ? await imageSizes(call) : null;
  return json(
    shown.map((summary) => ({
      ...toDockerSummary(summary, clock.wallNow()),
      ...(bytesOf === null ? {} : toContainerSizes(summary, bytesOf)),
    })),
  );
}

/** Bytes of this host's images by their ids. */
export async function imageSizes({ backend, signal }: Call): Promise<ImageBytes> {
  const { images } = await backend.engine({ kind: "here" }).images.list({}, { signal });
  return imageBytes(images);
}

/** @throws SwarmError invalidArgument for a filter that containers do not have. */
function filtersIn(given: Filters): ContainerFilters {
  checkFilters(given, CONTAINER_FILTERS);
  return Object.fromEntries(CONTAINER_FILTERS.map((key) => [key, given.get(key) ?? []])) as unknown as ContainerFilters;
}
