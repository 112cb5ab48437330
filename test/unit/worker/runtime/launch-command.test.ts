import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TaskId } from "../../../../shared/ids.ts";
import { containerPaths, sharedPaths } from "../../../../worker/runtime/container-paths.ts";
import { type LaunchRequest, monitorLaunch } from "../../../../worker/runtime/launch-command.ts";
import { testId } from "../../../support/objects.ts";

const taskId = testId<TaskId>("t1");
const shared = sharedPaths("/var/lib/swarm", "/run/swarm");
const request: LaunchRequest = {
  key: taskId,
  name: `web.1.${taskId}`,
  paths: containerPaths(shared, taskId),
  shared,
  overlayDirectory: "/var/lib/swarm/images/overlay",
  layerLinks: ["l/TOP", "l/BASE"],
  tty: false,
  stdin: "none",
  conmon: "conmon",
  ociRuntime: "crun",
  ociArguments: ["--root", "/run/swarm/oci"],
  sharedSources: [],
  logBytesMax: 1000,
  memoryOptions: [],
};

describe("how a container is launched", () => {
  it("mounts its layers by short names, and believes no attribute of a layer", () => {
    const { mounts, runtime, pidFile, argv } = monitorLaunch(request);
    const data = `/var/lib/swarm/containers/${taskId}`;
    const layers = `lowerdir=l/TOP:l/BASE,upperdir=${data}/upper,workdir=${data}/work`;
    assert.deepEqual(mounts, {
      overlay: {
        directory: "/var/lib/swarm/images/overlay",
        options: `${layers},redirect_dir=nofollow,metacopy=off,index=off,xino=off`,
        target: `${data}/rootfs`,
      },
      memory: null,
      shared: { directory: `/run/swarm/containers/${taskId}/shared`, sources: [] },
    });
    assert.deepEqual([argv[0], runtime], ["conmon", "crun"]);
    assert.equal(pidFile, `/run/swarm/containers/${taskId}/launch.pid`);
  });

  it("has a memory file system only where there is something to be put into it", () => {
    const { memory } = monitorLaunch({ ...request, memoryOptions: ["size=4096"] }).mounts;
    assert.deepEqual(memory, { options: ["size=4096"], target: `/run/swarm/containers/${taskId}/files` });
  });

  it("gives the runtime's own options one by one, and a terminal only where it is wanted", () => {
    const words = monitorLaunch(request).argv.join(" ");
    assert.match(words, / --runtime-arg --root --runtime-arg \/run\/swarm\/oci /);
    assert.match(words, / --log-path k8s-file:\/var\/lib\/swarm\/containers\/t1z+\/container.log --log-size-max 1000 /);
    assert.ok(!words.includes("--terminal"));
    assert.ok(monitorLaunch({ ...request, tty: true }).argv.includes("--terminal"));
  });

  it("gives an input that is open for one, or as long as it runs, and leaves that of a terminal to it", () => {
    const inputOf = (change: Partial<typeof request>): readonly string[] =>
      monitorLaunch({ ...request, ...change }).argv.filter((word) => word.includes("stdin"));
    assert.deepEqual(inputOf({ stdin: "none" }), []);
    assert.deepEqual(inputOf({ stdin: "once" }), ["--stdin"]);
    assert.deepEqual(inputOf({ stdin: "kept" }), ["--stdin", "--leave-stdin-open"]);
    assert.deepEqual(inputOf({ stdin: "once", tty: true }), []);
  });

  it("keeps the mount's options within a page for as many layers as an image may have", () => {
    const layerLinks = Array.from({ length: 125 }, () => `l/${"A".repeat(26)}`);
    const { options } = monitorLaunch({ ...request, layerLinks }).mounts.overlay;
    assert.ok(options.length > 3000 && options.length < 4096, `${options.length} bytes`);
  });
});
