import type { ContentKind } from "../../shared/objects/file-reference.ts";
import { CONTENT_LIMITS } from "../../shared/objects/limits.ts";
import type { ContentSpec } from "../../shared/objects/types.ts";
import { check, quoted } from "../../shared/spec-checks/refuse.ts";
import { validateLabels } from "../../shared/spec-checks/validate-annotations.ts";
import { checkContentTemplate, TEMPLATE_DRIVER } from "../../shared/template/content-template.ts";

const NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9])?$/;
const NAME_LENGTH_MAX = 64;

/** Checks a new secret or config. @throws SwarmError invalidArgument; its sentence contains nothing of the data. */
export function validateContentSpec(kind: ContentKind, spec: ContentSpec): void {
  const { annotations, data, templateDriver } = spec;
  const { name } = annotations;
  check(name !== "", `a ${kind} needs a name`);
  check(
    name.length <= NAME_LENGTH_MAX && NAME.test(name),
    `invalid ${kind} name ${quoted(name)}: only letters, digits, "-", "_" and "." are allowed, at most ` +
      `${NAME_LENGTH_MAX}, with a letter or digit at both ends`,
  );
  validateLabels(kind, annotations);
  const { max } = CONTENT_LIMITS[kind];
  check(data.length > 0, `${kind} ${name} is empty: it must hold at least one byte`);
  check(data.length <= max, `${kind} ${name} is too large: ${data.length} bytes, at most ${max} are allowed`);
  check(
    templateDriver === "" || templateDriver === TEMPLATE_DRIVER,
    `unknown template driver ${quoted(templateDriver)}: expected ${TEMPLATE_DRIVER}`,
  );
  checkContentTemplate(kind, spec);
}
