import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TaskId } from "../../../../shared/ids.ts";
import { containerPaths, sharedPaths } from "../../../../worker/runtime/container-paths.ts";
import { launchCommand } from "../../../../worker/runtime/launch-command.ts";
import { testId } from "../../../support/objects.ts";

const taskId = testId<TaskId>("t1");
const shared = sharedPaths("/var/lib/swarm", "/run/swarm");
const request = {
  key: taskId,
  name: `web.1.${taskId}`,
  paths: containerPaths(shared, taskId),
  shared,
  overlayDirectory: "/var/lib/swarm/images/overlay",
  layerLinks: ["l/TOP", "l/BASE"],
  tty: false,
  conmon: "conmon",
  ociRuntime: "crun",
  ociArguments: ["--root", "/run/swarm/oci"],
  sharedSources: [],
  logBytesMax: 1000,
  memoryOptions: "",
};

describe("the command that launches a container", () => {
  it("mounts in a namespace of its own, believes no attribute of a layer, and becomes the monitor", () => {
    const words = launchCommand(request);
    assert.deepEqual(words.slice(0, 4), ["unshare", "--mount", "--propagation", "slave"]);
    const [launchPid, directory, options, rootfs, runtime, memory, files, conmon] = words.slice(8);
    assert.equal(launchPid, `/run/swarm/containers/${taskId}/launch.pid`);
    assert.equal(directory, "/var/lib/swarm/images/overlay");
    const data = `/var/lib/swarm/containers/${taskId}`;
    const layers = `lowerdir=l/TOP:l/BASE,upperdir=${data}/upper,workdir=${data}/work`;
    assert.equal(options, `${layers},redirect_dir=nofollow,metacopy=off,index=off,xino=off`);
    assert.deepEqual([rootfs, runtime, conmon], [`${data}/rootfs`, "crun", "conmon"]);
    assert.deepEqual([memory, files], ["", `/run/swarm/containers/${taskId}/files`]);
  });

  it("gives the runtime's own options one by one, and a terminal only where it is wanted", () => {
    const words = launchCommand(request).join(" ");
    assert.match(words, / --runtime-arg --root --runtime-arg \/run\/swarm\/oci /);
    assert.match(words, / --log-path k8s-file:\/var\/lib\/swarm\/containers\/t1z+\/container.log --log-size-max 1000 /);
    assert.ok(!words.includes("--terminal"));
    assert.ok(launchCommand({ ...request, tty: true }).includes("--terminal"));
  });

  it("keeps the mount's options within a page for as many layers as an image may have", () => {
    const layerLinks = Array.from({ length: 125 }, () => `l/${"A".repeat(26)}`);
    const options = launchCommand({ ...request, layerLinks })[10] ?? "";
    assert.ok(options.length > 3000 && options.length < 4096, `${options.length} bytes`);
  });
});
