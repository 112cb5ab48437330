import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exactNumber, parseExact } from "../../../../worker/runtime/oci-json.ts";
import { ceilingOf, rlimitsOf } from "../../../../worker/runtime/rlimits.ts";

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max core file size        0                    unlimited            bytes
Max processes             96365                96365                processes
Max open files            20000                20000                files
`;
const STATUS = "CapPrm:\t000001fffeffffff\nCapEff:\t000001fffeffffff\n";

describe("limits of a container's processes", () => {
  const text = (limits: ReturnType<typeof rlimitsOf>, type: string) =>
    JSON.stringify(limits.find((limit) => limit.type === type));

  it("are the same everywhere, with the service's own instead of the defaults", () => {
    const limits = rlimitsOf([{ name: "core", soft: 0, hard: -1 }], null);
    assert.equal(text(limits, "RLIMIT_NOFILE"), '{"type":"RLIMIT_NOFILE","soft":1024,"hard":524288}');
    assert.equal(text(limits, "RLIMIT_CORE"), '{"type":"RLIMIT_CORE","soft":0,"hard":18446744073709551615}');
    assert.equal(limits.filter(({ type }) => type === "RLIMIT_CORE").length, 1);
  });

  it("are no higher than a daemon may give that cannot raise its own", () => {
    const ceiling = ceilingOf(LIMITS, STATUS);
    const limits = rlimitsOf([], ceiling);
    assert.equal(text(limits, "RLIMIT_NOFILE"), '{"type":"RLIMIT_NOFILE","soft":1024,"hard":20000}');
    assert.equal(text(limits, "RLIMIT_NPROC"), '{"type":"RLIMIT_NPROC","soft":96365,"hard":96365}');
    assert.match(text(limits, "RLIMIT_CORE") ?? "", /18446744073709551615/);
    for (const hard of [20_001, -1]) {
      assert.throws(
        () => rlimitsOf([{ name: "nofile", soft: 1, hard }], ceiling),
        /cannot give ulimit nofile a hard limit of (20001|-1): its own is 20000/,
      );
    }
    assert.equal(rlimitsOf([{ name: "nofile", soft: 1, hard: 20_000 }], ceiling).length, limits.length);
  });

  it("have no ceiling where the daemon may raise them", () => {
    assert.equal(ceilingOf(LIMITS, STATUS.replaceAll("fffe", "ffff")), null);
  });

  it("keep their digits when a configuration is read and written again", () => {
    const written = JSON.stringify({ a: exactNumber("18446744073709551615"), b: [1, "2", null, 0.5] });
    assert.equal(JSON.stringify(parseExact(written)), written);
  });
});
