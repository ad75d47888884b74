import { Clock, Effect, Option, Schema } from "effect"
import { claimOwner, describeOwner } from "../../dispatch/settle/claimOwner.ts"
import { Actor } from "../../domain/Actor.ts"
import type { Issue } from "../../domain/Issue.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Fleet } from "../../journal/Fleet.ts"
import { Journal } from "../../journal/Journal.ts"

const decodeActor = Schema.decodeUnknownOption(Actor)

/** The claims among these that no run will ever release, in words: see `findOrphans`. */
export const unownedClaims = Effect.fn("unownedClaims")(function* (claims: ReadonlyArray<Issue>, host: string) {
  const [journal, settings, now] = yield* Effect.all([Journal, CurrentSettings, Clock.currentTimeMillis])
  const others = yield* Effect.flatMap(Fleet, (fleet) => fleet.others)
  const found = yield* Effect.forEach(claims, (issue) =>
    Effect.gen(function* () {
      const actor = Option.getOrUndefined(decodeActor(issue.assignee))
      const recorded = actor === undefined ? undefined : yield* journal.find(actor)
      // An open attempt releases its claim, and a settled one is brought to its end again.
      if (recorded !== undefined) return []
      const owner = claimOwner(issue, { identity: journal.identity, others, host, settings, now, isRecorded: false })
      const text = describeOwner(issue, owner)
      return owner._tag === "Unowned" && text !== undefined ? [{ beads: issue.id, text }] : []
    })
  )
  return found.flat()
})
