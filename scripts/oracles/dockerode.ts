/** dockerode's tests. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type OtherEngine, openEngine, type SuiteImage } from "./engine.ts";
import type { Outcome, Ran } from "./verdict.ts";

export const DOCKERODE_NEEDS = `scripts/oracle dockerode DIR [--socket PATH [--mirror HOST:PORT]] [--log FILE]
DIR is a checkout of dockerode (5 or newer) with its packages (npm ci); nothing else in it is changed.`;

/** What its tests call of ubuntu, busybox has as well, but for the name of a shell. */
const IMAGES: readonly SuiteImage[] = [
  {
    name: "ubuntu:latest",
    lines: [
      String.raw`RUN printf '#!/bin/sh\nexec /bin/sh "$@"\n' >/bin/bash && chmod 755 /bin/bash`,
      'CMD ["/bin/bash"]',
    ],
    isPushed: true,
  },
  { name: "alpine:latest", lines: [], isPushed: true },
];

/** What fails here, and why. A test that is not named must pass. */
const BUILDKIT = "BuildKit is not offered (501): the classic builder is";
const PLUGINS = "plugins are not offered; the suite's is on Docker Hub alone, so that a dockerd without it fails too";
const KNOWN: ReadonlyMap<string, string> = new Map([
  ["#followProgress integration should follow BuildKit build progress", BUILDKIT],
  ["#docker #buildImage should build image with buildKit", BUILDKIT],
  ["#docker #checkAuth should fail auth", "the lab's registry takes everybody"],
  ["#plugin #install should get plugin privileges", PLUGINS],
  ["#plugin #install should pull a plugin", PLUGINS],
  ["#plugin #install should enable a plugin", PLUGINS],
  ["#plugin #install should remove a plugin", PLUGINS],
]);

/** Runs them on a host of a fresh lab, or against the engine of a socket. */
export async function runDockerode(directory: string, other: OtherEngine | null): Promise<Ran> {
  await using engine = await openEngine(other, IMAGES);
  const report = join(engine.scratch, "report.json");
  // Any word here keeps it from a Docker of this machine.
  const environment = { DOCKER_HOST: `unix://${engine.socket}`, DOCKER_SOCKET: "none" };
  const mocha = [process.execPath, join(directory, "node_modules/mocha/bin/mocha.js"), "--exit"];
  const reporter = ["--reporter", "json", "--reporter-option", `output=${report}`];
  await engine.run(environment, ["env", "-C", directory, ...mocha, ...reporter]);
  const said = readFileSync(report, "utf8");
  return { outcomes: outcomesIn(said), known: KNOWN, said };
}

interface Test {
  readonly fullTitle: string;
}

function outcomesIn(text: string): readonly Outcome[] {
  const report = JSON.parse(text) as Readonly<Record<"passes" | "failures" | "pending", readonly Test[]>>;
  const of = (list: keyof typeof report, how: Outcome["how"]): readonly Outcome[] =>
    report[list].map(({ fullTitle }) => ({ test: fullTitle, how }));
  return [...of("passes", "passed"), ...of("failures", "failed"), ...of("pending", "leftOut")];
}
