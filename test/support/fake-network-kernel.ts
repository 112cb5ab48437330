/** A kernel in memory that understands the lines worker/network writes for `ip`, `bridge` and `nft`, and no others. */
import type { CommandOptions, CommandResult, CommandRunner } from "../../worker/ports/command-runner.ts";
import type { NetworkFiles } from "../../worker/ports/network-files.ts";

interface FakeLink {
  up: boolean;
  mtu: number;
  mac: string;
  kind: string;
  vxlan: { id: number; port: number; local?: string } | null;
}

const OK: CommandResult = { exitCode: 0, stdout: "", stderr: "" };

export class FakeNetworkKernel implements CommandRunner, NetworkFiles {
  readonly links = new Map<string, FakeLink>();
  /** Each as "CIDR DEVICE". */
  readonly addresses = new Set<string>();
  /** As `route replace` takes them. */
  readonly routes = new Set<string>();
  /** Each as "ADDRESS MAC DEVICE". */
  readonly neighbours = new Set<string>();
  /** Each as "MAC DESTINATION DEVICE". */
  readonly forwarding = new Set<string>();
  rules: string | null = null;
  readonly sysctls = new Map([
    ["net/ipv4/ip_forward", "0"],
    ["net/ipv4/conf/all/rp_filter", "0"],
  ]);
  readonly records = new Map<string, string>();
  readonly namespaces = new Map<string, { mounted: boolean; lines: readonly string[] }>();
  /** What was said to other programs than `ip` in a namespace. */
  readonly taskRules = new Map<string, readonly string[]>();
  /** Every program run, as words. */
  readonly commands: string[] = [];
  /** What `ss` prints. */
  listeners = "";
  /** What `nft -j list chains` prints. */
  chains = '{"nftables": []}';
  /** Programs whose words match fail so many times with this complaint. */
  fail: { readonly words: RegExp; readonly stderr: string; times: number } | null = null;

  constructor() {
    this.links.set("eth0", { up: true, mtu: 1500, mac: "aa:00:00:00:00:01", kind: "", vxlan: null });
    this.addresses.add("10.98.0.1/24 eth0");
  }

  /** Everything that bears our names, as text. */
  ours(): readonly string[] {
    const own = /^sw-|^sw[ie]-/;
    return [
      ...[...this.links.keys()].filter((name) => own.test(name)),
      ...this.addresses,
      ...this.routes,
      ...this.neighbours,
      ...this.forwarding,
    ].filter((text) => text !== "10.98.0.1/24 eth0");
  }

