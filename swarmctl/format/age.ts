import { humanDuration } from "../../shared/docker-shape/human-duration.ts";

const MINUTE_S = 60;
const HOUR_S = 3_600;

/** "2 minutes ago"; an instant in the future, from a host whose clock is ahead, counts as now. */
export function ago(sinceMs: number, nowMs: number): string {
  return `${humanDuration(Math.max(0, nowMs - sinceMs)).toLowerCase()} ago`;
}

/** Milliseconds as Go prints a duration: 1m30s, 500ms, 0s. */
export function goDuration(ms: number): string {
  if (ms === 0) return "0s";
  if (Math.abs(ms) < 1_000) return `${ms}ms`;
  const seconds = Math.floor(ms / 1_000);
  const hours = Math.floor(seconds / HOUR_S);
  const minutes = Math.floor((seconds % HOUR_S) / MINUTE_S);
  const rest = (ms - (hours * HOUR_S + minutes * MINUTE_S) * 1_000) / 1_000;
  return `${hours > 0 ? `${hours}h` : ""}${hours > 0 || minutes > 0 ? `${minutes}m` : ""}${rest}s`;
}
