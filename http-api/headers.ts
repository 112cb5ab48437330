import type { Headers } from "./answer.ts";
import { API_VERSION } from "./versions.ts";

/** What every answer carries: clients learn version and operating system from whatever they ask first. */
export function commonHeaders(version: string): Headers {
  return {
    "Api-Version": API_VERSION,
    "Docker-Experimental": "false",
    Ostype: "linux",
    Server: `swarmd/${version} (linux)`,
  };
}
