import type { OptionSpec } from "../option-spec.ts";

export const CREATE_OPTIONS = [
  { flags: "-l, --label <label>", help: "label KEY=VALUE", repeat: true },
  {
    flags: "--template-driver <word>",
    help: "golang: the content is a template, evaluated for each task",
    words: ["golang"],
  },
] as const satisfies readonly OptionSpec[];

export const INSPECT_OPTIONS = [
  { flags: "-f, --format <format>", help: "json, or a template such as '{{.Spec.Name}}'" },
  { flags: "--pretty", help: "for people" },
] as const satisfies readonly OptionSpec[];

export const UPDATE_OPTIONS = [
  { flags: "--label-add <label>", help: "add or replace a label KEY=VALUE", repeat: true },
  { flags: "--label-rm <key>", help: "remove a label", repeat: true },
] as const satisfies readonly OptionSpec[];
