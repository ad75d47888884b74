import { Effect, type Duration } from "effect"
import { Channels } from "../../alerts/Channel.ts"
import { emit } from "../../domain/Events.ts"
import { localZone } from "../../domain/localZone.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import type { Zone } from "../../domain/times.ts"
import { Outbox } from "../../journal/Outbox.ts"
import { compare } from "./compare.ts"
import { conditionsOf } from "./conditionsOf.ts"
import { deliver } from "./deliver.ts"
import { withDigest } from "./digest.ts"
import { gatherAlertFacts } from "./gather.ts"

/** How a pass looks and tells. */
export interface AlertOptions {
  /** What an operator types, up to the command's name. */
  readonly program: string
  /** The longest that the channels may take. */
  readonly time: Duration.DurationInput
  /** The zone of quiet hours and digest. Default: this host's. */
  readonly zone?: Zone
}

/**
 * Looks at what is so now, queues what is to be told of it, and sends what waits, for at most `time`. Does nothing without a
 * channel. Fails with `JournalFailed` if the outbox cannot be used,
 * and as `place` does.
 *
 * @example
 * yield* alertPass(Effect.succeed({ run, host: "vm-1", repository }), { program: "nightly-dispatch", time: "2 seconds" })
 */
export const alertPass = Effect.fn("alerts")(function* <E, R>(
  place: Effect.Effect<RunOptions, E, R>,
  { program, time, zone = localZone }: AlertOptions
) {
  const channels = yield* Channels
  if (channels.length === 0) return []
  const [outbox, { alerts: settings }, { host, repository }] = yield* Effect.all([Outbox, CurrentSettings, place])
  const facts = yield* gatherAlertFacts(place, program)
  const here = { now: facts.now, zone, host, repository: repository.name, settings }
  const conditions = conditionsOf(facts)
  const told = yield* outbox.compare(
    channels.map(({ name }) => name),
    (open) => withDigest(compare(open, conditions, here), open, facts, here)
  )
  yield* Effect.forEach(told, (message) => emit({ _tag: "AlertRaised", message }))
  return yield* deliver(time)
})
