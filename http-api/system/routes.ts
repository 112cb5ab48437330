import type { Route } from "../route.ts";
import { info } from "./info.ts";
import { ping } from "./ping.ts";
import { version } from "./version.ts";

export const systemRoutes: readonly Route[] = [
  { method: "GET", path: "/_ping", handle: ping },
  { method: "GET", path: "/version", handle: version },
  { method: "GET", path: "/info", handle: info },
];
