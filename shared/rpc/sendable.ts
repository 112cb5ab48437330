type Scalar = string | number | boolean | null | undefined;

/**
 * What a sender may give for a message: only the parts it wants to set. The others arrive with their defaults.
 */
export type Sendable<Message> = Message extends Scalar
  ? Message
  : Message extends Uint8Array
    ? Uint8Array
    : Message extends readonly (infer Item)[]
      ? readonly Sendable<Item>[]
      : { readonly [Key in keyof Message]?: Sendable<Message[Key]> };
