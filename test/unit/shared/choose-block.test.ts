import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chooseBlock, chooseBlock6 } from "../../../shared/choose-block.ts";
import type { ClusterId, NetworkId } from "../../../shared/ids.ts";
import { formatBlock, type IpBlock, toBlock } from "../../../shared/ip-block.ts";
import { testId } from "../../support/objects.ts";

const blocks = (texts: readonly string[]): readonly IpBlock[] => texts.flatMap((text) => toBlock(text) ?? []);

describe("the first free block", () => {
  const cases: readonly (readonly [string, readonly string[], number, readonly string[], string | null])[] = [
    ["of an empty pool is its first", ["10.0.0.0/8"], 24, [], "10.0.0.0/24"],
    ["lies behind what is taken", ["10.0.0.0/8"], 24, ["10.0.0.0/24", "10.0.1.0/24"], "10.0.2.0/24"],
    ["fills a gap that is large enough", ["10.0.0.0/8"], 24, ["10.0.0.0/24", "10.0.2.0/24"], "10.0.1.0/24"],
    ["passes a gap that is too small", ["10.0.0.0/8"], 16, ["10.0.0.0/24", "10.2.0.0/16"], "10.1.0.0/16"],
    ["passes one address", ["10.0.0.0/8"], 24, ["10.0.0.9/32"], "10.0.1.0/24"],
    ["is aligned behind one that is larger", ["10.0.0.0/8"], 24, ["10.0.0.0/12", "10.0.4.0/24"], "10.16.0.0/24"],
    ["is in the next pool when one is full", ["10.0.0.0/24", "10.9.0.0/16"], 24, ["10.0.0.0/8"], null],
    ["is in the second pool", ["10.0.0.0/24", "172.16.0.0/16"], 24, ["10.0.0.0/8"], "172.16.0.0/24"],
    [
      "does not care for what is taken outside of the pool",
      ["10.0.0.0/24"],
      24,
      ["9.0.0.0/8", "fd00::/8"],
      "10.0.0.0/24",
    ],
    ["is not in a pool that is smaller", ["10.0.0.0/25"], 24, [], null],
  ];
  for (const [name, pools, prefix, taken, expected] of cases) {
    test(name, () => {
      const block = chooseBlock(blocks(pools), prefix, blocks(taken));
      assert.equal(block === null ? null : formatBlock(block), expected);
    });
  }
});

test("a block of IPv6 follows from the ids, differs by network, and passes one that is taken", () => {
  const cluster = testId<ClusterId>("c");
  const of = (id: string, taken: readonly IpBlock[] = []): IpBlock =>
    chooseBlock6(cluster, testId<NetworkId>(id), taken) as IpBlock;
  assert.deepEqual(of("a"), of("a"));
  assert.notDeepEqual(of("a"), of("b"));
  assert.equal(formatBlock(of("a")).slice(0, 12), formatBlock(of("b")).slice(0, 12));
  assert.match(formatBlock(of("a")), /^fd[0-9a-f]{2}:[0-9a-f:]+::\/64$/);
  assert.equal(of("a", [of("a")]).first - of("a").first, 1n << 64n);
});
