import type { Entry } from "../../../raft/core/entry.ts";
import type { Message } from "../../../raft/core/message.ts";
import type { TraceEvent } from "../../../raft/core/trace.ts";
import type { RaftId } from "../../../raft/ids.ts";
import type { RecordCipher } from "../../../raft/storage/ports/aes-gcm.ts";
import type { LogFields } from "../../../shared/log.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { Clients } from "../raft/clients.ts";
import type { TraceHash } from "../raft/trace-hash.ts";
import type { FullOptions } from "./options.ts";
import type { DatabaseWorld } from "./sim-database.ts";
import type { Life, SimHost } from "./sim-host.ts";
import type { SimNetwork } from "./sim-network.ts";
import type { ProcessWorld, SimProcess } from "./sim-process.ts";

/** The world as those who live and work in it see it; `full-world.ts` makes it. */
export interface World extends ProcessWorld, DatabaseWorld {
  readonly options: FullOptions;
  readonly trace: TraceHash;
  readonly clients: Clients;
  readonly network: SimNetwork;
  readonly cipher: RecordCipher;
  readonly hosts: ReadonlyMap<string, SimHost>;
  readonly isHealed: boolean;
  readonly areMembersSettled: boolean;
  readonly operators: { askToJoin(host: SimHost, life: Life): Promise<RaftId> };
  randomOf(process: SimProcess): Random;
  start(host: SimHost): void;
  restartLater(host: SimHost): void;
  stop(host: SimHost): void;
  onSend(host: SimHost, life: Life, message: Message): void;
  onDeliver(message: Message): void;
  onTrace(life: Life, event: TraceEvent): void;
  onWrite(life: Life, entries: readonly Entry[]): void;
  onWarning(host: SimHost, message: string): void;
  onErrorLine(host: SimHost, message: string, fields?: LogFields): void;
}
