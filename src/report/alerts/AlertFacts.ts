import type { Outcome } from "../../domain/Outcome.ts"
import type { NightFacts } from "../needs/NightFacts.ts"

/** What alerts are made from. */
export interface AlertFacts {
  readonly night: NightFacts
  /** Milliseconds since the epoch. */
  readonly now: number
  /** What the last run that ended came to, bug by bug. */
  readonly lastOutcomes: ReadonlyArray<Outcome>
  /** What an operator types, up to the command's name. */
  readonly program: string
  /** The settings that count here. Milliseconds. */
  readonly settings: { readonly reviewAfter: number }
}