  async run(argv: readonly [string, ...string[]], options: CommandOptions = {}): Promise<CommandResult> {
    const words = argv.join(" ");
    this.commands.push(words);
    const input = String(options.input ?? "");
    if (this.fail !== null && this.fail.times > 0 && this.fail.words.test(words)) {
      this.fail.times--;
      return { exitCode: 1, stdout: "", stderr: this.fail.stderr };
    }
    if (words === "ip -j -d -batch -") return { ...OK, stdout: this.#show() };
    if (words === "bridge -j fdb show") return { ...OK, stdout: `${JSON.stringify(this.#fdb())}\n` };
    if (words === "ip -force -batch -" || words === "bridge -force -batch -") return this.#batch(input);
    if (words === "nft -f -") return this.#nft(input);
    if (words === "nft -s -f -") return this.rules === null ? { ...OK, exitCode: 1 } : { ...OK, stdout: this.rules };
    if (words === "nft -j list chains") return { ...OK, stdout: this.chains };
    if (words.startsWith("ss ")) return { ...OK, stdout: this.listeners };
    if (words.startsWith("conntrack ")) return OK;
    if (argv[0] === "unshare") return this.#mount(words);
    if (argv[0] === "nsenter") return this.#inside(words, input);
    if (argv[0] === "umount") return this.#unmount(argv.at(-1) ?? "");
    throw new Error(`the fake kernel does not know: ${words}`);
  }

  async readSysctl(path: string): Promise<string | null> {
    return this.sysctls.get(path) ?? null;
  }
  async writeSysctl(path: string, value: string): Promise<void> {
    this.sysctls.set(path, value);
  }
  async readRecords(): Promise<ReadonlyMap<string, string>> {
    return this.records;
  }
  async writeRecord(name: string, text: string): Promise<void> {
    this.records.set(name, text);
  }
  async removeRecord(name: string): Promise<void> {
    this.records.delete(name);
  }
  namespacePath(name: string): string {
    return `/netns/${name}`;
  }
  async listNamespaces(): Promise<readonly string[]> {
    return [...this.namespaces.keys()];
  }
  async prepareNamespace(name: string): Promise<boolean> {
    if (!this.namespaces.has(name)) this.namespaces.set(name, { mounted: false, lines: [] });
    return this.namespaces.get(name)?.mounted === true;
  }
  async removeNamespace(name: string): Promise<void> {
    this.namespaces.delete(name);
  }
  async readResolvConfs(): Promise<readonly string[]> {
    return ["nameserver 10.9.9.9\n"];
  }

  removeLink(name: string): void {
    this.links.delete(name);
    for (const set of [this.addresses, this.routes, this.neighbours, this.forwarding])
      for (const text of set) if (text.split(" ").includes(name)) set.delete(text);
    for (const path of this.sysctls.keys()) if (path.split("/").includes(name)) this.sysctls.delete(path);
  }

  #show(): string {
    const links = [...this.links].map(([ifname, { up, mtu, mac, kind, vxlan }]) => ({
      ifname,
      flags: up ? ["UP"] : [],
      mtu,
      address: mac,
      ...(kind === "" ? {} : { linkinfo: { info_kind: kind, info_data: vxlan ?? {} } }),
      addr_info: [...this.addresses]
        .filter((text) => text.endsWith(` ${ifname}`))
        .map((text) => text.split(" ")[0]?.split("/") ?? [])
        .map(([local, prefix]) => ({ family: "inet", local, prefixlen: Number(prefix) })),
    }));
    const routes = [...this.routes].map((text) => {
      const words = text.split(" ");
      const after = (word: string): string | undefined =>
        words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
      const isUnreachable = words[0] === "unreachable";
      return {
        type: isUnreachable ? "unreachable" : "unicast",
        dst: words[isUnreachable ? 1 : 0],
        dev: after("dev"),
        gateway: after("via"),
        prefsrc: after("src"),
        protocol: after("proto"),
      };
    });
    const neighbours = [...this.neighbours].map((text) => {
      const [dst, lladdr, dev] = text.split(" ");
      return { dst, lladdr, dev, state: ["PERMANENT"] };
    });
    return [links, routes, neighbours].map((list) => `${JSON.stringify(list)}\n`).join("");
  }

