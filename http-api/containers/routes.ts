import type { Route } from "../route.ts";
import { exportFiles, getArchive, putArchive, statPath } from "./archive.ts";
import { attach, attachWebSocket, resize } from "./attach.ts";
import { kill, pause, prune, remove, rename, restart, start, stop, unlink, unpause, update } from "./change.ts";
import { create } from "./create.ts";
import { list } from "./list.ts";
import { logs } from "./logs.ts";
import { changes, inspect, top } from "./look.ts";
import { stats } from "./stats.ts";
import { wait } from "./wait.ts";

/** All below /containers but what runs something in one. */
export const containerRoutes: readonly Route[] = [
  { method: "GET", path: "/containers/json", handle: list },
  { method: "POST", path: "/containers/create", handle: create },
  { method: "POST", path: "/containers/prune", handle: prune },
  { method: "GET", path: "/containers/{id}/json", handle: inspect },
  { method: "POST", path: "/containers/{id}/attach", handle: attach },
  { method: "GET", path: "/containers/{id}/attach/ws", handle: attachWebSocket },
  { method: "GET", path: "/containers/{id}/logs", handle: logs },
  { method: "POST", path: "/containers/{id}/wait", handle: wait },
  { method: "POST", path: "/containers/{id}/resize", handle: resize },
  { method: "GET", path: "/containers/{id}/top", handle: top },
  { method: "GET", path: "/containers/{id}/stats", handle: stats },
  { method: "GET", path: "/containers/{id}/changes", handle: changes },
  { method: "GET", path: "/containers/{id}/export", handle: exportFiles },
  { method: "HEAD", path: "/containers/{id}/archive", handle: statPath },
  { method: "GET", path: "/containers/{id}/archive", handle: getArchive },
  { method: "PUT", path: "/containers/{id}/archive", handle: putArchive },
  { method: "POST", path: "/containers/{id}/start", handle: start },
  { method: "POST", path: "/containers/{id}/stop", handle: stop },
  { method: "POST", path: "/containers/{id}/restart", handle: restart },
  { method: "POST", path: "/containers/{id}/kill", handle: kill },
  { method: "POST", path: "/containers/{id}/pause", handle: pause },
  { method: "POST", path: "/containers/{id}/unpause", handle: unpause },
  { method: "POST", path: "/containers/{id}/rename", handle: rename },
  { method: "POST", path: "/containers/{id}/update", handle: update },
  { method: "DELETE", path: "/containers/{id}", handle: remove },
  { method: "DELETE", path: "/containers/{id}/{alias}", handle: unlink },
];
