import type { ComposeProject } from "../../../shared/compose/project.ts";
import type { ComposeService, Dependency } from "../../../shared/compose/service.ts";
import type { Notes } from "./notes.ts";

const STARTED: Dependency = { condition: "service_started", restart: false, isRequired: true };

/** What a service comes after: `depends_on`, and what it is linked to or takes volumes from. */
export function dependenciesOf(
  service: ComposeService,
  project: ComposeProject,
  notes: Notes,
): ReadonlyMap<string, Dependency> {
  const named = [...service.links, ...service.volumesFrom].map((text) => text.split(":")[0] ?? "");
  const implied = named.filter((name) => project.services.has(name)).map((name) => [name, STARTED] as const);
  return new Map(
    [...implied, ...service.dependsOn].filter(([name, { isRequired, restart }]) => {
      const at = ["services", service.name, "depends_on", name];
      // Links imply it, which nobody wrote and nobody relies on.
      if (restart && !named.includes(name))
        notes.unsupported([...at, "restart"], "depends_on.restart is not supported: what runs is left alone");
      if (project.services.has(name)) return true;
      // A service of a profile that was not asked for is somebody else's to start.
      if (isRequired && !project.disabledServices.has(name))
        notes.wrong(at, `service ${service.name} depends on ${name}, which the file does not define`);
      return false;
    }),
  );
}

/** Each after those it depends on, otherwise as in the file. A ring is a fault, and left as it is. */
export function inOrder<Item extends { readonly key: string; readonly dependsOn: ReadonlyMap<string, unknown> }>(
  items: readonly Item[],
  onRing: (names: readonly string[]) => void,
): readonly Item[] {
  const byKey = new Map(items.map((item) => [item.key, item]));
  const done = new Set<string>();
  const ordered: Item[] = [];
  const visit = (item: Item, above: readonly string[]): void => {
    if (done.has(item.key)) return;
    if (above.includes(item.key)) {
      onRing([...above.slice(above.indexOf(item.key)), item.key]);
      return;
    }
    for (const name of item.dependsOn.keys()) {
      const next = byKey.get(name);
      if (next !== undefined) visit(next, [...above, item.key]);
    }
    if (done.has(item.key)) return;
    done.add(item.key);
    ordered.push(item);
  };
  for (const item of items) visit(item, []);
  return ordered;
}
