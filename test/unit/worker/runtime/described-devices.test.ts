import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describedDevices, describedGpus } from "../../../../worker/runtime/described-devices.ts";

const GPU = `
cdiVersion: "0.5.0"
kind: nvidia.com/gpu
containerEdits:
  env: [NVIDIA_VISIBLE_DEVICES=void]
  hooks:
    - { hookName: createContainer, path: /usr/bin/hook, args: [hook, update] }
  mounts:
    - { hostPath: /usr/lib/libcuda.so, containerPath: /usr/lib/libcuda.so, options: [ro, nosuid] }
devices:
  - name: "0"
    containerEdits: { deviceNodes: [{ path: /dev/nvidia0, permissions: rw }], additionalGids: [44] }
  - name: 1
    containerEdits: { deviceNodes: [{ path: /dev/nvidia1, hostPath: /dev/other }] }
  - name: all
    containerEdits: { deviceNodes: [{ path: /dev/nvidia0 }, { path: /dev/nvidia1, hostPath: /dev/other }] }
`;
const NODES: Readonly<Record<string, number>> = { "/dev/nvidia0": 0, "/dev/other": 1 };

function filesWith(texts: Readonly<Record<string, string>>): Parameters<typeof describedDevices>[1] {
  return {
    list: async (directory) =>
      Object.keys(texts).flatMap((path) =>
        path.startsWith(`${directory}/`) ? [path.slice(directory.length + 1)] : [],
      ),
    readText: async (path) => texts[path] ?? null,
    deviceAt: async (path) => {
      const minor = NODES[path];
      return minor === undefined ? null : { type: "c", major: 195, minor, fileMode: 0o666, uid: 0, gid: 0 };
    },
  };
}
const files = filesWith({ "/etc/cdi/nvidia.yaml": GPU });
const request = { driver: "", count: 0, ids: [], capabilities: ["gpu"] };
const placesOf = async (found: ReturnType<typeof describedGpus>): Promise<readonly string[]> =>
  (await found).devices.map(({ device, access }) => `${device.path} ${device.minor} ${access}`);

describe("devices that a host describes", () => {
  it("bring their nodes, groups, and once what is common to all", async () => {
    const { devices, env, groups, hooks, mounts } = await describedDevices(
      ["nvidia.com/gpu=0", "nvidia.com/gpu=1"],
      files,
      "h1",
    );
    assert.deepEqual(
      devices.map(({ device, access }) => [device.path, device.minor, access]),
      [
        ["/dev/nvidia0", 0, "rw"],
        ["/dev/nvidia1", 1, "rwm"],
      ],
    );
    assert.deepEqual([env, groups], [["NVIDIA_VISIBLE_DEVICES=void"], [44]]);
    assert.deepEqual(hooks, { createContainer: [{ path: "/usr/bin/hook", args: ["hook", "update"] }] });
    assert.deepEqual(mounts, [
      {
        destination: "/usr/lib/libcuda.so",
        type: "bind",
        source: "/usr/lib/libcuda.so",
        options: ["rbind", "ro", "nosuid"],
      },
    ]);
  });

  it("are found without names where they are GPUs", async () => {
    assert.deepEqual(await placesOf(describedGpus([{ ...request, count: 1 }], files, "h1")), ["/dev/nvidia0 0 rw"]);
    assert.equal((await placesOf(describedGpus([{ ...request, count: -1 }], files, "h1"))).length, 2);
    assert.deepEqual(await placesOf(describedGpus([{ ...request, ids: ["1"] }], files, "h1")), ["/dev/nvidia1 1 rwm"]);
  });

  it("are refused with what to do, where the host has none, or too few", async () => {
    const none = filesWith({});
    await assert.rejects(
      describedGpus([{ ...request, count: 1 }], none, "h1"),
      /node h1 has no GPUs.*nvidia-ctk cdi generate/,
    );
    await assert.rejects(describedGpus([{ ...request, count: 3 }], files, "h1"), /has 2 GPUs, and 3 are wanted/);
    await assert.rejects(
      describedGpus([{ ...request, count: 1, driver: "amd" }], files, "h1"),
      /no description of amd/,
    );
    await assert.rejects(describedDevices(["a.b/c=d"], files, "h1"), /has no device a\.b\/c=d: it is not described/);
  });

  it("are looked for in what was written since the start of the host first", async () => {
    const newer = `{"kind": "nvidia.com/gpu", "devices": [{"name": "0", "containerEdits": {"env": ["NEW=1"]}}]}`;
    const both = filesWith({ "/etc/cdi/nvidia.yaml": GPU, "/var/run/cdi/nvidia.json": newer });
    assert.deepEqual((await describedDevices(["nvidia.com/gpu=0"], both, "h1")).env, ["NEW=1"]);
  });

  it("are refused, and the file named, where it cannot be read", async () => {
    for (const text of ["{", "[", "just words"]) {
      const broken = filesWith({ "/etc/cdi/x.json": text });
      await assert.rejects(
        describedDevices(["a.b/c=d"], broken, "h1"),
        /cannot read the device description \/etc\/cdi\/x\.json/,
      );
    }
  });
});
