import assert from "node:assert/strict";
import { test } from "node:test";
import { systemMonitorLauncher } from "../../../../worker/ports/system-monitor-launcher.ts";

test("of a monitor that says much before it fails the last words are kept, too", async () => {
  const script = "echo first words >&2; seq 1 100000 >&2; echo the reason >&2; exit 1";
  const signal = new AbortController().signal;
  const { pid, complaint } = await systemMonitorLauncher.launch(["sh", "-c", script], 60_000, signal, async () => {});
  assert.equal(pid, -1);
  assert.match(complaint, /^first words\n.*\nthe reason$/s);
  assert.ok(complaint.length <= 4_000, `${complaint.length} characters`);
});
