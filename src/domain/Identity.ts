import { Schema } from "effect"

/**
 * 128 random bits in lower-case hex that name one state directory. Made once, never derived from a name or a place.
 *
 * @example
 * Schema.decodeUnknownSync(Mark)("0123456789abcdef0123456789abcdef")
 */
export const Mark = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{32}$/), Schema.brand("Mark"))
export type Mark = typeof Mark.Type

/**
 * A mark of these 16 bytes, which must be random.
 *
 * @example
 * markOf(new Uint8Array(16)) // "0000…": real bytes are random
 */
export const markOf = (random: Uint8Array): Mark =>
  Mark.make(Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join(""))

/**
 * Who a dispatcher is: the mark of its state directory, and what else is known to be its own. Only claims, prompts and jobs
 * that carry one of these marks are released, removed or ended.
 *
 * @example
 * Identity.make({ mark, adopted: [], copied: [], trackers: [] })
 */
export const Identity = Schema.Struct({
  mark: Mark,
  /** Marks of the same directory from before it was moved: they are ours as well. */
  adopted: Schema.Array(Mark),
  /** Marks of the directory that this one is a copy of. Whether their jobs are ours cannot be told. */
  copied: Schema.Array(Mark),
  /** The real paths of the tracker's directory: where it is, then where it was before it moved. Empty: not known yet. */
  trackers: Schema.Array(Schema.String)
})
export type Identity = typeof Identity.Type

/**
 * The marks that are a dispatcher's own, the present one first.
 *
 * @example
 * ownMarks({ mark, adopted: [], copied: [], trackers: [] }) // [mark]
 */
export const ownMarks = ({ adopted, mark }: Identity): ReadonlyArray<Mark> => [mark, ...adopted]

/**
 * Whether what carries this mark was made by this state directory, now or before it was moved.
 *
 * @example
 * isOwn({ mark, adopted: [], copied: [], trackers: [] }, mark) // true
 */
export const isOwn = ({ adopted, mark }: Identity, other: Mark): boolean => other === mark || adopted.includes(other)
