import { notOffered, type Route } from "../route.ts";
import { loadImages, saveImage, saveImages } from "./archive.ts";
import { pruneImages, removeImage, tagImage } from "./change.ts";
import { commitContainer } from "./commit.ts";
import { imageHistory, inspectImage, listImages, searchImages } from "./look.ts";
import { createImage } from "./pull.ts";
import { pushImage } from "./push.ts";
import { checkAuth, distribution } from "./registry.ts";

/** What people do with the images of this host. */
export const imageRoutes: readonly Route[] = [
  { method: "GET", path: "/images/json", handle: listImages },
  { method: "POST", path: "/images/create", handle: createImage },
  { method: "GET", path: "/images/search", handle: searchImages },
  { method: "GET", path: "/images/get", handle: saveImages },
  { method: "POST", path: "/images/load", handle: loadImages },
  { method: "POST", path: "/images/prune", handle: pruneImages },
  { method: "GET", path: "/images/{name*}/json", handle: inspectImage },
  { method: "GET", path: "/images/{name*}/history", handle: imageHistory },
  { method: "GET", path: "/images/{name*}/get", handle: saveImage },
  { method: "POST", path: "/images/{name*}/push", handle: pushImage },
  { method: "POST", path: "/images/{name*}/tag", handle: tagImage },
  { method: "DELETE", path: "/images/{name*}", handle: removeImage },
  { method: "POST", path: "/commit", handle: commitContainer },
  { method: "GET", path: "/distribution/{name*}/json", handle: distribution },
  { method: "POST", path: "/auth", handle: checkAuth },
  notOffered("GET", "/images/{name*}/attestations", "attestations of images are not offered"),
];
