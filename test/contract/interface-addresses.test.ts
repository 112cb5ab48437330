import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

const MODULE = new URL("../../swarmd/ports/interfaces.ts", import.meta.url).href;
const ADDRESS = "10.99.0.1";

/** Run among the devices of a new network namespace, which are one, and that is down. */
const PROGRAM = `
  import { execFileSync } from "node:child_process";
  import { followInterfaceAddresses } from ${JSON.stringify(MODULE)};
  const read = followInterfaceAddresses();
  // Where the host has no IPv6, neither has the namespace.
  const found = () => read().filter(({ family }) => family === "IPv4").map(({ address }) => address);
  const ip = (...args) => execFileSync("ip", args);
  const seen = [found()];
  ip("link", "set", "lo", "up");
  seen.push(found());
  ip("address", "add", "${ADDRESS}/32", "dev", "lo");
  seen.push(found());
  const isKept = read() === read();
  ip("address", "delete", "${ADDRESS}/32", "dev", "lo");
  seen.push(found());
  console.log(JSON.stringify({ seen, isKept }));
`;

const skip = process.getuid?.() === 0 ? false : "needs root";

test("a host's addresses are those it has now, and are listed only after a change", { skip }, () => {
  const args = ["--net", process.execPath, "--disable-warning=ExperimentalWarning", "--input-type=module"];
  const output = execFileSync("unshare", [...args, "--eval", PROGRAM], { encoding: "utf8" });
  const { seen, isKept } = JSON.parse(output) as { readonly seen: string[][]; readonly isKept: boolean };
  const own = "127.0.0.1";
  assert.deepEqual(seen, [[], [own], [own, ADDRESS], [own]]);
  assert.ok(isKept);
});
