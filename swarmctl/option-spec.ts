/** An option as help, completion and the parser see it. */
export interface OptionSpec {
  /** `-p, --publish <port>`; without `<...>` it is a switch. */
  readonly flags: string;
  readonly help: string;
  /** May be given several times. */
  readonly repeat?: true;
  /** Long names that Docker once had for it, or still has without showing them: understood, and not shown either. */
  readonly formerly?: readonly string[];
  /** Words that completion offers. */
  readonly words?: readonly string[];
}

type Long<Words extends string> = Words extends `${string}--${infer Rest}`
  ? Rest extends `${infer Name} ${string}`
    ? Name
    : Rest
  : never;
type Camel<Name extends string> = Name extends `${infer Head}-${infer Rest}`
  ? `${Head}${Capitalize<Camel<Rest>>}`
  : Name;

/** The names under which a command reads its options: `stopGracePeriod` of `--stop-grace-period <duration>`. */
export type OptionName<Options extends readonly OptionSpec[]> = string extends Options[number]["flags"]
  ? string
  : Camel<Long<Options[number]["flags"]>>;

/** The long name of an option: `--publish`. */
export function longName(option: OptionSpec): string {
  return /--[a-z0-9-]+/.exec(option.flags)?.[0] ?? option.flags;
}
