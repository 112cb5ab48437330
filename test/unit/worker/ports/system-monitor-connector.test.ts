import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { systemMonitorConnector } from "../../../../worker/ports/system-monitor-connector.ts";

const directory = mkdtempSync(join(tmpdir(), "monitor-"));
after(() => rmSync(directory, { recursive: true }));

/** As a monitor leaves it that was killed. */
async function socketOfNobody(): Promise<string> {
  const [made, left] = [join(directory, "made"), join(directory, "left")];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(made, resolve));
  renameSync(made, left);
  await new Promise((resolve) => server.close(resolve));
  return left;
}

test("a monitor that was killed, or left nothing, is told in words that say what to do", async () => {
  for (const path of [await socketOfNobody(), join(directory, "nowhere/attach")])
    await assert.rejects(
      systemMonitorConnector.connect(path, () => {}),
      { code: "unavailable", message: /^the container has no monitor that answers: .* before it is restarted$/ },
    );
});
