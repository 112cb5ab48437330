import koffi from "koffi";
import { SwarmError } from "../../shared/errors.ts";
import { NETFILTER_GROUPS, PROTOCOL } from "../netlink/groups.ts";
import {
  chainsRequest,
  type FilterHook,
  generationRequest,
  readDrop,
  readFilterNotice,
  tableRequest,
} from "../netlink/packet-filter.ts";
import { watchSocket } from "./kernel-notices.ts";
import { waitAside } from "./kernel-waits.ts";
import { drainNotices, NetlinkSocket } from "./netlink-socket.ts";
import type { RulesState, RulesTable } from "./network-kernel.ts";
import { inNamespace } from "./network-namespaces.ts";
import { closeAside, joinGroup, openNetlink, setReceiveRoom } from "./system-calls.ts";

/** As much as a reload of some thousand foreign rules says. */
const RECEIVE_ROOM_BYTES = 1 << 20;
/** Of what nft complains about, so much is shown. */
const COMPLAINT_LENGTH_MAX = 2_000;

type NftContext = unknown;

/** The library behind the program `nft`, loaded when it is first needed. */
let library: ReturnType<typeof loadLibrary> | null = null;

function loadLibrary() {
  const nftables = koffi.load("libnftables.so.1");
  return {
    open: nftables.func("void *nft_ctx_new(uint32_t flags)") as (flags: number) => NftContext,
    keepOutput: nftables.func("int nft_ctx_buffer_output(void *context)") as (context: NftContext) => number,
    keepErrors: nftables.func("int nft_ctx_buffer_error(void *context)") as (context: NftContext) => number,
    run: nftables.func("int nft_run_cmd_from_buffer(void *context, const char *text)") as RunCommand,
    errors: nftables.func("const char *nft_ctx_get_error_buffer(void *context)") as (context: NftContext) => string,
    close: nftables.func("void nft_ctx_free(void *context)") as (context: NftContext) => void,
  };
}
type RunCommand = (context: NftContext, text: string) => number;

/** A program `nft` that does not end, in the namespace where it is made. */
class RuleLanguage {
  readonly #library: ReturnType<typeof loadLibrary>;
  readonly #context: NftContext;

  constructor() {
    library ??= loadLibrary();
    this.#library = library;
    this.#context = library.open(0);
    library.keepOutput(this.#context);
    library.keepErrors(this.#context);
  }

  /** @throws SwarmError internal with what it complains about. */
  run(text: string): void {
    if (this.#library.run(this.#context, text) === 0) return;
    const words = this.#library.errors(this.#context).trim().slice(0, COMPLAINT_LENGTH_MAX);
    throw new SwarmError("internal", `the kernel refuses the packet rules: ${words}`);
  }

  close(): void {
    this.#library.close(this.#context);
  }
}

/**
 * The packet rules of one namespace. Whether somebody changed ours is told by the numbers that the kernel gives
 * transactions and by the tables that its notices name: rules are never read back.
 */
export class PacketRules {
  readonly #namespace: number | null;
  readonly #socket: NetlinkSocket;
  readonly #notices: number;
  readonly #endWatch: () => void;
  #language: RuleLanguage | null = null;
  #tables: readonly RulesTable[] = [];
  /** The last transaction that was heard of. */
  #heard: number;
  /** What the transaction changes that is being told of. */
  readonly #changing = new Set<string>();
  /** What others changed since our tables were made. */
  readonly #changed = new Set<string>();

  /** `onChange` is called when somebody else changed something in our tables. */
  constructor(namespace: number | null, onChange: () => void) {
    this.#namespace = namespace;
    const { socket, notices } = inNamespace(namespace, () => ({
      socket: new NetlinkSocket(PROTOCOL.netfilter),
      notices: openNetlink(PROTOCOL.netfilter),
    }));
    this.#socket = socket;
    this.#notices = notices;
    setReceiveRoom(notices, RECEIVE_ROOM_BYTES);
    for (const group of NETFILTER_GROUPS) joinGroup(notices, group);
    this.#heard = this.#generation();
    this.#endWatch = watchSocket(notices, () => {
      if (this.#drain()) onChange();
    });
  }

  /**
   * Carries the text out in one transaction. `tables` = all tables of ours, which it makes anew; null = it only changes
   * what is in them. @throws SwarmError internal when it is refused.
   */
  load(text: string, tables: readonly RulesTable[] | null): void {
    this.#drain();
    inNamespace(this.#namespace, () => {
      this.#language ??= new RuleLanguage();
      this.#language.run(text);
    });
    if (tables !== null) {
      this.#tables = tables;
      this.#changed.clear();
    }
    // By the number, nobody else did anything meanwhile: what there is to hear is about this.
    if (this.#generation() === this.#heard + 1) {
      drainNotices(this.#notices, () => {});
      this.#heard++;
    } else this.#drain();
  }

  sinceLoad(): RulesState {
    this.#drain();
    // A notice that was lost may have been about our tables.
    if (this.#heard !== this.#generation()) this.#suspect();
    const changed = this.#tables.filter((table) => this.#changed.has(keyOf(table)));
    if (changed.length === 0) return "asLoaded";
    return changed.every((table) => this.has(table)) ? "perhapsChanged" : "missing";
  }

  has({ family, name }: RulesTable): boolean {
    return this.#socket.ask(tableRequest(family, name)) !== null;
  }

  drops(hook: FilterHook, exceptTable: string): readonly string[] {
    const drops: string[] = [];
    this.#socket.dump(chainsRequest(), (message) => {
      const drop = readDrop(hook, message);
      if (drop !== null && drop.table !== exceptTable) drops.push(drop.text);
    });
    return drops;
  }

  close(): void {
    this.#endWatch();
    const [notices, socket, language] = [this.#notices, this.#socket, this.#language];
    // With the first socket that is closed in a namespace whose rules have just been changed, the kernel waits until no
    // processor can be using the old ones: 10 ms and more, after which the others take none.
    void waitAside(() => closeAside(notices)).then(async () => {
      await socket.closeAside();
      language?.close();
    });
  }

  /** Takes note of what others did; returns whether something of it was in our tables. */
  #drain(): boolean {
    let isOurs = false;
    const isWhole = drainNotices(this.#notices, (message) => {
      const notice = readFilterNotice(message);
      if (notice === null) return;
      if (notice.kind === "table") {
        this.#changing.add(`${notice.family} ${notice.table}`);
        return;
      }
      this.#heard = notice.id;
      for (const key of this.#changing) this.#changed.add(key);
      isOurs ||= this.#tables.some((table) => this.#changing.has(keyOf(table)));
      this.#changing.clear();
    });
    if (!isWhole) this.#suspect();
    return isOurs || !isWhole;
  }

  /** Something may have been missed. */
  #suspect(): void {
    this.#heard = this.#generation();
    for (const table of this.#tables) this.#changed.add(keyOf(table));
  }

  #generation(): number {
    const message = this.#socket.ask(generationRequest());
    const notice = message === null ? null : readFilterNotice(message);
    if (notice?.kind !== "generation")
      throw new SwarmError("internal", "this kernel has no nf_tables, which published ports and tasks' links need");
    return notice.id;
  }
}

function keyOf({ family, name }: RulesTable): string {
  return `${family} ${name}`;
}
