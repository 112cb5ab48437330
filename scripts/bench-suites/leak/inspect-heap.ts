/**
 * `inspect-heap.ts [FILE]`, run among the daemon's network namespaces: has the daemon collect its garbage, prints
 * what is left as `process.memoryUsage()` says it, and writes a heap snapshot to FILE.
 */
import { closeSync, openSync, writeSync } from "node:fs";

/** Node's own port, on which SIGUSR1 makes it listen. */
const LIST = "http://127.0.0.1:9229/json/list";
/** What finalizers let go is collected by the next one. */
const COLLECTIONS = 3;

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly chunk?: string };
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

const [file] = process.argv.slice(2);
const [target] = (await (await fetch(LIST)).json()) as readonly { readonly webSocketDebuggerUrl: string }[];
if (target === undefined) throw new Error("the daemon's inspector has no target");
const socket = new WebSocket(target.webSocketDebuggerUrl);
await new Promise((resolve, reject) => {
  socket.onopen = resolve;
  socket.onerror = reject;
});
const waiting = new Map<number, (answer: Answer) => void>();
const output = file === undefined ? null : openSync(file, "w", 0o600);
socket.onmessage = ({ data }) => {
  const answer = JSON.parse(String(data)) as Answer;
  if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
  else if (answer.method === "HeapProfiler.addHeapSnapshotChunk" && output !== null)
    writeSync(output, answer.params?.chunk ?? "");
};
let asked = 0;
const ask = (method: string, params: object = {}): Promise<Answer> =>
  new Promise((resolve) => {
    waiting.set(++asked, resolve);
    socket.send(JSON.stringify({ id: asked, method, params }));
  });

for (let at = 0; at < COLLECTIONS; at++) await ask("HeapProfiler.collectGarbage");
const usage = await ask("Runtime.evaluate", { expression: "process.memoryUsage()", returnByValue: true });
const memory = usage.result?.result?.value;
if (memory === undefined) throw new Error("the daemon's inspector did not say how much memory is in use");
console.log(JSON.stringify(memory));
if (output !== null) {
  await ask("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  closeSync(output);
}
socket.close();
