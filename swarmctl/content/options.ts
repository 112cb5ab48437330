import type { OptionSpec } from "../option-spec.ts";

export const CREATE_OPTIONS = [
  { flags: "-l, --label <label>", help: "label KEY=VALUE", repeat: true },
  {
    flags: "--template-driver <word>",
    help: "golang: the content is a template, evaluated for each task",
    words: ["golang"],
  },
] as const satisfies readonly OptionSpec[];
