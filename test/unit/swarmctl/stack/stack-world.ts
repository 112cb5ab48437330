import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createControlApi } from "../../../../manager/api/control-api.ts";
import { translate } from "../../../../swarmctl/stack/translate/translate.ts";
import { loadTexts } from "../../../support/compose.ts";
import { createTestApi, type TestApi } from "../../../support/control-api.ts";
import { createFakeDaemon, type Ran, runCli } from "../fake-daemon.ts";

/** What a file wants of the swarm as the stack shop. */
export async function translated(text: string, environment: Readonly<Record<string, string>> = {}) {
  const project = await loadTexts({ "/app/compose.yaml": text }, { projectName: "shop", environment });
  return translate(project, "shop", () => "{}");
}

/** A manager's real API on a store in memory, where nobody runs tasks, and a directory for files. */
export interface StackWorld extends AsyncDisposable {
  readonly api: TestApi;
  readonly directory: string;
  write(name: string, text: string): string;
  run(...words: readonly string[]): Promise<Ran>;
  /** Version of every object by kind and name: nothing was touched if it is the same. */
  versions(): Readonly<Record<string, number>>;
}

type Control = ReturnType<typeof createControlApi>;

/** `more`: handlers instead of the API's own. */
export async function createStackWorld(more: () => Partial<Control> = () => ({})): Promise<StackWorld> {
  const api = await createTestApi();
  const directory = mkdtempSync(join(tmpdir(), "stack-"));
  const control = createControlApi(api);
  const daemon = createFakeDaemon({ control: { ...control, ...more() } });
  await daemon.listen();
  const write = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
  return {
    api,
    directory,
    write,
    run: (...words) => runCli(words, daemon),
    versions: () => {
      const view = api.store.view();
      const kinds = ["service", "network", "secret", "config"] as const;
      const all = kinds.flatMap((kind) =>
        view.all(kind).map(({ spec, meta }) => [`${kind} ${spec.annotations.name}`, meta.version] as const),
      );
      return Object.fromEntries(all.sort());
    },
    [Symbol.asyncDispose]: async () => {
      await daemon[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
