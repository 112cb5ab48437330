import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import { type Answer, empty, type Hijacked, hijack } from "../answer.ts";
import type { Call } from "../route.ts";
import { inputPump, pieceOf, streamType } from "../talk.ts";
import { handshake, webSocketPeer } from "../web-socket.ts";
import { placeOf } from "./place.ts";

/** Connects with the first process of a container, also before it starts: then nothing of its next run is missed. */
export async function attach(call: Call): Promise<Answer> {
  const { tty, talk } = await attached(call);
  return hijack(streamType(tty, call.minor), (peer) => talk(peer, tty));
}

/** The same for browsers. Outputs are not told apart, as dockerd has it. */
export async function attachWebSocket(call: Call): Promise<Answer> {
  const headers = handshake(call.header);
  const { talk } = await attached(call);
  return {
    kind: "hijack",
    headers,
    upgrade: "websocket",
    talk: async (raw) => {
      const peer = webSocketPeer(raw);
      await talk(peer, true);
      await peer.close();
    },
  };
}

interface Attached {
  readonly tty: boolean;
  /** `isRaw`: outputs come without frames. */
  readonly talk: (peer: Hijacked, isRaw: boolean) => Promise<void>;
}

async function attached(call: Call): Promise<Attached> {
  const { query, signal } = call;
  const { engine, ref } = await placeOf(call);
  const { tty } = await engine.streams.locate({ container: ref }, { signal });
  const isLive = query.flag("stream");
  const stdin = isLive && query.flag("stdin");
  const pump = inputPump(tty, query.text("detachKeys"));
  const running = engine.streams.attach({ signal });
  const start = {
    ...{ container: ref, stdin, stdout: query.flag("stdout"), stderr: query.flag("stderr") },
    ...{ logs: query.flag("logs"), logsOnly: !isLive, beforeStart: true },
  };
  // Why it is refused says the answer.
  running.send({ start }).catch(() => {});
  const messages = running.messages[Symbol.asyncIterator]();
  const { value } = await messages.next();
  mustHave(value?.attached, "the word that it is attached");
  const talk = async (peer: Hijacked, isRaw: boolean): Promise<void> => {
    // Its failure shows as the end of the output.
    if (stdin) pump(peer, (message) => running.send(message)).catch(() => {});
    for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
      const piece = pieceOf(next.value, isRaw);
      if (piece !== null) await peer.send(piece);
    }
  };
  return { tty, talk };
}

/** Gives a container's own terminal another size. */
export async function resize(call: Call): Promise<Answer> {
  const { engine, ref } = await placeOf(call);
  const size = { rows: call.query.whole("h", 0), columns: call.query.whole("w", 0) };
  if (size.rows < 0 || size.columns < 0) throw new SwarmError("invalidArgument", "a terminal has no negative size");
  await engine.streams.resize({ container: ref, size }, { signal: call.signal });
  return empty(200);
}
