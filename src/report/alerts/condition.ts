import { normalise } from "../../dispatch/plan/normalise.ts"
import type { AlertKind } from "../../domain/AlertKind.ts"
import type { Condition } from "../../domain/Condition.ts"
import { digest } from "../../domain/digest.ts"
import { oneLine } from "../../domain/Text.ts"
import { KINDS } from "./kinds.ts"

/** Characters. */
const LONGEST = 500

interface Subject {
  readonly kind: AlertKind
  /** The bug, the provider or what else tells this subject from others of its kind. */
  readonly name?: string
  readonly beads?: string
  readonly what: string
  readonly since?: number | undefined
  readonly commands: ReadonlyArray<string>
  /** Kept as its digest: texts of strangers may hold secrets. Default: `what`, without the numbers in it. */
  readonly fingerprint?: string
}

/** A condition of this kind. */
export const conditionOf = ({ beads, commands, fingerprint, kind, name = beads, since, what }: Subject): Condition => ({
  key: name === undefined ? kind : `${kind} ${name}`,
  kind,
  level: KINDS[kind].level,
  ...(beads === undefined ? {} : { beads }),
  what: oneLine(what, LONGEST),
  ...(since === undefined ? {} : { since }),
  ...(KINDS[kind].follows === undefined ? {} : { follows: KINDS[kind].follows }),
  commands,
  fingerprint: digest(fingerprint ?? normalise(oneLine(what, LONGEST)))
})
