import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ContainerSummary, HostEvent } from "../../../shared/rpc/gen/containers.ts";
import type { ImageSummary } from "../../../shared/rpc/gen/images.ts";
import type { Volume } from "../../../shared/rpc/gen/volumes.ts";
import { type HostHas, useRows } from "../../../swarmctl/system/disk-use.ts";
import { eventText } from "../../../swarmctl/system/events.ts";

const image = (sizeBytes: number, sharedBytes: number, parts: Partial<ImageSummary> = {}): ImageSummary =>
  ({ sizeBytes, sharedBytes, containers: 0, isNeeded: false, isIntermediate: false, ...parts }) as ImageSummary;
const container = (state: ContainerSummary["state"], ownBytes: number): ContainerSummary =>
  ({ state, ownBytes }) as ContainerSummary;
const volume = (usedBy: readonly string[], sizeBytes: number): Volume => ({ usedBy, sizeBytes }) as Volume;
const NOTHING: HostHas = { images: { images: [], layersBytes: 0 }, containers: [], volumes: [] };
const rows = (has: Partial<HostHas>): readonly (readonly string[])[] =>
  useRows("host1", { ...NOTHING, ...has }).map((row) => [row.TotalCount, row.Active, row.Size, row.Reclaimable]);

describe("what a disk holds", () => {
  it("is nothing on an empty host", () => {
    assert.deepEqual(rows({}), Array(3).fill(["0", "0", "0B", "0B"]));
  });

  it("counts layers once, and keeps what images in use hold together", () => {
    const images = [
      image(500, 400, { containers: 2 }),
      image(700, 400, { isNeeded: true }),
      image(900, 400),
      image(50, 0, { isIntermediate: true }),
    ];
    // 400 shared, 100 and 300 of those in use, 500 and 50 of the others.
    assert.deepEqual(rows({ images: { images, layersBytes: 1_350 } })[0], ["3", "2", "1.35kB", "550B (41%)"]);
  });

  it("takes what containers that do not run have changed, and volumes that nobody uses", () => {
    const containers = [container("RUNNING", 10), container("EXITED", 30), container("CREATED", -1)];
    const volumes = [volume(["c"], 100), volume([], 300), volume([], -1)];
    const [, ofContainers, ofVolumes] = rows({ containers, volumes });
    assert.deepEqual(ofContainers, ["3", "1", "40B", "30B (75%)"]);
    assert.deepEqual(ofVolumes, ["3", "1", "400B", "300B (75%)"]);
  });
});

describe("an event as a line", () => {
  it("is Docker's, with its attributes in order", () => {
    const event: HostEvent = {
      ...{ place: 1, timeMs: 1_500, type: "container", action: "die", actor: "abc", missed: false },
      attributes: { name: "web", exitCode: "1" },
    };
    assert.equal(eventText(event), "1970-01-01T00:00:01.500000000Z container die abc (exitCode=1, name=web)");
    assert.equal(eventText({ ...event, attributes: {} }), "1970-01-01T00:00:01.500000000Z container die abc");
  });
});
