import type { ImageSummary, InspectImageResponse, ListImagesResponse } from "../../../shared/rpc/gen/images.ts";
import {
  bytesOf,
  type Catalog,
  type CatalogImage,
  digestsOf,
  lookUp,
  parentsOf,
  tagsOf,
} from "../../images/catalog.ts";
import { sharedBytes } from "../../images/removal.ts";
import type { ImageServiceParts } from "./image-parts.ts";

type Parts = Pick<ImageServiceParts, "catalog" | "keeper" | "storeRoot">;

/** All images of this host, the newest first. */
export async function listImages({ catalog: reader, keeper }: Parts): Promise<ListImagesResponse> {
  const catalog = await reader.read();
  const layers = new Map(catalog.images.flatMap((each) => each.layers.map(({ id, bytes }) => [id, bytes] as const)));
  const summarize = summarizer(catalog, keeper);
  return {
    images: catalog.images.map(summarize).sort((a, b) => b.createdAtMs - a.createdAtMs),
    layersBytes: [...layers.values()].reduce((sum, bytes) => sum + bytes, 0),
  };
}

/** One of them in full. @throws SwarmError notFound. */
export async function inspectImage(
  { catalog: reader, keeper, storeRoot }: Parts,
  ref: string,
): Promise<InspectImageResponse> {
  const catalog = await reader.read();
  const found = lookUp(catalog, ref);
  const { image, layers } = found;
  const [config, manifest] = await Promise.all([
    reader.readPart(image, image.configKey),
    reader.readPart(image, image.manifestKey),
  ]);
  return {
    summary: summarizer(catalog, keeper)(found),
    config,
    manifest,
    layerDirectories: layers.map(({ id }) => `${storeRoot}/overlay/${id}/diff`),
    layerBytes: layers.map(({ bytes }) => bytes),
    storedAtMs: image.storedAtMs,
  };
}

function summarizer(catalog: Catalog, keeper: Parts["keeper"]): (each: CatalogImage) => ImageSummary {
  const parents = parentsOf(catalog);
  const bases = new Set(parents.values());
  const shared = sharedBytes(catalog);
  const { containers, ofServices } = keeper.needs();
  return (each) => {
    const { id, names } = each.image;
    const parent = parents.get(id);
    return {
      id: `sha256:${id}`,
      repoTags: tagsOf(each),
      repoDigests: digestsOf(each),
      createdAtMs: each.createdAtMs,
      sizeBytes: bytesOf(each),
      sharedBytes: shared.get(id) ?? 0,
      containers: containers.get(id) ?? 0,
      labels: each.labels,
      isIntermediate: names.length === 0 && bases.has(id),
      isNeeded: ofServices.has(id),
      parentId: parent === undefined ? "" : `sha256:${parent}`,
    };
  };
}