  #fdb(): readonly unknown[] {
    return [...this.forwarding].map((text) => {
      const [mac, dst, ifname] = text.split(" ");
      return { mac, dst, ifname, flags: ["self"], state: "permanent" };
    });
  }

  #batch(input: string): CommandResult {
    const complaints = input
      .trim()
      .split("\n")
      .flatMap((line, at) => {
        try {
          this.#line(line);
          return [];
        } catch (error) {
          return [`${(error as Error).message}\nCommand failed -:${at + 1}`];
        }
      });
    return complaints.length === 0 ? OK : { exitCode: 1, stdout: "", stderr: `${complaints.join("\n")}\n` };
  }

  #line(line: string): void {
    const words = line.split(" ");
    const after = (word: string): string => words[words.indexOf(word) + 1] ?? "";
    const device = after("dev");
    const mustExist = (): FakeLink => {
      const link = this.links.get(device);
      if (link === undefined) throw new Error(`Cannot find device "${device}"`);
      return link;
    };
    const remove = (set: Set<string>, text: string): void => {
      if (!set.delete(text)) throw new Error("RTNETLINK answers: No such file or directory");
    };
    switch (`${words[0]} ${words[1]}`) {
      case "link add":
        this.#addLink(words[2] === "name" ? (words[3] ?? "") : (words[2] ?? ""), words, after);
        return;
      case "link del":
        mustExist();
        this.removeLink(device);
        return;
      case "link set":
        if (line.endsWith(" up")) mustExist().up = true;
        if (words.includes("mtu")) mustExist().mtu = Number(after("mtu"));
        return;
      case "address replace":
        mustExist();
        this.addresses.add(`${words[2]} ${device}`);
        return;
      case "address del":
        remove(this.addresses, `${words[2]} ${device}`);
        return;
      case "route replace":
        if (device !== "" && words[2] !== "unreachable") mustExist();
        this.routes.add(words.slice(2).join(" "));
        return;
      case "route del":
        remove(this.routes, words.slice(2).join(" "));
        return;
      case "neighbour replace":
        mustExist();
        this.neighbours.add(`${words[2]} ${after("lladdr")} ${device}`);
        return;
      case "neighbour del":
        for (const text of this.neighbours)
          if (text.startsWith(`${words[2]} `) && text.endsWith(` ${device}`)) this.neighbours.delete(text);
        return;
      case "fdb append":
        mustExist();
        this.forwarding.add(`${words[2]} ${after("dst")} ${device}`);
        return;
      case "fdb del":
        remove(this.forwarding, `${words[2]} ${after("dst")} ${device}`);
        return;
      default:
        throw new Error(`the fake kernel does not know: ${line}`);
    }
  }

  #addLink(name: string, words: readonly string[], after: (word: string) => string): void {
    if (this.links.has(name)) throw new Error("RTNETLINK answers: File exists");
    const kind = after("type");
    const namespace = after("netns").split("/").at(-1) ?? "";
    if (kind === "veth" && this.namespaces.get(namespace)?.mounted !== true) throw new Error(`Invalid "netns" value`);
    this.links.set(name, {
      up: false,
      mtu: Number(after("mtu")),
      mac: words.includes("address") ? after("address") : "aa:00:00:00:00:02",
      kind,
      vxlan:
        kind === "vxlan"
          ? {
              id: Number(after("id")),
              port: Number(after("dstport")),
              ...(words.includes("local") ? { local: after("local") } : {}),
            }
          : null,
    });
    for (const setting of ["rp_filter", "accept_local", "route_localnet", "arp_ignore"])
      this.sysctls.set(`net/ipv4/conf/${name}/${setting}`, "0");
  }

  #nft(input: string): CommandResult {
    if (input === "table ip6 swarm {}\ndelete table ip6 swarm\n") return OK;
    if (/^(add|delete) element /.test(input)) return this.#changeElements(input.trimEnd().split("\n"));
    const [, , ...table] = input.trimEnd().split("\n");
    this.rules = table.length === 0 ? null : table.join("\n");
    return OK;
  }

  #changeElements(lines: readonly string[]): CommandResult {
    for (const line of lines) {
      const [, verb, name, text = ""] = /^(\w+) element ip swarm (\w+) \{ (.*) \}$/.exec(line) ?? [];
      const at = new RegExp(`((?:set|map) ${name} \\{\\n +typeof [^\\n]+)(?:\\n +elements = \\{ (.*) \\})?\\n`);
      const found = at.exec(this.rules ?? "");
      if (found === null) return { exitCode: 1, stdout: "", stderr: "Error: No such file or directory" };
      const old = found[2] === undefined ? [] : found[2].split(", ");
      const named = text.split(", ");
      const left = old.filter((element) => !named.includes(element));
      if (verb === "delete" && left.length + named.length !== old.length)
        return { exitCode: 1, stdout: "", stderr: "Error: element does not exist" };
      const elements = verb === "add" ? [...left, ...named].sort() : left;
      const list = elements.length === 0 ? "" : `\n    elements = { ${elements.join(", ")} }`;
      this.rules = (this.rules ?? "").replace(at, () => `${found[1]}${list}\n`);
    }
    return OK;
  }

  #mount(words: string): CommandResult {
    const name = /--net=\/netns\/(\S+)/.exec(words)?.[1] ?? "";
    this.namespaces.set(name, { mounted: true, lines: [] });
    return OK;
  }

  #inside(words: string, input: string): CommandResult {
    const [, name = "", program = ""] = /--net=\/netns\/(\S+) (\S+)/.exec(words) ?? [];
    if (program !== "ip") {
      this.taskRules.set(name, [...(this.taskRules.get(name) ?? []), `${words} ${input}`]);
      return OK;
    }
    this.namespaces.set(name, { mounted: true, lines: input.trim().split("\n") });
    return OK;
  }

  /** As in the kernel, a namespace that goes takes its end of the link, and so the other end, with it. */
  #unmount(path: string): CommandResult {
    const id = path.split("/swarm-")[1]?.slice(0, 11) ?? "";
    this.removeLink(`swi-${id}`);
    this.removeLink(`swe-${id}`);
    return OK;
  }
}
