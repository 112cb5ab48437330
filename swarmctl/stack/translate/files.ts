import type { FileUse } from "../../../shared/compose/service-parts.ts";
import type { ContentKind } from "../../../shared/objects/file-reference.ts";
import type { FileReference } from "../../../shared/rpc/gen/objects.ts";
import type { Reading } from "./field-row.ts";

const USUAL_PLACES: Readonly<Record<ContentKind, string>> = { secret: "/run/secrets/", config: "/" };

/** Secrets or configs as files, by the names that their objects have before their content ever changed. */
export function filesOf(kind: ContentKind, { service, project, notes, path }: Reading): readonly FileReference[] {
  const [uses, known] = kind === "secret" ? [service.secrets, project.secrets] : [service.configs, project.configs];
  return uses.flatMap((use) => {
    const content = known.get(use.source);
    const at = [...path, `${kind}s`, use.source];
    if (content === undefined) {
      notes.wrong(at, `service ${service.name} uses ${kind} ${use.source}, which the file does not define`);
      return [];
    }
    // As Docker writes the place where it goes by itself.
    const usual = `${USUAL_PLACES[kind]}${use.source}`;
    const target = use.target === null || use.target === usual ? use.source : use.target;
    const reference = { sourceId: "", sourceName: content.name, target, ...ownerOf(use, `${kind} ${use.source}`) };
    return [use.mode === null ? reference : { ...reference, mode: use.mode }];
  });

  function ownerOf({ uid, gid, source }: FileUse, what: string): { uid: number; gid: number } {
    return { uid: numberOf(uid, "uid"), gid: numberOf(gid, "gid") };

    function numberOf(text: string | null, key: string): number {
      if (text === null) return 0;
      if (/^\d{1,10}$/.test(text)) return Number(text);
      notes.wrong([...path, `${kind}s`, source, key], `invalid ${key} "${text}" of ${what}: expected a number`);
      return 0;
    }
  }
}
