type Scalar = string | number | boolean | null | undefined;

/**
 * What a sender may give for a message: those parts it has something to say about. The others arrive at their defaults.
 */
export type Sendable<Message> = Message extends Scalar
  ? Message
  : Message extends Uint8Array
    ? Uint8Array
    : Message extends readonly (infer Item)[]
      ? readonly Sendable<Item>[]
      : { readonly [Key in keyof Message]?: Sendable<Message[Key]> };
