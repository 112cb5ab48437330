/**
 * Records what iproute2 sends to the kernel here and now, and compares it with the golden file. To make that anew:
 * `RECORD=1 node --test test/contract/netlink-golden.test.ts`.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import { CASES, formatMessages, NAMESPACE, PREPARATION } from "../golden/netlink/cases.ts";

const GOLDEN = join(import.meta.dirname, "../golden/netlink/messages.txt");
const scratch = mkdtempSync(join(tmpdir(), "swarm-golden-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

it("is what iproute2 sends", () => {
  const traced = CASES.map(
    ([command], at) => `strace -qq -e trace=sendmsg -e write=3 -s 0 -o ${join(scratch, String(at))} ${command}`,
  );
  // A namespace of mounts too: the name of the other network is seen nowhere else, and goes with the shell.
  const script = [
    "set -e",
    "mount -t tmpfs none /run/netns 2>/dev/null || { mkdir -p /run/netns; mount -t tmpfs none /run/netns; }",
    `ip netns add ${NAMESPACE.name}`,
    ...PREPARATION,
    ...traced,
  ].join("\n");
  execFileSync("unshare", ["--net", "--mount", "sh", "-c", script], { stdio: ["ignore", "ignore", "inherit"] });
  const messages = CASES.map(
    ([command], at) => [command, lastMessage(readFileSync(join(scratch, String(at)), "utf8"))] as const,
  );
  const text = formatMessages(messages);
  if (process.env["RECORD"] !== undefined) writeFileSync(GOLDEN, text);
  assert.equal(text, readFileSync(GOLDEN, "utf8"));
});

/** The last message that was sent, without its number, which is the time of day. */
function lastMessage(trace: string): Buffer {
  const dump = trace.split(/^sendmsg/m).at(-1) ?? "";
  const hex = [...dump.matchAll(/^ \| [0-9a-f]{5} ((?: ?[0-9a-f]{2} ?)+)/gm)].map(([, bytes = ""]) =>
    bytes.replaceAll(/\s/g, ""),
  );
  const bytes = Buffer.from(hex.join(""), "hex");
  bytes.writeUInt32LE(0, 8);
  return bytes;
}
