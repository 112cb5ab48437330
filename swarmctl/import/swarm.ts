import { SwarmError } from "../../shared/errors.ts";
import type { ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import type { Cli, Run } from "../cli.ts";
import { ExitStatus } from "../exit-status.ts";
import { formatTable } from "../format/table.ts";
import { usageError } from "../parse/usage.ts";
import { readSwarm } from "./found.ts";
import type { FROM_OPTIONS } from "./options.ts";
import { readOwnState } from "./own-state.ts";
import { type ImportPlan, type Item, planImport } from "./plan.ts";

/** A manager under load, which may have to find addresses. */
const WRITE_TIMEOUT_MS = 60_000;
const ACTIONS = { create: "create", keep: "keep", leave: "leave" } as const;

/** An item of any kind, with what it takes to make it. */
interface Row {
  readonly kind: "network" | "config" | "secret" | "service";
  readonly item: Item<unknown>;
  readonly make: () => Promise<unknown>;
}

/** What a Docker Swarm has, made here. Ends with status 1 when something was left that somebody has to see to. */
export const run: Run<typeof FROM_OPTIONS> = async (cli, args, flags) => {
  if (args.length > 0) throw usageError("with --from, `import` takes no arguments");
  const files = { ca: flags.text("tlscacert"), certificate: flags.text("tlscert"), key: flags.text("tlskey") };
  const docker = await cli.openDocker(flags.text("from") ?? "", files);
  const here = await readOwnState(cli);
  const found = await readSwarm(docker, cli.signal);
  const plan = await checkServices(cli, planImport(found, here));
  const rows = rowsOf(cli, plan);
  if (flags.is("plan")) print(cli, rows);
  else await makeAll(cli, rows);
  for (const note of plan.notes) cli.output.warn(`Note: ${note}.`);
};

/** Managers look at each service before anything is made, but for what will only be there by then. */
async function checkServices(cli: Cli, plan: ImportPlan): Promise<ImportPlan> {
  const control = await cli.api.control();
  const fresh = {
    networks: new Set(plan.networks.flatMap(({ name, action }) => (action === "create" ? [name] : []))),
    configs: new Set(plan.configs.flatMap(({ name, action }) => (action === "create" ? [name] : []))),
  };
  const services: Item<ServiceSpec>[] = [];
  for (const item of plan.services) {
    if (item.action !== "create") {
      services.push(item);
      continue;
    }
    try {
      const spec = without(item.spec, fresh);
      // The image is pinned as it was there.
      const request = { ref: "", spec, noResolveImage: true };
      await control.checkService(request, { signal: cli.signal, timeoutMs: WRITE_TIMEOUT_MS });
      services.push(item);
    } catch (error) {
      services.push({ name: item.name, action: "leave", why: refusalOf(error) });
    }
  }
  return { ...plan, services };
}

function without(
  spec: ServiceSpec,
  fresh: { readonly networks: ReadonlySet<string>; readonly configs: ReadonlySet<string> },
): ServiceSpec {
  const { task } = spec;
  if (!task?.container) return spec;
  const networks = task.networks.filter(({ target }) => !fresh.networks.has(target));
  const configs = task.container.configs.filter(({ sourceName }) => !fresh.configs.has(sourceName));
  return { ...spec, task: { ...task, networks, container: { ...task.container, configs } } };
}

function rowsOf(cli: Cli, { networks, configs, secrets, services }: ImportPlan): readonly Row[] {
  const options = { signal: cli.signal, timeoutMs: WRITE_TIMEOUT_MS };
  const row =
    <Spec>(kind: Row["kind"], write: (spec: Spec) => Promise<unknown>) =>
    (item: Item<Spec>): Row => ({
      kind,
      item,
      make: async () => (item.action === "create" ? await write(item.spec) : undefined),
    });
  return [
    ...networks.map(row("network", async (spec) => (await cli.api.control()).createNetwork({ spec }, options))),
    ...configs.map(row("config", async (spec) => (await cli.api.control()).createConfig({ spec }, options))),
    ...secrets.map(row("secret", async () => {})),
    ...services.map(
      row("service", async (spec) => (await cli.api.control()).createService({ spec, noResolveImage: true }, options)),
    ),
  ];
}

function print(cli: Cli, rows: readonly Row[]): void {
  const table = formatTable(
    [
      { heading: "KIND", cell: ({ kind }: Row) => kind },
      { heading: "NAME", cell: ({ item }) => item.name },
      { heading: "PLAN", cell: ({ item }) => ACTIONS[item.action] },
      { heading: "WHY", cell: ({ item }) => (item.action === "create" ? "" : item.why) },
    ],
    rows,
  );
  for (const line of table) cli.output.line(line);
}

async function makeAll(cli: Cli, rows: readonly Row[]): Promise<void> {
  let left = 0;
  let made = 0;
  for (const { kind, item, make } of rows) {
    const what = `${kind} ${item.name}`;
    if (item.action === "keep") cli.output.line(`Keeping ${what}: ${item.why}`);
    if (item.action === "leave") {
      cli.output.warn(`Left ${what}: ${item.why}`);
      left++;
    }
    if (item.action !== "create") continue;
    cli.output.line(`Creating ${what}`);
    try {
      await make();
      made++;
    } catch (error) {
      cli.output.warn(`Left ${what}: ${refusalOf(error)}`);
      left++;
    }
  }
  cli.output.line(`Made ${made}, left ${left}.`);
  if (left > 0) throw new ExitStatus(1);
}

/** The sentence about one object. @throws what is about none: a connection that broke, a manager that stopped. */
function refusalOf(error: unknown): string {
  if (!(error instanceof SwarmError)) throw error;
  switch (error.code) {
    case "invalidArgument":
    case "notFound":
    case "alreadyExists":
    case "failedPrecondition":
    case "unimplemented":
    case "resourceExhausted":
      return error.message;
    default:
      throw error;
  }
}
