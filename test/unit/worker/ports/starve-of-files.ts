/** Run by shortage.test.ts under a small limit of open files: takes all of them, then asks for programs. */
import { closeSync, openSync } from "node:fs";
import { SkopeoResolver } from "../../../../manager/ports/skopeo-resolver.ts";
import { parseImageReference } from "../../../../shared/image-reference.ts";
import { silentLogger } from "../../../../shared/log.ts";
import type { MonitorLaunch } from "../../../../worker/ports/monitor-launcher.ts";
import { SystemCommandRunner } from "../../../../worker/ports/system-command-runner.ts";
import { systemMonitorLauncher } from "../../../../worker/ports/system-monitor-launcher.ts";

const taken: number[] = [];
try {
  for (;;) taken.push(openSync("/dev/null", "r"));
} catch {
  // There are none left, which is what is wanted.
}

const outcome = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "done",
    (error: Error & { readonly code?: string }) => ({ code: error.code, message: error.message }),
  );
const runner = new SystemCommandRunner();
const resolver = new SkopeoResolver({ log: silentLogger, registriesConf: null, skopeo: "true" });
const { signal } = new AbortController();
const image = parseImageReference("nginx:1");
const launch: MonitorLaunch = {
  mounts: {
    overlay: { directory: "/", options: "lowerdir=/etc:/usr", target: "/mnt" },
    memory: null,
    shared: { directory: "/nowhere", sources: [] },
  },
  argv: ["true"],
  runtime: "true",
  pidFile: "/dev/null",
};
const starved = {
  command: await outcome(runner.run(["true"])),
  monitor: await outcome(systemMonitorLauncher().launch(launch, 5_000, signal, async () => {})),
  resolver: await outcome(resolver.resolve(image, signal)),
};
for (const file of taken) closeSync(file);
console.log(JSON.stringify({ starved, after: await outcome(runner.run(["true"])) }));
