import { jsonObject } from "../../../shared/json.ts";
import { recordOf, stringsOf } from "../image-config.ts";
import type { StoreLayer } from "../parse-store.ts";

/**
 * Whether an image's layers, topmost first, are those that its configuration names. The digest of an image names its
 * layers as they were sent and its configuration; its id is the configuration's digest alone. Without this check an
 * image could have another's id, and stand in its way. Layers that the store knows no digest of are not judged.
 */
export function hasLayersItNames(config: string, layers: readonly StoreLayer[]): boolean {
  const named = stringsOf(recordOf(jsonObject(config)?.["rootfs"])["diff_ids"]).toReversed();
  if (named.length !== layers.length) return false;
  return layers.every(({ diffDigest }, at) => diffDigest === "" || diffDigest === named[at]);
}
