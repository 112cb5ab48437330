import type { ContainerSummary } from "../rpc/gen/containers.ts";
import { humanDuration } from "./human-duration.ts";

/** `Up 2 minutes (healthy)`, `Exited (1) 5 seconds ago`. */
export function statusText(container: ContainerSummary, nowMs: number): string {
  const { state, startedAtMs, finishedAtMs, exitCode, health } = container;
  const since = (atMs: number): string => humanDuration(Math.max(0, nowMs - atMs));
  switch (state) {
    case "CREATED":
      return "Created";
    case "RUNNING":
    case "PAUSED": {
      const check = health === "" ? "" : health === "starting" ? " (health: starting)" : ` (${health})`;
      return `Up ${since(startedAtMs)}${check}${state === "PAUSED" ? " (Paused)" : ""}`;
    }
    case "RESTARTING":
      return `Restarting (${exitCode}) ${since(finishedAtMs)} ago`;
    case "REMOVING":
      return "Removal In Progress";
    case "EXITED":
      return `Exited (${exitCode}) ${since(finishedAtMs)} ago`;
  }
}
