/** What people have made on a host and in its swarm, as one text: what a refused request must leave as it is. */
import { ask } from "../http/ask.ts";

type Row = Readonly<Record<string, unknown>>;

/** By path, what of each object is people's; the rest (states, addresses, versions) changes by itself. */
const LISTS: readonly (readonly [target: string, keys: readonly string[]])[] = [
  ["/containers/json?all=1", ["Id", "Names"]],
  ["/images/json?all=1", ["Id", "RepoTags"]],
  ["/networks", ["Id", "Name", "Labels"]],
  ["/services", ["ID", "Spec"]],
  ["/nodes", ["ID", "Spec"]],
  ["/secrets", ["ID", "Version", "Spec"]],
  ["/configs", ["ID", "Version", "Spec"]],
];

export async function digestOf(socket: string): Promise<string> {
  const read = async (target: string): Promise<unknown> => {
    const { status, body } = await ask(socket, { method: "GET", target });
    if (status !== 200) throw new Error(`GET ${target}: ${status} ${body.toString()}`);
    return JSON.parse(body.toString());
  };
  const lines: string[] = [];
  for (const [target, keys] of LISTS) {
    const rows = (await read(target)) as readonly Row[];
    // Containers of tasks come and go with them.
    const own = rows.filter((row) => !Object.hasOwn((row["Labels"] ?? {}) as object, "com.docker.swarm.task.id"));
    lines.push(...own.map((row) => `${target} ${JSON.stringify(keys.map((key) => row[key]))}`).toSorted());
  }
  const { Volumes } = (await read("/volumes")) as { readonly Volumes: readonly Row[] | null };
  lines.push(...(Volumes ?? []).map((row) => `/volumes ${String(row["Name"])}`).toSorted());
  const { Spec, JoinTokens } = (await read("/swarm")) as Row;
  lines.push(JSON.stringify([Spec, JoinTokens]));
  return lines.join("\n");
}
