/** A parsed template. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "output"; readonly pipe: Pipe; readonly source: string }
  | (Block & { readonly kind: "if" | "with" })
  | (Block & { readonly kind: "range" })
  | { readonly kind: "break" | "continue" };

export interface Block {
  readonly pipe: Pipe;
  readonly body: readonly Node[];
  /** `{{else}}`: when the pipe is empty. */
  readonly otherwise: readonly Node[];
  /** The opening action, for messages. */
  readonly source: string;
}

/** `$a, $b := first | second`: each command's result is the last argument of the next one. */
export interface Pipe {
  readonly variables: readonly string[];
  /** `=` changes existing variables, `:=` creates new ones. */
  readonly isAssignment: boolean;
  readonly commands: readonly Command[];
}

/** A value, or a function and its arguments. */
export interface Command {
  readonly functionName: string | null;
  readonly operands: readonly Operand[];
}

/** Where a value comes from, and the fields to follow from there: `$x.A.B`, `(index .Ports 0).TargetPort`. */
export interface Operand {
  readonly from:
    | { readonly kind: "dot" }
    | { readonly kind: "variable"; readonly name: string }
    | { readonly kind: "pipe"; readonly pipe: Pipe }
    | { readonly kind: "literal"; readonly value: string | number | boolean | null }
    | { readonly kind: "function"; readonly name: string };
  readonly fields: readonly string[];
}
